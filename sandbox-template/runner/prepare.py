"""Phase: the repository at its pinned commit, by prepare_repo.sh."""

from __future__ import annotations

import os
import re
import time

from .run import TEMPLATE, Run

FETCH_SECONDS = 300.0
_EGRESS, _TRANSIENT = 12, 11
_REFUSED = re.compile(r"Authentication failed|could not read Username|returned error: 40[13]", re.I)


class RepoUnreachable(Exception):
    """Clone or checkout is impossible: the run ends as setup_failed."""


def prepare(run: Run) -> None:
    run.enter("preparing")
    started = time.monotonic()
    job = run.job
    env = {
        **run.env,
        **_proxy_twins(),
        "CLONE_URL": job.repo.clone_url,
        "BASE_SHA": job.repo.base_sha,
        "REF": job.repo.ref,
        "REPO": str(run.layout.repo),
        "PRISTINE": str(run.layout.git_dir),
        "FETCH_SECONDS": f"{run.seconds(FETCH_SECONDS):.1f}",
    }
    token = f"{job.clone_token or ''}\n".encode()
    outcome = run.shell.run_argv(
        ["bash", str(TEMPLATE / "prepare_repo.sh")],
        cwd=run.layout.private,
        env=env,
        seconds=run.seconds(3 * FETCH_SECONDS),
        stdin=token,
    )
    run.log.block(f"prepare_repo.sh → {outcome.returncode} ({outcome.seconds:.1f} s)", outcome.output)
    run.stop.check()
    if outcome.returncode != 0:
        if outcome.returncode == _EGRESS:
            run.reporter.emit("blocked", kind="egress_denied", reason=_tail(run, outcome.output))
        elif outcome.returncode == _TRANSIENT:
            run.reporter.emit("blocked", kind="dependency_unreachable", reason=_tail(run, outcome.output))
        elif _REFUSED.search(outcome.output):
            run.reporter.emit("blocked", kind="auth_failure", reason=_tail(run, outcome.output))
        raise RepoUnreachable(f"The repository could not be fetched: {_tail(run, outcome.output)}")
    for line in outcome.output.splitlines():
        if line.startswith("note: "):
            run.note(line.removeprefix("note: "))
    how = next((line.removeprefix("how: ") for line in outcome.output.splitlines() if line.startswith("how: ")), "commit")
    run.reporter.emit("repo_cloned", base_sha=job.repo.base_sha, ref=job.repo.ref, how=how, duration_ms=run.timed("prepare", started))


def _tail(run: Run, output: str) -> str:
    return run.redactor.text(output).strip()[-600:]


def _proxy_twins() -> dict[str, str]:
    """git's curl reads `http_proxy` in lower case only."""
    twins = {}
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        value = os.environ.get(name) or os.environ.get(name.upper())
        if value:
            twins[name] = value
    return twins

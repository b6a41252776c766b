"""The end of every run: files first, result.json last and by rename, then the word `done`."""

from __future__ import annotations

import errno
import json
import os
import time
import traceback
from dataclasses import dataclass
from typing import Any, Protocol

from .ballast import drop_ballast
from .checkpoints import Checkpoints
from .prepare import RepoUnreachable
from .run import Run
from .stop import Stopped


class Mode(Protocol):
    """What `main` runs: solve, verify or judge."""

    def work(self) -> None: ...
    def finalise(self) -> dict[str, Any]: ...
    def status(self) -> tuple[str, str, dict[str, str] | None]: ...


@dataclass(frozen=True)
class End:
    status: str
    exit_status: str
    error: dict[str, str] | None = None


STOPPED_AS = {"cancelled": "cancelled", "terminated": "cancelled", "settled": "cancelled", "timed_out": "timed_out"}
EXIT_CODES = {"setup_failed": 10, "infra_error": 20}
TERMINATED = 143
STOP_SECONDS = 6.5
"""From the request to stop until the process has ended: the control plane kills the sandbox after 8 s."""


def end_of(run: Run, mode: Mode, failure: BaseException | None) -> End:
    """`failure` is what ended the worker early, if anything."""
    if isinstance(failure, Stopped) or (failure is None and run.stop.is_set()):
        return End(STOPPED_AS.get(run.stop.reason or "", "cancelled"), "Cancelled")
    if failure is None:
        return End(*mode.status())
    if isinstance(failure, RepoUnreachable):
        return End("setup_failed", "", {"code": "repo_unreachable", "message": str(failure)[:600]})
    run.log.block("the runner failed", "".join(traceback.format_exception(failure)))
    full = isinstance(failure, OSError) and failure.errno in (errno.ENOSPC, errno.EDQUOT, errno.ENOMEM)
    code = "no_resources" if full or isinstance(failure, MemoryError) else "internal"
    return End("infra_error", type(failure).__name__, {"code": code, "message": f"{type(failure).__name__}: {failure}"[:600]})


def finish(run: Run, mode: Mode, failure: BaseException | None, checkpoints: Checkpoints) -> int:
    """Returns the exit code of the process."""
    started = time.monotonic()
    stopped = run.stop.is_set()
    hurry = stopped and run.stop.reason != "timed_out"
    until = started + max(2.0, run.clock.scaled(STOP_SECONDS)) if hurry else run.clock.deadline
    run.phase = "collecting"
    run.layout.output.mkdir(parents=True, exist_ok=True)
    run.processes.kill_leftovers()
    drop_ballast(run.layout)
    try:
        fields = mode.finalise()
    except Exception as error:
        run.log.block("the finaliser failed", traceback.format_exc())
        fields, failure = _no_patch(), failure or error
    end = end_of(run, mode, failure)
    write_result(run, end, fields)
    run.log.line(f"— {end.status} —")
    if stopped and end.status == "cancelled":
        run.reporter.emit("cancelled", by=run.stop.reason)
    elif end.error is not None:
        run.reporter.emit("error", **end.error, reason=end.error["message"])
    run.reporter.emit("done", status=end.status, exit_status=end.exit_status, error=end.error, **{name: fields[name] for name in ("files_changed", "insertions", "deletions", "patch_sha256")})
    # After the word: Collect reads the files here, and this is for a sandbox that dies before it has.
    checkpoints.close(max(0.3, (until - time.monotonic()) * 0.5))
    run.reporter.close(max(0.5, until - time.monotonic()))
    if run.stop.reason == "terminated":
        return TERMINATED
    return EXIT_CODES.get(end.status, 0)


def write_result(run: Run, end: End, fields: dict[str, Any]) -> None:
    usage = run.usage
    result = {
        "version": 1,
        "mode": run.job.mode,
        "status": end.status,
        "exit_status": end.exit_status,
        "base_sha": run.job.repo.base_sha,
        **fields,
        "cost_usd": round(usage.cost_usd, 6),
        "calls": usage.calls,
        "tokens": {"input": usage.input, "output": usage.output, "cached": usage.cached},
        "durations_ms": {**run.durations_ms, "total": run.clock.elapsed_ms()},
        "notes": run.notes[:50],
        "error": end.error,
    }
    temporary = run.layout.private / "result.json"
    temporary.write_text(json.dumps(run.redactor.json(result), indent=1))
    os.replace(temporary, run.layout.output / "result.json")


def _no_patch() -> dict[str, Any]:
    return {"files_changed": 0, "insertions": 0, "deletions": 0, "patch_sha256": None, "patch_bytes": 0, "truncated": False}

"""Mode verify: one patch in a fresh sandbox. What is proved is written at once: a run that is cut short leaves what it saw."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict
from typing import Any

from .candidate import Candidate, SetUps, put_candidate, read_candidate
from .changes_tar import Unpublishable, write_changes_tar
from .prepare import prepare
from .repro import run_repro
from .run import Run
from .testing import Tested, report_of, run_tests_twice, summary

NO_PATCH = {"files_changed": 0, "insertions": 0, "deletions": 0, "patch_sha256": None, "patch_bytes": 0, "truncated": False}


class Verify:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.evidence: dict[str, Any] = {}
        self._candidate: Candidate | None = None

    def work(self) -> None:
        run = self.run
        self._candidate = candidate = read_candidate(run.job.patches[0])
        prepare(run)
        applies = self._apply(candidate)
        run.reporter.emit("patch_applied", attempt=candidate.attempt, applies=applies, error=self.evidence["apply_error"])
        if applies:
            self._test(candidate)
        self._save(complete=True)

    def _apply(self, candidate: Candidate) -> bool:
        """The gate, and the files to publish: first, for they cost nothing and decide most."""
        run = self.run
        run.enter("applying")
        tree = run.tree("verify")
        changes = None
        error = put_candidate(run, tree, candidate)
        if error is None:
            try:
                changes = asdict(write_changes_tar(tree, run.job.repo.base_sha, run.layout.output / "changes.tar"))
            except Unpublishable as refused:
                error = f"The patch cannot be published: {refused}."
                run.note(error)
        # Only now: a file that says `applies: false` rejects the patch, even if nobody got to try it.
        self.evidence = {
            "version": 1, "attempt": candidate.attempt, "base_sha": run.job.repo.base_sha, "patch_sha256": candidate.sha256,
            "applies": error is None, "apply_error": error, "setup": None, "tests": None, "repro": [], "changes": changes, "complete": False,
        }  # fmt: skip
        self._save()
        return error is None

    def _test(self, candidate: Candidate) -> None:
        run = self.run
        tree = run.tree("verify")
        set_ups = SetUps(run)
        run.enter("preparing")
        installed = set_ups.before_the_lock(tree, [candidate])
        self._save(setup={"ok": installed.ok, "notes": installed.notes[:20]})
        ready = run.reporter.emit("deps_installed", ok=installed.ok, source=installed.source, notes=installed.notes[:10])
        # An agent wrote what runs next.
        if not run.wait_locked(ready):
            run.stop.check()
        run.enter("testing")
        command = installed.test_command
        before = self._tests(command, "baseline")
        repro_before = [run_repro(run, test, run.layout.repo) for test in candidate.repro]
        self._save(tests=report_of(command, before, None))
        run.reporter.emit("baseline_tested", **summary(before, command))
        put_candidate(run, tree, candidate)
        repeated = set_ups.again()
        notes = [*installed.notes, *(f"repeated with the patch, without a network: {note}" for note in repeated.notes)]
        self._save(setup={"ok": installed.ok, "notes": notes[:20]})
        after = self._tests(command, "tests")
        self._save(tests=report_of(command, before, after))
        for test, kind in zip(candidate.repro, repro_before):
            self.evidence["repro"].append({"name": test.name, "before": kind, "after": run_repro(run, test, run.layout.repo)})
            self._save()
        flaky = sorted({*(before.flaky if before else ()), *(after.flaky if after else ())})
        if flaky:
            run.note(f"Left out as flaky: {', '.join(flaky)[:600]}")

    def _tests(self, command: str | None, duration: str) -> Tested | None:
        started = time.monotonic()
        tested = run_tests_twice(self.run, command) if command else None
        self.run.timed(duration, started)
        return tested

    def _save(self, *, complete: bool = False, **fields: Any) -> None:
        self.evidence |= {**fields, "complete": complete}
        save_json(self.run, "evidence.json", self.evidence)

    def finalise(self) -> dict[str, Any]:
        evidence = self.evidence
        if evidence:
            save_json(self.run, "evidence.json", evidence)
            tests = evidence["tests"] or {}
            self.run.reporter.emit(
                "verified",
                attempt=evidence["attempt"], applies=evidence["applies"], complete=evidence["complete"],
                before=tests.get("before"), after=tests.get("after"),
                regressions=tests.get("regressions", [])[:10], fixed=tests.get("fixed", [])[:10], removed=tests.get("removed", [])[:10], repro=evidence["repro"],
            )  # fmt: skip
        candidate = self._candidate
        if candidate is None or not evidence.get("applies"):
            return NO_PATCH
        changed = (evidence["changes"] or {}).get("files", 0)
        return {**NO_PATCH, "files_changed": changed, "patch_sha256": candidate.sha256, "patch_bytes": len(candidate.data)}

    def status(self) -> tuple[str, str, dict[str, str] | None]:
        return ("succeeded" if self.evidence.get("applies") else "no_changes"), "", None


def save_json(run: Run, name: str, value: Any) -> None:
    """Masked, and by rename: Collect never reads half a file."""
    temporary = run.layout.private / name
    temporary.write_text(json.dumps(run.redactor.json(value), indent=1, ensure_ascii=False))
    os.replace(temporary, run.layout.output / name)

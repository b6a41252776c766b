"""Mode judge: every candidate against every reproduction test that fails on base. It ranks nothing: the workflow does."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from .candidate import Candidate, SetUps, put_base, put_candidate, read_candidate
from .prepare import prepare
from .repro import ReproTest, run_repro
from .run import Run
from .verify import NO_PATCH, save_json


@dataclass(frozen=True)
class CrossTest:
    """`by` is the attempt that wrote it."""

    by: int
    test: ReproTest


class Judge:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.cross: dict[str, Any] = {"version": 1, "tests": [], "results": [], "complete": False}

    def work(self) -> None:
        run = self.run
        candidates = [read_candidate(patch) for patch in run.job.patches]
        prepare(run)
        set_ups = SetUps(run)
        tree = run.tree("judge")
        installed = set_ups.before_the_lock(tree, candidates)
        ready = run.reporter.emit("deps_installed", ok=installed.ok, source=installed.source, notes=installed.notes[:10])
        # Agents wrote what runs next.
        if not run.wait_locked(ready):
            run.stop.check()
        run.enter("cross-testing")
        failing = self._on_base(distinct_tests(candidates))
        for candidate in candidates:
            self._candidate(candidate, failing, set_ups)
        self.cross["complete"] = True
        self._save()

    def _on_base(self, tests: list[CrossTest]) -> list[CrossTest]:
        failing = []
        for cross in tests:
            kind = run_repro(self.run, cross.test, self.run.layout.repo)
            self.cross["tests"].append({"by": cross.by, "name": cross.test.name, "before": kind})
            if kind == "failed":
                failing.append(cross)
            self._save()
        return failing

    def _candidate(self, candidate: Candidate, tests: list[CrossTest], set_ups: SetUps) -> None:
        run = self.run
        if not tests:
            return
        tree = run.tree("judge")
        error = put_candidate(run, tree, candidate)
        if error is not None:
            run.note(f"Attempt {candidate.attempt} was not tested: {error}")
            return
        repeated = set_ups.needed_for(tree)
        if repeated:
            set_ups.again()
        for cross in tests:
            outcome = run_repro(run, cross.test, run.layout.repo)
            self.cross["results"].append({"attempt": candidate.attempt, "test": cross.test.name, "by": cross.by, "outcome": outcome})
            self._save()
        if repeated:
            # What this patch had installed must not help the next one.
            put_base(run, tree)
            set_ups.again()

    def _save(self) -> None:
        save_json(self.run, "cross.json", self.cross)

    def finalise(self) -> dict[str, Any]:
        self._save()
        results = self.cross["results"]
        passed: dict[str, int] = {}
        for result in results:
            key = str(result["attempt"])
            passed[key] = passed.get(key, 0) + (result["outcome"] == "passed")
        failing = sum(test["before"] == "failed" for test in self.cross["tests"])
        self.run.reporter.emit("cross_tested", tests=failing, passed=passed, complete=self.cross["complete"])
        return NO_PATCH

    def status(self) -> tuple[str, str, dict[str, str] | None]:
        return "succeeded", "", None


def distinct_tests(candidates: list[Candidate]) -> list[CrossTest]:
    """Identical tests once, under the first attempt that wrote them."""
    seen: set[str] = set()
    tests: list[CrossTest] = []
    for candidate in candidates:
        for test in candidate.repro:
            identity = hashlib.sha256(b"\0".join([test.path_in_repo.encode(), test.command.encode(), test.content])).hexdigest()
            if identity not in seen:
                seen.add(identity)
                tests.append(CrossTest(candidate.attempt, test))
    return tests

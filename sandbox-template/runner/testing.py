"""Runs a test command and says how it ended: by exit code, and per test where the framework tells."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .run import Run
from .shell import Outcome
from .test_reports import PerTest, framework_of

TEST_SECONDS = 600.0
MAX_NAMES = 200
_NO_COMMAND = re.compile(r"command not found|Failed to spawn: `pytest`|No module named (pytest|unittest|nose|tox)\b|[Mm]issing script:? \"?test|No rule to make target", re.I)
_NOT_THE_CODE = re.compile(r"No space left on device|Cannot allocate memory|MemoryError|Disk quota exceeded|JavaScript heap out of memory")
PYTEST_NO_TESTS = 5
_EACH_RUN_ANEW = re.compile(r"0x[0-9a-f]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{5,}", re.I)
"""Addresses, uuids, ports and times in the name of a test: another name, but not another test."""


@dataclass
class Tested:
    kind: str
    """TestClass of the contract: passed, failed, timed_out, inert, infra_failed"""
    tests: PerTest = field(default_factory=PerTest)
    seconds: float = 0.0
    flaky: set[str] = field(default_factory=set)


def run_tests(run: Run, command: str, *, seconds: float | None = None, cwd: Path | None = None) -> Tested:
    """Tests that hang take a third of the run at most, so that the others have theirs. What they leave running is killed."""
    report = run.layout.private / "test-report"
    report.unlink(missing_ok=True)
    framework = framework_of(command, (cwd or run.layout.repo) / "package.json")
    asked, variables = framework.ask(command, report) if framework else (command, {})
    outcome = run.command(asked, seconds=min(run.seconds(TEST_SECONDS), run.clock.total / 3) if seconds is None else seconds, cwd=cwd, extra=variables)
    run.processes.kill_leftovers()
    per_test = framework.read(outcome.output, report) if framework else PerTest()
    report.unlink(missing_ok=True)
    return Tested(classify(outcome, bool(per_test)), per_test, outcome.seconds)


def run_tests_twice(run: Run, command: str) -> Tested:
    """Failures are run once more: a test that then passes is flaky, and counts as neither."""
    first = run_tests(run, command)
    if first.kind != "failed" or run.clock.left() < 3 * first.seconds:
        return first
    second = run_tests(run, command)
    kind = "passed" if second.kind == "passed" and not first.tests else first.kind
    if first.tests and second.tests:
        first.flaky = (first.tests.failed & second.tests.passed) | (first.tests.passed & second.tests.failed)
        first.tests.failed -= first.flaky
        first.tests.passed -= first.flaky
        kind = "failed" if first.tests.failed else second.kind
    return Tested(kind, first.tests, first.seconds, first.flaky)


def classify(outcome: Outcome, has_tests: bool) -> str:
    if outcome.ended == "timed_out":
        return "timed_out"
    if outcome.returncode == 0:
        return "passed"
    if outcome.ended == "flooded" or outcome.returncode in (137, -9) or (_NOT_THE_CODE.search(outcome.output[-4_000:]) and not has_tests):
        return "infra_failed"
    tail = outcome.output[-2_000:]
    if outcome.returncode == 127 or (not has_tests and outcome.returncode != 0 and _NO_COMMAND.search(tail) and len(outcome.output) < 2_000):
        return "inert"
    if outcome.returncode == PYTEST_NO_TESTS and "no tests ran" in tail:
        return "inert"
    return "failed"


def report_of(command: str | None, before: Tested | None, after: Tested | None) -> dict[str, Any]:
    """TestReport of the contract. Without a sound baseline nothing is called a regression."""
    report: dict[str, Any] = {
        "command": command,
        "before": before.kind if before else None,
        "after": after.kind if after else None,
        "regressions": [],
        "fixed": [],
        "removed": [],
        "counts": None,
    }
    if before and after and before.tests and after.tests:
        flaky = before.flaky | after.flaky
        report["regressions"] = sorted((before.tests.passed & after.tests.failed) - flaky)[:MAX_NAMES]
        report["fixed"] = sorted((before.tests.failed & after.tests.passed) - flaky)[:MAX_NAMES]
        report["removed"] = sorted(_removed(before, after))[:MAX_NAMES]
        report["counts"] = {"before": _counts(before), "after": _counts(after)}
    return report


def _removed(before: Tested, after: Tested) -> set[str]:
    """Passed before, and now neither passed nor failed: deleted, renamed, skipped. Only a run that got to its end tells."""
    if after.kind not in ("passed", "failed"):
        return set()
    there = after.tests.passed | after.tests.failed | after.flaky
    lasting = {_EACH_RUN_ANEW.sub("#", name) for name in there}
    return {name for name in before.tests.passed - there if _EACH_RUN_ANEW.sub("#", name) not in lasting}


def _counts(tested: Tested) -> dict[str, int]:
    return {"passed": len(tested.tests.passed), "failed": len(tested.tests.failed)}


def baseline(run: Run, command: str | None) -> Tested | None:
    """Phase: the tests at the base commit."""
    started = time.monotonic()
    tested = run_tests(run, command) if command else None
    run.timed("baseline", started)
    return tested


def summary(tested: Tested | None, command: str | None) -> dict[str, Any]:
    if tested is None:
        return {"command": command, "class": None}
    return {"command": command, "class": tested.kind, **(_counts(tested) if tested.tests else {}), "duration_ms": int(tested.seconds * 1000)}

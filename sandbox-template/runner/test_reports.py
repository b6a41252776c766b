"""Per-test results, where the framework tells them: how it is asked, and how its answer is read. A table, one row each."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

MAX_REPORT = 32 * 1024 * 1024


@dataclass
class PerTest:
    passed: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.passed or self.failed)


@dataclass(frozen=True)
class Framework:
    """`ask` turns the command and a report file into the command and variables that make it report; `read` reads it."""

    matches: re.Pattern[str]
    ask: Callable[[str, Path], tuple[str, dict[str, str]]]
    read: Callable[[str, Path], PerTest]


def framework_of(command: str, package_json: Path) -> Framework | None:
    command = command + _npm_script(command, package_json)
    return next((framework for framework in FRAMEWORKS if framework.matches.search(command)), None)


def _npm_script(command: str, package_json: Path) -> str:
    """`npm test` runs what package.json says; only a bare runner takes our arguments."""
    if not re.match(r"(npm|pnpm|yarn|bun) (run )?test\b", command):
        return ""
    try:
        script = json.loads(package_json.read_text()).get("scripts", {}).get("test", "")
    except (OSError, ValueError, AttributeError):
        return ""
    known = isinstance(script, str) and (re.fullmatch(r"(jest|vitest( run)?)( --?[\w=-]+)*", script) or _NODE_TEST.search(script))
    return f" # {script}" if known else ""


def _junit(_output: str, report: Path) -> PerTest:
    result = PerTest()
    if not report.is_file() or report.stat().st_size > MAX_REPORT:
        return result
    text = report.read_bytes()
    # Test code may have written this file: no document type, hence no entities to expand.
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        return result
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return result
    for case in root.iter("testcase"):
        name = "::".join(part for part in (case.get("classname"), case.get("name")) if part)
        if case.find("failure") is not None or case.find("error") is not None:
            result.failed.add(name)
        elif case.find("skipped") is None:
            result.passed.add(name)
    result.passed -= result.failed
    return result


def _go(output: str, _report: Path) -> PerTest:
    result = PerTest()
    for line in output.splitlines():
        if not line.startswith("{"):
            continue
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if event.get("Test") and event.get("Action") in ("pass", "fail"):
            names = result.passed if event["Action"] == "pass" else result.failed
            names.add(f"{event.get('Package', '')}.{event['Test']}")
    return result


def _jest(_output: str, report: Path) -> PerTest:
    """jest's shape, which vitest's json reporter writes as well."""
    result = PerTest()
    try:
        if report.stat().st_size > MAX_REPORT:
            return result
        files = json.loads(report.read_text()).get("testResults", [])
        for file in files:
            for case in file.get("assertionResults", []):
                names = {"passed": result.passed, "failed": result.failed}.get(case.get("status"))
                if names is not None:
                    names.add(f"{Path(file.get('name', '')).name}: {case.get('fullName', '')}")
    except (OSError, ValueError, AttributeError, TypeError):
        return result
    return result


_TAP_SUBTEST = re.compile(r"^((?:    )*)# Subtest: (.*)$")
_TAP_RESULT = re.compile(r"^((?:    )*)(not )?ok \d+ - (.*?)( # (?:SKIP|TODO).*)?$")


def _tap(_output: str, report: Path) -> PerTest:
    """node's own: subtests indented by four, and each told after its own subtests. Only leaves are tests."""
    result = PerTest()
    if not report.is_file() or report.stat().st_size > MAX_REPORT:
        return result
    path: list[str] = []
    ended_at, details = -1, ""
    for line in report.read_text(errors="replace").splitlines():
        if details:
            # A failure's message may look like a result.
            details = "" if line == details else details
        elif line.endswith("---") and not line[:-3].strip():
            details = f"{line[:-3]}..."
        elif started := _TAP_SUBTEST.match(line):
            path = [*path[: len(started[1]) // 4], started[2]]
        elif ended := _TAP_RESULT.match(line):
            depth = len(ended[1]) // 4
            if ended_at <= depth and not ended[4]:
                names = result.failed if ended[2] else result.passed
                names.add(" > ".join([*path[:depth], ended[3]]).replace("\\#", "#"))
            ended_at = depth
    result.passed -= result.failed
    return result


_UNITTEST_START = re.compile(r"^(\w+) \(([\w.]+)\)(?:\n(?!\w+ \().*)?? \.\.\. ", re.M)
_UNITTEST_VERDICT = re.compile(r"^(ok|FAIL|ERROR|unexpected success|expected failure|skipped .*)$", re.M)
_UNITTEST_HEAD = re.compile(r"^(?:FAIL|ERROR): (\w+) \(([\w.]+)\)", re.M)


def _unittest(output: str, _report: Path) -> PerTest:
    """What a test writes stands between its name and its verdict. Skipped, or failing as expected, is neither."""
    result = PerTest()
    starts = list(_UNITTEST_START.finditer(output))
    ends = [start.start() for start in starts[1:]] + [len(output)]
    for start, end in zip(starts, ends):
        verdict = _UNITTEST_VERDICT.search(output[start.end() : end])
        if verdict is not None and not verdict[1].startswith(("expected", "skipped")):
            names = result.passed if verdict[1] == "ok" else result.failed
            names.add(_unittest_name(start[1], start[2]))
    result.failed |= {_unittest_name(method, owner) for method, owner in _UNITTEST_HEAD.findall(output)}
    result.passed -= result.failed
    return result


def _unittest_name(method: str, owner: str) -> str:
    # Python 3.11 says "test_x (module.Class.test_x)", earlier ones "test_x (module.Class)".
    return owner if owner.endswith(f".{method}") else f"{owner}.{method}"


def _with_arguments(arguments: str) -> Callable[[str, Path], tuple[str, dict[str, str]]]:
    def ask(command: str, report: Path) -> tuple[str, dict[str, str]]:
        separator = " -- " if re.match(r"(npm|pnpm|bun) ", command) else " "
        return command + separator + arguments.replace("REPORT", str(report)), {}

    return ask


def _ask_node(command: str, report: Path) -> tuple[str, dict[str, str]]:
    """By variable, so that it reaches a node inside a script; beside the output that people read."""
    reporters = ((report, "tap"), ("stdout", "spec"))
    return command, {"NODE_OPTIONS": " ".join(f"--test-reporter={name} --test-reporter-destination={place}" for place, name in reporters)}


_NODE_TEST = re.compile(r"^(?!.*--test-reporter).*\bnode\b[^|;&]*\s--test(\s|$)")

FRAMEWORKS = (
    # By variable, so that it also reaches a pytest inside make or a script.
    Framework(re.compile(r"\bpytest\b|\bpy\.test\b|^(make|tox|nox|hatch)\b"), lambda command, report: (command, {"PYTEST_ADDOPTS": f"--junitxml={report}"}), _junit),
    Framework(re.compile(r"^python[\d.]* -m unittest\b(?!.*[|&;])"), lambda command, _: (re.sub(r"-m unittest\b(?! -v)", "-m unittest -v", command, count=1) if " discover" not in command else command + " -v", {}), _unittest),
    Framework(re.compile(r"^go test\b(?!.*[|&;])"), lambda command, _: (command.replace("go test", "go test -json", 1), {}), _go),
    Framework(_NODE_TEST, _ask_node, _tap),
    Framework(re.compile(r"(^|# |npx )jest\b(?!.*[|&;])"), _with_arguments("--json --outputFile=REPORT"), _jest),
    Framework(re.compile(r"(^|# |npx )vitest\b(?!.*[|&;])"), _with_arguments("--reporter=json --outputFile=REPORT"), _jest),
)

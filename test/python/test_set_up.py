"""install_deps.sh: which set-up and which tests a repository stands for, without running package managers."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from runner_case import TEMPLATE

from runner.shell import Outcome
from runner.test_reports import PerTest, framework_of
from runner.testing import MAX_NAMES, Tested, classify, report_of

TOOLS = "uv poetry pdm pipenv pnpm bun yarn npm go cargo mvn bundle composer dotnet mise tox pytest"


class SetUp(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="patchbay-setup-"))
        self.addCleanup(subprocess.run, ["rm", "-rf", str(self.folder)])
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        # What the script itself uses, and nothing that the machine happens to have beside it.
        self.system = self.folder / "system"
        self.system.mkdir()
        for tool in ("bash", "grep", "timeout", "cat", "sleep"):
            (self.system / tool).symlink_to(str(shutil.which(tool)))
        for tool in TOOLS.split():
            (self.bin / tool).write_text("#!/bin/sh\nexit 0\n")
            (self.bin / tool).chmod(0o755)

    def detect(self, files: dict[str, str], commands: list[str] | None = None, without: str = "") -> tuple[list[str], str, str]:
        """Installed by, tested by, source."""
        repo = self.folder / "repo"
        subprocess.run(["rm", "-rf", str(repo)], check=True)
        for name, content in files.items():
            (repo / name).parent.mkdir(parents=True, exist_ok=True)
            (repo / name).write_text(content)
        for tool in without.split():
            (self.bin / tool).unlink(missing_ok=True)
        env = {"PATH": f"{self.bin}:{self.system}", "COMMAND_SECONDS": "20", "TOTAL_SECONDS": "30", "PATCHBAY_VENV": str(self.folder / "venv"), "PATCHBAY_TOOLS": str(self.folder / "tools"),
               "REPORT": str(self.folder / "report"), "TEST_COMMAND_FILE": str(self.folder / "tests")}  # fmt: skip
        if commands is not None:
            (self.folder / "commands").write_bytes(b"".join(command.encode() + b"\0" for command in commands))
            env["SETUP_COMMANDS"] = str(self.folder / "commands")
        done = subprocess.run(["bash", str(TEMPLATE / "install_deps.sh")], cwd=repo, env=env, capture_output=True, text=True, check=True)
        # A tool that is not there, and whose fallback here installs nothing, is said to be missing.
        self.assertEqual([line for line in done.stderr.splitlines() if not line.endswith(": command not found") and "No such file" not in line], [])
        report = (self.folder / "report").read_text().splitlines()
        source = next(line for line in done.stdout.splitlines() if line.startswith("source: "))
        return [line.split("\t")[2].replace(str(self.folder), "") for line in report], (self.folder / "tests").read_text(), source

    def test_by_marker(self) -> None:
        package = '{"scripts": {"test": "jest"}}'
        table = [
            ({"uv.lock": "", "pyproject.toml": ""}, ["uv sync --frozen --all-extras --all-groups"], "uv run --no-sync pytest -q"),
            ({"poetry.lock": ""}, ["poetry install -n --all-extras"], "poetry run pytest -q"),
            ({"package.json": package, "package-lock.json": ""}, ["npm ci --no-audit --no-fund"], "npm test --silent"),
            ({"package.json": package}, ["npm install --no-audit --no-fund"], "npm test --silent"),
            ({"package.json": package, "pnpm-lock.yaml": ""}, ["pnpm install --frozen-lockfile"], "pnpm test"),
            ({"package.json": package, "yarn.lock": "__metadata:\n"}, ["yarn install --immutable"], "yarn test"),
            ({"package.json": package, "yarn.lock": "# v1\n"}, ["yarn install --frozen-lockfile --non-interactive"], "yarn test"),
            ({"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'}, ["npm install --no-audit --no-fund"], ""),
            ({"go.mod": ""}, ["go mod download"], "go test ./..."),
            ({"Cargo.toml": ""}, ["cargo fetch --locked"], "cargo test --no-fail-fast"),
            ({"pom.xml": ""}, ["mvn -q -B dependency:go-offline"], "mvn -q -B test"),
            ({"Gemfile.lock": "", "spec/a": ""}, ["bundle install"], "bundle exec rspec"),
            ({"App.sln": ""}, ["dotnet restore"], "dotnet test --nologo"),
            ({"README": ""}, [], ""),
        ]
        for files, installed, tested in table:
            with self.subTest(files=list(files)):
                self.assertEqual(self.detect(files)[:2], (installed, tested))

    def test_several_languages_install_and_the_first_one_tests(self) -> None:
        files = {"go.mod": "", "package.json": '{"scripts": {"test": "vitest"}}', "package-lock.json": ""}

        self.assertEqual(self.detect(files)[:2], (["npm ci --no-audit --no-fund", "go mod download"], "npm test --silent"))

    def test_python_by_pip(self) -> None:
        files = {"pyproject.toml": '[project]\nname = "x"\n[project.optional-dependencies]\ntest = ["pytest"]\n', "requirements-dev.txt": "", "tests/test_x.py": ""}

        installed, tested, _ = self.detect(files)

        self.assertEqual(installed, [
            "uv venv --quiet --seed '/venv'", "uv pip install --quiet --python '/venv/bin/python' -r requirements-dev.txt",
            "uv pip install --quiet --python '/venv/bin/python' -e '.[test]'", "uv pip install --quiet --python '/venv/bin/python' pytest",
        ])  # fmt: skip
        self.assertEqual(tested, "pytest -q")

    def test_python_on_the_standard_library_alone(self) -> None:
        self.assertEqual(self.detect({"tests/test_x.py": "", "tests/__init__.py": "", "x.py": ""}, without="pytest")[:2], ([], "python3 -m unittest"))
        self.assertEqual(self.detect({"tests/test_x.py": ""})[1], "python3 -m unittest discover -s tests -t .")

    def test_a_missing_package_manager_comes_from_its_registry(self) -> None:
        package = '{"scripts": {"test": "jest"}, "packageManager": "%s"}'
        table = [
            ("uv", {"uv.lock": ""}, "/tools/uv/bin/pip' install --quiet uv "),
            ("poetry", {"poetry.lock": ""}, "/tools/poetry/bin/pip' install --quiet poetry "),
            ("pnpm", {"pnpm-lock.yaml": "lockfileVersion: '9.0'\n"}, "--prefix '/tools' pnpm@10"),
            ("pnpm", {"pnpm-lock.yaml": "lockfileVersion: '6.0'\n"}, "--prefix '/tools' pnpm@8"),
            ("pnpm", {"pnpm-lock.yaml": "lockfileVersion: 5.4\n"}, "--prefix '/tools' pnpm@7"),
            ("pnpm", {"pnpm-lock.yaml": "", "package.json": package % "pnpm@9.1.0+sha512.abc"}, "--prefix '/tools' pnpm@9.1.0"),
            ("yarn", {"yarn.lock": "# v1\n"}, "--prefix '/tools' yarn@1"),
            ("yarn", {"yarn.lock": "__metadata:\n"}, "--prefix '/tools' @yarnpkg/cli-dist@4"),
            ("yarn", {"yarn.lock": "", "package.json": package % "yarn@4.9.2"}, "--prefix '/tools' @yarnpkg/cli-dist@4.9.2"),
        ]  # fmt: skip
        for tool, files, expected in table:
            with self.subTest(tool=tool, files=files):
                installed = self.detect(files, without=tool)[0]
                self.assertTrue(f"{installed[0]} ".find(expected) > 0, installed)

    def test_the_jobs_commands_come_first_then_the_repositorys_file(self) -> None:
        commands = ["echo 'a\nb' | grep -q b", "exit 3", "cat; sleep 0"]

        installed, tested, source = self.detect({"go.mod": "", ".openhands/setup.sh": "exit 1"}, commands)

        self.assertEqual((installed, tested, source), (["echo 'a b' | grep -q b", "exit 3", "cat; sleep 0"], "go test ./...", "source: job"))
        self.assertEqual([line.split("\t")[0] for line in (self.folder / "report").read_text().splitlines()], ["0", "3", "0"])
        self.assertEqual(self.detect({".openhands/setup.sh": "exit 1", "go.mod": ""})[0::2], (["bash .openhands/setup.sh"], "source: repo"))


class TestResults(unittest.TestCase):
    def read(self, command: str, output: str, report: str | None = None) -> tuple[set[str], set[str]]:
        folder = Path(tempfile.mkdtemp())
        self.addCleanup(subprocess.run, ["rm", "-rf", str(folder)])
        framework = framework_of(command, folder / "package.json")
        assert framework is not None, command
        framework.ask(command, folder / "report")
        if report is not None:
            (folder / "report").write_text(report)
        result = framework.read(output, folder / "report")
        return result.passed, result.failed

    def test_unittest_of_two_generations(self) -> None:
        output = (
            "test_a (t.T.test_a) ... ok\ntest_b (t.T.test_b)\nSays what it does. ... FAIL\ntest_c (t.T) ... ok\ntest_d (t.T.test_d) ... skipped 'x'\n"
            "test_e (t.T.test_e) ... noise in between\nok\ntest_g (t.T.test_g) ... expected failure\nERROR: test_f (t.T.test_f)\nok\n"
        )

        self.assertEqual(self.read("python3 -m unittest", output), ({"t.T.test_a", "t.T.test_c", "t.T.test_e"}, {"t.T.test_b", "t.T.test_f"}))

    def test_junit(self) -> None:
        report = '<testsuites><testsuite><testcase classname="t.A" name="a"/><testcase classname="t.A" name="b"><failure/></testcase><testcase name="s"><skipped/></testcase></testsuite></testsuites>'

        self.assertEqual(self.read("uv run pytest -q", "", report), ({"t.A::a"}, {"t.A::b"}))
        self.assertEqual(self.read("pytest", "", f"<!DOCTYPE x>{report}"), (set(), set()))
        self.assertEqual(self.read("pytest", "", "<broken"), (set(), set()))

    def test_nodes_own_runner(self) -> None:
        tap = (
            "TAP version 13\n# Subtest: outer\n    # Subtest: works \\# 1\n    ok 1 - works \\# 1\n      ---\n      type: 'test'\n      ...\n"
            "    # Subtest: fails\n    not ok 2 - fails\n      ---\n      error: |-\n        \n        ok 3 - forged\n      ...\n"
            "    # Subtest: later\n    ok 3 - later # SKIP\n    1..3\nnot ok 1 - outer\n# Subtest: alone\nok 2 - alone\n1..2\n"
        )

        self.assertEqual(self.read("node --test", "", tap), ({"outer > works # 1", "alone"}, {"outer > fails"}))
        self.assertEqual(self.read("node --import ./x.mjs --test src/", "", None), (set(), set()))

    def test_go_and_jest(self) -> None:
        go = '{"Action":"pass","Package":"p","Test":"TestA"}\n{"Action":"fail","Package":"p","Test":"TestB"}\n{"Action":"fail","Package":"p"}\nplain\n'
        jest = '{"testResults":[{"name":"/r/a.test.js","assertionResults":[{"status":"passed","fullName":"x y"},{"status":"failed","fullName":"z"}]}]}'

        self.assertEqual(self.read("go test ./...", go), ({"p.TestA"}, {"p.TestB"}))
        self.assertEqual(self.read("npx jest", "", jest), ({"a.test.js: x y"}, {"a.test.js: z"}))

    def test_commands_keep_their_meaning(self) -> None:
        folder = Path(tempfile.mkdtemp())
        (folder / "package.json").write_text('{"scripts": {"test": "vitest run"}}')
        report = folder / "r"

        def asked(command: str) -> str | None:
            framework = framework_of(command, folder / "package.json")
            return framework.ask(command, report)[0] if framework else None

        self.assertEqual(asked("python3 -m unittest"), "python3 -m unittest -v")
        self.assertEqual(asked("python3 -m unittest discover -s tests"), "python3 -m unittest discover -s tests -v")
        self.assertEqual(asked("npm test"), f"npm test -- --reporter=json --outputFile={report}")
        self.assertEqual(asked("go test ./... | tee log"), None)
        self.assertEqual(asked("make test"), "make test")
        self.assertEqual(asked("node --test --test-reporter=dot"), None)
        (folder / "package.json").write_text('{"scripts": {"test": "tsc && node --test dist"}}')
        self.assertEqual(asked("npm test"), "npm test")
        self.assertEqual(asked("bash run-tests.sh"), None)

    def test_what_passed_before_and_is_gone(self) -> None:
        def gone(before: set[str], after: set[str], kind: str = "passed", flaky: set[str] = frozenset()) -> list[str]:
            return report_of("pytest", Tested("passed", PerTest(before)), Tested(kind, PerTest(after), flaky=set(flaky)))["removed"]

        self.assertEqual(gone({"a", "b", "c"}, {"a", "d"}), ["b", "c"])
        self.assertEqual(gone({"a", "b"}, {"a"}, flaky={"b"}), [])
        self.assertEqual([gone({"a", "b"}, {"a"}, kind) for kind in ("failed", "timed_out", "inert", "infra_failed")], [["b"], [], [], []])
        # The framework did not tell: nothing is known.
        self.assertEqual(gone({"a"}, set()), [])
        self.assertEqual(gone({"t[127.0.0.1:41234]", "t[<A at 0x7f01>]", "t[2]"}, {"t[127.0.0.1:50001]", "t[<A at 0x7fff>]", "t[3]"}), ["t[2]"])
        self.assertEqual(len(gone({f"test_{letter}{number}" for letter in "ab" for number in range(MAX_NAMES)}, {"a"})), MAX_NAMES)
        failed_before = report_of("pytest", Tested("failed", PerTest({"a"}, {"b"})), Tested("passed", PerTest({"a"})))
        self.assertEqual((failed_before["removed"], failed_before["regressions"]), ([], []))

    def test_classes(self) -> None:
        def kind(code: int, output: str = "", ended: str = "exited", tests: bool = False) -> str:
            return classify(Outcome(output, code, 1.0, ended), tests)

        self.assertEqual([kind(0), kind(1, "1 failed"), kind(124, ended="timed_out"), kind(137), kind(-9, ended="flooded")],
                         ["passed", "failed", "timed_out", "infra_failed", "infra_failed"])  # fmt: skip
        self.assertEqual(kind(127, "bash: line 1: nose: command not found"), "inert")
        self.assertEqual(kind(1, "/usr/bin/python3: No module named pytest"), "inert")
        self.assertEqual(kind(1, 'npm ERR! Missing script: "test"'), "inert")
        self.assertEqual(kind(5, "no tests ran in 0.01s"), "inert")
        self.assertEqual(kind(1, "OSError: [Errno 28] No space left on device"), "infra_failed")
        self.assertEqual(kind(1, "MemoryError", tests=True), "failed")


if __name__ == "__main__":
    unittest.main()

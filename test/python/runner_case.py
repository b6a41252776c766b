"""What every test of the runner starts from: a repository, a control plane, a workspace, and the runner as a process."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from control_plane import TOKEN, ControlPlane
from json_schema import faults

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "sandbox-template"
SCHEMAS = json.loads((ROOT / "test/fixtures/runner/schemas.json").read_text())
CASES = json.loads((ROOT / "test/fixtures/runner/cases.json").read_text())
SCHEMA_OF = {"result.json": "RunnerResult", "tests.json": "TestReport", "plan.json": "PlanFile", "evidence.json": "Evidence", "cross.json": "CrossTests"}
CLONE_TOKEN = "clone-token-canary-81d3b6"
sys.path.insert(0, str(TEMPLATE))
# Tests that import the agent in this process: no banner, and no settings folder in the home.
os.environ["MSWEA_SILENT_STARTUP"] = "1"
os.environ["MSWEA_GLOBAL_CONFIG_DIR"] = str(Path(tempfile.gettempdir()) / "patchbay-mini")

GIT_ENV = {
    **{name: os.environ[name] for name in ("PATH",)},
    "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.org", "GIT_AUTHOR_DATE": "2025-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@example.org", "GIT_COMMITTER_DATE": "2025-01-01T00:00:00Z",
}  # fmt: skip

CALC = {
    "calc.py": "def add(a, b):\n    return a - b\n\n\ndef double(a):\n    return 2 * a\n",
    "test_calc.py": (
        "import unittest\n\nimport calc\n\n\nclass Calc(unittest.TestCase):\n    def test_add(self):\n        self.assertEqual(calc.add(2, 3), 5)\n\n"
        "    def test_double(self):\n        self.assertEqual(calc.double(2), 4)\n"
    ),
    ".gitignore": "__pycache__/\nnode_modules/\n",
}
FIX = "sed -i 's/a - b/a + b/' calc.py"
UNITTEST = "python3 -m unittest"


def git(folder: Path, *argv: str, stdin: bytes | None = None) -> str:
    return subprocess.run(["git", *argv], cwd=folder, env=GIT_ENV, input=stdin, check=True, capture_output=True).stdout.decode("utf-8", "replace").strip()


def make_repository(folder: Path, files: dict[str, str | bytes]) -> str:
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "base")
    return git(folder, "rev-parse", "HEAD")


class RunnerCase(unittest.TestCase):
    files: dict[str, str | bytes] = CALC

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="patchbay-runner-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.plane = ControlPlane()
        self.addCleanup(self.plane.close)
        self.origin = self.folder / "origin"
        self.base = self.make_origin()
        self.workspace = self.folder / "workspace"
        self.output = self.workspace / "output" / "job1"
        self.process: subprocess.Popen[bytes] | None = None

    def make_origin(self) -> str:
        return make_repository(self.origin, self.files)

    def job(self, **changes: Any) -> dict[str, Any]:
        seconds = changes.pop("seconds", 60)
        job: dict[str, Any] = {
            "version": 1, "mode": "solve", "job_id": "job1", "attempt_id": "job1.1", "attempt_index": 1, "round": 1, "sandbox_key": "X#1#solve",
            "workspace_root": str(self.workspace),
            "deadline_at": (datetime.now(timezone.utc) + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z"),
            "time_scale": 20,
            "repo": {"clone_url": f"file://{self.origin}", "base_sha": self.base, "ref": "main"},
            "clone_token": CLONE_TOKEN,
            "issue": {"number": 7, "title": "add subtracts", "body": "add(2, 3) is -1", "comments": []},
            "agent": {"kind": "mini-swe-agent", "model": "replay/test", "strategy": "default", "params": {}},
            "limits": {"plan_steps": 12, "steps": 100, "cost_usd": 1.5, "wall_seconds": 1800, "cmd_timeout_seconds": 120},
            "setup": {"test_command": UNITTEST},
            "patches": [],
            "callback_url": f"{self.plane.url}/callbacks/attempts/job1.1", "gateway_url": self.plane.url, "token": TOKEN,
        }  # fmt: skip
        return {**job, **changes}

    def start(self, env: dict[str, str] | None = None, **changes: Any) -> subprocess.Popen[bytes]:
        self.workspace.mkdir(exist_ok=True)
        job_file = self.folder / "job.json"
        job_file.write_text(json.dumps(self.job(**changes)))
        job_file.chmod(0o600)
        inherited = {name: value for name, value in os.environ.items() if name in ("HOME", "LANG")}
        # The system's Python first: a version manager's shim costs more than the tests that it starts.
        inherited["PATH"] = f"/usr/bin:{os.environ['PATH']}"
        self.out = (self.folder / "out").open("wb")
        self.process = subprocess.Popen(
            [*self.in_front(), sys.executable, "-I", "-u", str(TEMPLATE / "run_solver.py"), str(job_file)],
            cwd="/", env={**inherited, **(env or {})}, stdin=subprocess.DEVNULL, stdout=self.out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self.addCleanup(self._stop)
        return self.process

    def in_front(self) -> list[str]:
        """What the runner is started by."""
        return []

    def _stop(self) -> None:
        process = self.process
        assert process is not None
        if process.poll() is None:
            process.kill()
        process.wait()
        self.out.close()
        for pid in commands_in(str(self.folder)):
            os.kill(pid, signal.SIGKILL)

    def finish(self, seconds: float = 40) -> int:
        assert self.process is not None
        try:
            code = self.process.wait(seconds)
            self.assert_contract()
            return code
        except subprocess.TimeoutExpired:
            self.fail(f"the runner did not end:\n{self.logs()[-3000:]}\n{(self.folder / 'out').read_text()[-2000:]}")

    def assert_contract(self) -> None:
        """Every file and every request has the shape that the control plane expects."""
        for name, schema in SCHEMA_OF.items():
            if (self.output / name).is_file():
                self.assertEqual(faults(SCHEMAS[schema], self.json_of(name)), [], name)
        for request in self.plane.requests:
            self.assertEqual(faults(SCHEMAS["CallbackRequest"], request), [])

    def run_solver(self, phases: dict[str, list[Any]] | None = None, **changes: Any) -> dict[str, Any]:
        """Runs to the end; returns result.json, with the exit code as `code`."""
        if phases is not None:
            self.plane.phases = phases
        self.start(**changes)
        code = self.finish()
        return {**self.result(), "code": code}

    def result(self) -> dict[str, Any]:
        path = self.output / "result.json"
        self.assertTrue(path.is_file(), f"no result.json:\n{self.logs()[-3000:]}\n{(self.folder / 'out').read_text()[-3000:]}")
        return json.loads(path.read_text())

    def json_of(self, name: str) -> Any:
        return json.loads((self.output / name).read_text())

    def logs(self) -> str:
        path = self.output / "logs.txt"
        return path.read_text() if path.is_file() else ""

    def patch(self) -> str:
        return (self.output / "diff.patch").read_text(errors="replace")

    def trajectory(self) -> dict[str, Any]:
        return json.loads(gzip.decompress((self.output / "trajectory.json.gz").read_bytes()))

    def observations(self) -> list[str]:
        return [message["content"] for message in self.trajectory()["messages"] if message["role"] == "tool"]

    def apply_on_base(self) -> Path:
        """A clean checkout of the base commit with diff.patch applied."""
        clean = self.folder / "clean"
        git(self.folder, "clone", "-q", str(self.origin), str(clean))
        git(clean, "checkout", "-q", self.base)
        git(clean, "apply", "--index", str(self.output / "diff.patch"))
        return clean


def commands_in(text: str) -> list[int]:
    """Processes whose working folder or arguments are below `text`, without this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if os.readlink(entry / "cwd").startswith(text) or text in (entry / "cmdline").read_text(errors="replace"):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def wait_until(condition: Any, seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True

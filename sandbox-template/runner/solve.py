"""Mode solve: prepare, install, test, plan, execute, test again. Whatever stops it, `finalise` keeps what there is."""

from __future__ import annotations

import gzip
import json
import time
from typing import Any

from .ballast import drop_ballast
from .clean_checkout import clean_checkout, ignored_files
from .git_tree import GitFailed
from .install import TOTAL_SECONDS, Installed, install
from .mini_agent import AgentEnd, MiniAgent
from .patch import Patch, compute_patch
from .prepare import prepare
from .repro import export_repro
from .run import Run
from .solve_agent import execute_phase, plan_phase, prepare_agent
from .testing import Tested, baseline, report_of, run_tests, summary
from .tree_reset import Changes, changes_since, reset, snapshot

TRAJECTORY_BYTES = 10 * 1024 * 1024
LOCK_SECONDS = 20.0
"""How long the baseline waits for the egress rules of the agent; the agent itself waits as long as it takes."""


class Solve:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.agent: MiniAgent | None = None
        self.end: AgentEnd | None = None
        self.patch: Patch | None = None
        self.tests: dict[str, Any] = {"command": None, "before": None, "after": None, "regressions": [], "fixed": [], "removed": [], "counts": None}
        self._cloned = False
        self._prepared: Changes = {}
        self._before: Tested | None = None

    def work(self) -> None:
        run = self.run
        prepare(run)
        self._cloned = True
        installed = install(run, total_seconds=min(run.clock.scaled(TOTAL_SECONDS), run.clock.total / 3))
        for note in installed.notes:
            run.log.line(f"set-up: {note}")
        ready = run.reporter.emit("deps_installed", ok=installed.ok, source=installed.source, commands=installed.commands[:10], notes=installed.notes[:10])
        run.phase = "baseline"
        # The tests after the patch have no network; those before should not have one either.
        run.wait_locked(ready, run.seconds(LOCK_SECONDS))
        command = installed.test_command
        self._before = baseline(run, command)
        self.tests = report_of(command, self._before, None)
        run.reporter.emit("baseline_tested", **summary(self._before, command))
        manifest = self._ready_the_tree()
        if not run.wait_locked(ready):
            run.stop.check()
        self._let_the_agent_work(installed, self._reserve())
        self._diff()
        self._test_the_patch(command, manifest)

    def _ready_the_tree(self) -> dict[bytes, tuple[int, int, int]]:
        """Remembers what the set-up and the tests left; from round 2 on, applies the patch to start from."""
        run = self.run
        tree = run.tree("prepared")
        base = run.job.repo.base_sha
        self._prepared = changes_since(tree, base, snapshot(tree))
        manifest = ignored_files(tree)
        if run.job.feedback and run.job.feedback.patch.strip():
            try:
                tree.run("apply", "--index", "--binary", "-", stdin=run.job.feedback.patch.encode("utf-8", "surrogateescape"))
            except GitFailed as error:
                run.note(f"The earlier solution could not be applied; the agent starts without it: {error}")
        return manifest

    def _reserve(self) -> float:
        """Real seconds kept back for the tests after the agent."""
        scaled = self.run.clock.scaled
        spent = self._before.seconds if self._before else 0.0
        return min(scaled(600), 2 * spent + scaled(30), self.run.clock.left() / 2)

    def _let_the_agent_work(self, installed: Installed, reserve: float) -> None:
        run = self.run
        agent_deadline = time.monotonic() + run.clock.left() - reserve
        prepared = prepare_agent(run, installed, self._before, lambda: agent_deadline - time.monotonic())
        self.agent = prepared.agent
        tree = run.tree("plan")
        start = snapshot(tree)
        end, plan = plan_phase(prepared)
        if snapshot(tree) != start:
            reset(tree, start)
            run.note("The planning phase had changed the repository; it was reset.")
        if end.exit_status in ("BudgetExhausted", "Cancelled", "GatewayRefused"):
            self.end = end
            run.stop.check()
            return
        self.end = execute_phase(prepared, plan)
        run.stop.check()

    def checkpoint_patch(self) -> bytes | None:
        """For the checkpoints' thread; None until there is an agent's tree, and where the patch must not leave."""
        if self.patch is not None:
            return self.patch.data if self.patch.usable else None
        if self.agent is None or self.run.stop.is_set():
            return None
        patch = compute_patch(self.run.tree("checkpoint"), self.run.job.repo.base_sha, self.run.redactor, self._prepared)
        return patch.data if patch.usable or not (patch.blocked or patch.truncated) else None

    def _diff(self) -> Patch:
        if self.patch is None:
            drop_ballast(self.run.layout)
            self.patch = compute_patch(self.run.tree("final"), self.run.job.repo.base_sha, self.run.redactor, self._prepared)
            for note in self.patch.notes:
                self.run.note(note)
        return self.patch

    def _test_the_patch(self, command: str | None, manifest: dict[bytes, tuple[int, int, int]]) -> None:
        run = self.run
        patch = self._diff()
        run.enter("testing")
        started = time.monotonic()
        if command and patch.usable and run.clock.left() > 0.2:
            try:
                clean_checkout(run, patch.data, manifest)
            except (GitFailed, OSError) as error:
                # The patch stands; Verify tests it in a fresh sandbox anyway.
                run.note(f"No final tests, a clean checkout could not be made: {error}")
            else:
                self.tests = report_of(command, self._before, run_tests(run, command))
        run.timed("tests", started)
        run.reporter.emit("tests_finished", **{**self.tests, **{names: self.tests[names][:20] for names in ("regressions", "fixed", "removed")}})

    def finalise(self) -> dict[str, Any]:
        """Every file but result.json; returns the fields of it that are this mode's. Runs no tests."""
        run = self.run
        output = run.layout.output
        patch = self._final_patch()
        (output / "diff.patch").write_bytes(patch.data)
        if self._cloned:
            self._announce(patch)
        (output / "tests.json").write_text(json.dumps(run.redactor.json(self.tests), indent=1))
        export_repro(run.layout.repro, output, run.redactor)
        if self.agent is not None:
            self._write_trajectory(self.agent)
        return {
            "files_changed": patch.files,
            "insertions": patch.insertions,
            "deletions": patch.deletions,
            "patch_sha256": patch.sha256,
            "patch_bytes": len(patch.data) if patch.usable else 0,
            "truncated": patch.truncated,
        }

    def _final_patch(self) -> Patch:
        """The other files are written even when git fails here (a full disk, a broken tree)."""
        try:
            return self._diff() if self._cloned else Patch()
        except (GitFailed, OSError) as error:
            self.run.note(f"The patch could not be made: {error}")
            self.patch = Patch(blocked=True, notes=["The patch could not be made."])
            return self.patch

    def _announce(self, patch: Patch) -> None:
        if patch.blocked:
            self.run.reporter.emit("blocked", kind="patch_withheld", reason=" ".join(patch.notes)[:500])
        counts = {"files_changed": patch.files, "insertions": patch.insertions, "deletions": patch.deletions}
        self.run.reporter.emit("diff_ready", **counts, patch_bytes=len(patch.data), patch_sha256=patch.sha256, truncated=patch.truncated)

    def status(self) -> tuple[str, str, dict[str, str] | None]:
        """Status, exit status and error of a run that was not stopped from outside."""
        end = self.end or AgentEnd("")
        patch = self.patch or Patch()
        if patch.blocked:
            return "agent_error", end.exit_status, {"code": "patch_withheld", "message": " ".join(patch.notes)[:500]}
        if end.exit_status == "Submitted":
            return ("succeeded" if patch.data else "no_changes"), end.exit_status, None
        message = {"code": end.exit_status or "unknown", "message": end.reason[:500]}
        if end.exit_status in ("LimitsExceeded", "BudgetExhausted"):
            return "budget_exhausted", end.exit_status, message
        if end.exit_status == "TimeExceeded":
            return "timed_out", end.exit_status, message
        return "agent_error", end.exit_status, message

    def _write_trajectory(self, agent: MiniAgent) -> None:
        """Masked; the oldest observations go first when it is too large, never the record that they were made."""
        run = self.run
        trajectory = run.redactor.json(agent.trajectory())
        messages = trajectory["messages"]
        data = gzip.compress(json.dumps(trajectory, default=str).encode())
        for keep in (2_000, 200):
            if len(data) <= TRAJECTORY_BYTES:
                break
            for message in messages:
                if isinstance(message.get("content"), str):
                    message["content"] = message["content"][:keep]
            data = gzip.compress(json.dumps(trajectory, default=str).encode())
        (run.layout.output / "trajectory.json.gz").write_bytes(data)

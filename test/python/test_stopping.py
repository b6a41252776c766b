"""Whatever ends a run from outside: what there is, is kept, in less than 8 seconds."""

from __future__ import annotations

import os
import signal
import time
import unittest

from control_plane import PLANNING, SUBMIT, call
from runner_case import FIX, RunnerCase, commands_in, wait_until

GRACE = 8.0


class Stopping(RunnerCase):
    def assert_partial(self, status: str) -> None:
        result = self.result()
        self.assertEqual(result["status"], status)
        self.assertIn("a + b", self.patch())
        self.assertTrue(self.json_of("plan.json")["valid"])
        self.assertEqual(self.json_of("tests.json")["before"], "failed")
        self.assertEqual(self.trajectory()["messages"][0]["role"], "system")
        self.assertEqual(self.plane.types()[-1], "done")
        self.assertEqual([body for name, body in self.plane.uploads if name == "diff.patch"][-1], (self.output / "diff.patch").read_bytes())

    def begin(self, last: object, **changes: object) -> None:
        """Runs until the model was asked for what comes after the fix."""
        self.plane.phases = {"plan": PLANNING, "execute": [call(FIX), last, SUBMIT]}
        self.start(**changes)
        self.assertTrue(self.plane.wait_for(lambda plane: "execute/1" in plane.turns), self.logs())

    def test_term_during_a_command_finalises(self) -> None:
        self.begin(call("touch \"$PATCHBAY_REPRO/../running\"; setsid sleep 300 & sleep 300"))
        self.assertTrue(wait_until(lambda: (self.workspace / ".patchbay/job1/scratch/running").exists()))
        started = time.monotonic()
        assert self.process is not None

        os.kill(self.process.pid, signal.SIGTERM)
        code = self.finish(GRACE)

        self.assertLess(time.monotonic() - started, GRACE)
        self.assertEqual(code, 143)
        self.assert_partial("cancelled")
        self.assertIn("cancelled", self.plane.types())
        self.assertTrue(wait_until(lambda: commands_in(str(self.workspace)) == []))

    def test_cancel_in_a_reply_ends_a_model_call_in_progress(self) -> None:
        self.plane.latency_scale = 1.0
        self.begin({**call("ls"), "latency_ms": 30_000})
        started = time.monotonic()

        self.plane.state = lambda _: "cancel"
        code = self.finish(GRACE)

        self.assertLess(time.monotonic() - started, GRACE)
        self.assertEqual(code, 0)
        self.assert_partial("cancelled")

    def test_settled_ends_the_run_without_another_word(self) -> None:
        self.begin(call("sleep 300"))

        self.plane.state = lambda _: "settled"
        self.finish(GRACE)

        self.assertEqual(self.result()["status"], "cancelled")
        self.assertNotIn("done", self.plane.types())
        self.assertIn("a + b", self.patch())

    def test_the_deadline_ends_the_run_in_time(self) -> None:
        started = time.monotonic()
        self.begin(call("sleep 300"), seconds=6, time_scale=100, limits={"plan_steps": 9, "steps": 99, "cost_usd": 1, "wall_seconds": 800, "cmd_timeout_seconds": 900_000})

        code = self.finish(10)

        self.assertLess(time.monotonic() - started, 6.0)
        self.assertEqual((code, self.result()["exit_status"]), (0, "TimeExceeded"))
        self.assert_partial("timed_out")
        # There was time kept back for the tests.
        self.assertEqual(self.json_of("tests.json")["after"], "passed")

    def test_term_before_there_is_anything_still_leaves_a_result(self) -> None:
        self.plane.locked = False
        self.start()
        self.assertTrue(self.plane.wait_for(lambda plane: "repo_cloned" in plane.types()), self.logs())
        assert self.process is not None

        os.kill(self.process.pid, signal.SIGTERM)

        self.assertEqual(self.finish(GRACE), 143)
        self.assertEqual((self.result()["status"], self.patch()), ("cancelled", ""))

    def test_a_hanging_test_suite_is_timed_out_with_all_its_children(self) -> None:
        hang = "(setsid sleep 300 &) ; sleep 300 & wait"

        result = self.run_solver({"plan": PLANNING, "execute": [call(FIX), SUBMIT]}, setup={"test_command": hang}, time_scale=600, seconds=30)

        self.assertEqual(result["status"], "succeeded")
        self.assertEqual((self.json_of("tests.json")["before"], self.json_of("tests.json")["after"]), ("timed_out", "timed_out"))
        self.assertTrue(wait_until(lambda: commands_in(str(self.workspace)) == []))


if __name__ == "__main__":
    unittest.main()

"""What the control plane hears, in which order, and what the runner does with its answers."""

from __future__ import annotations

import json
import time
import unittest

from control_plane import PLANNING, SUBMIT, call
from runner_case import FIX, RunnerCase


class Callbacks(RunnerCase):
    def test_the_first_beat_comes_at_once_and_beats_go_on(self) -> None:
        started = time.monotonic()
        self.plane.phases = {"plan": PLANNING, "execute": [call("sleep 2", "[step 1] waiting"), call(FIX), SUBMIT]}

        # A command's limit is scaled too: 600 s leave the sleep its two seconds.
        limits = {"plan_steps": 12, "steps": 100, "cost_usd": 1.5, "wall_seconds": 1800, "cmd_timeout_seconds": 600}
        self.start(time_scale=60, limits=limits)
        self.finish()

        self.assertLess(self.plane.beats[0][0] - started, 5)
        phases = {beat["phase"] for _, beat in self.plane.beats}
        self.assertIn("solving", phases)
        # 30 s divided by 60, while a command runs for 2 s.
        self.assertGreaterEqual(sum(beat["phase"] == "solving" for _, beat in self.plane.beats), 4)
        step = next(event["data"] for event in self.plane.events if event["type"] == "step" and event["data"].get("plan_step"))
        self.assertEqual((step["plan_step"], step["command"], step["exit_code"], step["phase"]), ("1", "sleep 2", 0, "execute"))

    def test_an_outage_delays_events_and_loses_none(self) -> None:
        self.plane.callbacks_up = lambda plane: "execute/0" not in plane.turns or plane.downs >= 4
        result = self.run_solver({"plan": PLANNING, "execute": [call(FIX), call("ls"), SUBMIT]})

        self.assertEqual(result["status"], "succeeded")
        self.assertGreaterEqual(self.plane.downs, 4)
        self.assertEqual([event["src_seq"] for event in self.plane.events], list(range(1, len(self.plane.events) + 1)))
        self.assertEqual(self.plane.types()[-1], "done")

    def test_a_dead_control_plane_fails_nothing_but_the_report(self) -> None:
        self.plane.callbacks_up = lambda plane: "execute/0" not in plane.turns

        result = self.run_solver({"plan": PLANNING, "execute": [call(FIX), SUBMIT]}, seconds=5, time_scale=100)

        self.assertEqual((result["code"], result["status"]), (0, "succeeded"))
        self.assertNotIn("done", self.plane.types())

    def test_the_agent_waits_for_the_lock(self) -> None:
        self.plane.locked = False
        self.plane.phases = {"plan": PLANNING, "execute": [call(FIX), SUBMIT]}
        self.start()
        self.assertTrue(self.plane.wait_for(lambda plane: "baseline_tested" in plane.types()))
        waited = self.plane.wait_for(lambda plane: bool(plane.turns), 0.5)

        self.plane.locked = True
        self.finish()

        self.assertFalse(waited)
        self.assertEqual(self.result()["status"], "succeeded")

    def test_a_refused_event_does_not_hold_up_the_others(self) -> None:
        self.plane.refuse_event = lambda event: event["type"] == "baseline_tested" and "refused" not in event["data"]

        self.run_solver({"plan": PLANNING, "execute": [SUBMIT]})

        self.assertEqual(self.plane.first("baseline_tested"), {"refused": True})
        self.assertEqual(self.plane.types()[-1], "done")

    def test_checkpoints_hold_the_diff_the_plan_and_the_log_by_offset(self) -> None:
        turns = [call(FIX), call("sleep 1.5"), call("echo more >> calc.py"), SUBMIT]

        self.run_solver({"plan": PLANNING, "execute": turns}, time_scale=120)

        uploads = self.plane.uploads
        patches = [body.decode() for name, body in uploads if name == "diff.patch"]
        self.assertGreaterEqual(len(patches), 2)
        self.assertNotIn("+more", patches[0])
        self.assertEqual(patches[-1], self.patch())
        self.assertEqual([body for name, body in uploads if name == "plan.json"], [(self.output / "plan.json").read_bytes()])
        log = b""
        for name, body in uploads:
            if name.startswith("logs/"):
                self.assertEqual(int(name.removeprefix("logs/")), len(log))
                log += body
        self.assertTrue((self.output / "logs.txt").read_bytes().startswith(log))
        self.assertIn(b"sleep 1.5", log)
        self.assertEqual({entry["name"] for entry in self.plane.saved}, {name for name, _ in uploads})

    def test_done_does_not_wait_for_the_last_checkpoint(self) -> None:
        self.plane.take_uploads = lambda plane: "done" in plane.types()

        result = self.run_solver({"plan": PLANNING, "execute": [call(FIX), SUBMIT]})

        self.assertEqual(result["status"], "succeeded")
        self.assertIn("diff.patch", {entry["name"] for entry in self.plane.saved})

    def test_between_beats_no_request_goes_out_without_news(self) -> None:
        self.run_solver({"plan": PLANNING, "execute": [call(FIX), call("sleep 0.5"), SUBMIT]})

        empty = [said for said in self.plane.requests if not (said["events"] or said.get("mint") or said.get("saved"))]
        self.assertEqual(empty, [])

    def test_every_event_fits_into_a_socket_message(self) -> None:
        noisy = call("head -c 300000 /dev/urandom | base64; printf '\\360\\237\\246\\204%.0s' $(seq 3000)", "thought ä " * 400)

        self.run_solver({"plan": PLANNING, "execute": [noisy, SUBMIT]})

        self.assertLess(max(len(json.dumps(event["data"], ensure_ascii=False).encode()) for event in self.plane.events), 3_600)
        step = [event["data"] for event in self.plane.events if event["type"] == "step"]
        self.assertTrue(all(len(data["output_tail"]) <= 1_000 and len(data["thought"]) <= 500 for data in step))


if __name__ == "__main__":
    unittest.main()

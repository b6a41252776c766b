"""The recorded turns of `replay/sample` really solve the sample repository."""

from __future__ import annotations

import json
import os
import subprocess
import unittest

from runner_case import ROOT, RunnerCase

NODE_FOLDERS = [str(path) for path in (ROOT / "node_modules").glob("node-*/bin")]
HEALTHY = ["sandbox_ready", "repo_cloned", "deps_installed", "baseline_tested", "plan_started", "plan_ready", "execute_started", "execute_finished", "tests_finished", "diff_ready", "done"]


class Sample(RunnerCase):
    def make_origin(self) -> str:
        script = f"import({json.dumps(str(ROOT / 'local/sample/make-repository.mjs'))}).then((m) => console.log(m.makeSampleRepository(process.argv[1]).head))"
        env = {**os.environ, "PATH": ":".join([*NODE_FOLDERS, os.environ["PATH"]])}
        return subprocess.run(["node", "-e", script, str(self.origin)], env=env, check=True, capture_output=True, text=True).stdout.strip()

    def test_is_solved(self) -> None:
        issue = json.loads((ROOT / "local/sample/issue.json").read_text())
        replay = json.loads((ROOT / "functions/model-gateway/replays/sample.json").read_text())
        self.plane.latency_scale = 0.02

        result = self.run_solver(
            replay["phases"],
            issue={"number": issue["number"], "title": issue["title"], "body": issue["body"]},
            setup={"test_command": issue["test_command"]},
        )

        self.assertEqual((result["code"], result["status"]), (0, "succeeded"), self.logs())
        self.assertEqual(sorted(set(line.split(" b/")[1] for line in self.patch().splitlines() if line.startswith("diff --git"))),
                         ["CHANGELOG.md", "hourglass/formatting.py", "hourglass/parsing.py", "tests/test_parsing.py"])  # fmt: skip
        tests = self.json_of("tests.json")
        self.assertEqual((tests["before"], tests["after"], tests["regressions"]), ("failed", "passed", []))
        self.assertIn("tests.test_formatting.FormatDuration.test_negative_durations_survive_a_round_trip", tests["fixed"])
        plan = self.json_of("plan.json")
        self.assertTrue(plan["valid"])
        self.assertEqual(len(plan["steps"]), 3)
        self.assertEqual([kind for kind in self.plane.types() if kind not in ("step", "note")], HEALTHY)
        self.assertEqual([event["src_seq"] for event in self.plane.events], list(range(1, len(self.plane.events) + 1)))
        self.assertEqual(self.plane.turns, [f"plan/{n}" for n in range(5)] + [f"execute/{n}" for n in range(7)])
        self.assertTrue((self.output / "repro.tar").is_file())
        clean = self.apply_on_base()
        subprocess.run(["python3", "-m", "unittest"], cwd=clean, check=True, capture_output=True)


if __name__ == "__main__":
    unittest.main()

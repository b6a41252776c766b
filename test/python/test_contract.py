"""The runner's side of the contract: the same cases as core's, on the same two fixtures.

What the runner writes and sends is held to the schemas in every other test as well (`RunnerCase.finish`).
"""

from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path

from json_schema import faults
from runner_case import CASES, SCHEMAS

from runner.job import Job, read_job
from runner.plan_file import InvalidPlan, read_plan
from runner.redaction import Redactor


class Contract(unittest.TestCase):
    def test_cases_are_judged_as_core_judges_them(self) -> None:
        seen = set()
        for case in CASES["contract"]:
            with self.subTest(schema=case["schema"], case=case["name"]):
                seen.add(case["schema"])
                self.assertEqual(faults(SCHEMAS[case["schema"]], case["value"]) == [], case["valid"])
        self.assertEqual(seen, {"RunnerJob", "PlanFile", "CallbackReply", "CallbackRequest"})

    def test_jobs_are_read_or_refused_and_always_deleted(self) -> None:
        for case in CASES["contract"]:
            if case["schema"] != "RunnerJob":
                continue
            with self.subTest(case["name"]), tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "job.json"
                path.write_text(json.dumps({**case["value"], "a_field_of_tomorrow": 1}))

                job = refused = None
                try:
                    job = read_job(path)
                except ValueError as error:
                    refused = error

                self.assertEqual(refused is None, case["valid"])
                self.assertFalse(path.exists())
                if job is not None:
                    self.assertIsInstance(job, Job)
                    self.assertEqual(job.token, "secret")

    def test_plans_are_read_or_refused(self) -> None:
        for case in CASES["contract"]:
            if case["schema"] != "PlanFile":
                continue
            with self.subTest(case["name"]), tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "plan.json"
                path.write_text(json.dumps(case["value"]))
                if case["valid"]:
                    self.assertEqual(faults(SCHEMAS["PlanFile"], read_plan(path).model_dump()), [])
                else:
                    self.assertRaises(InvalidPlan, read_plan, path)

    def test_secrets_block_here_as_they_do_in_core(self) -> None:
        for case in CASES["secrets"]:
            added = [f"+{line.replace('|', '')}" for line in case["lines"]]
            patch = "\n".join(["diff --git a/x b/x", "--- a/x", "+++ b/x", f"@@ -0,0 +1,{len(added)} @@", *added, ""])
            with self.subTest(case["name"]):
                self.assertEqual(Redactor([]).added_secret(patch), case["blocks"])


if __name__ == "__main__":
    unittest.main()

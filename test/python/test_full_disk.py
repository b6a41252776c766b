"""A disk that the agent fills: the run goes on, the agent can make room, and what it had done is kept."""

from __future__ import annotations

import shutil
import unittest
from pathlib import Path

from control_plane import PLANNING, SUBMIT, call
from runner_case import FIX, RunnerCase

DISK = 112 * 1024 * 1024
FILL = "head -c 1G /dev/urandom > full.bin; echo \"filled: $?\""
JAILS = shutil.which("bwrap")


@unittest.skipUnless(JAILS, "needs bubblewrap for a small disk")
class FullDisk(RunnerCase):
    def in_front(self) -> list[str]:
        """The workspace is a file system of its own, of 112 MB; its output is copied out at the end."""
        output = f"cp -r {self.workspace}/output {self.folder}/kept"
        return [
            str(JAILS), "--die-with-parent", "--dev-bind", "/", "/", "--size", str(DISK), "--tmpfs", str(self.workspace),
            "--", "sh", "-c", f'"$@"; code=$?; {output}; exit $code', "sh",
        ]  # fmt: skip

    def setUp(self) -> None:
        super().setUp()
        self.output = self.folder / "kept" / "job1"

    def test_the_agent_can_make_room_again(self) -> None:
        result = self.run_solver({"plan": PLANNING, "execute": [call(FIX), call(FILL), call("rm full.bin && echo removed"), SUBMIT]})

        self.assertEqual((result["status"], result["code"]), ("succeeded", 0))
        self.assertIn("No space left on device", "".join(self.observations()))
        self.assertIn("removed", "".join(self.observations()))
        self.assertEqual(self.json_of("tests.json")["after"], "passed")
        self.assertEqual(Path(self.apply_on_base() / "calc.py").read_text().count("a + b"), 1)

    def test_the_diff_is_kept_when_it_stays_full(self) -> None:
        result = self.run_solver({"plan": PLANNING, "execute": [call(FIX), call(FILL), SUBMIT]})

        self.assertEqual((result["status"], result["files_changed"]), ("succeeded", 1))
        self.assertIn("a + b", self.patch())
        self.assertTrue(any("large new files: full.bin" in note for note in result["notes"]), result["notes"])
        self.assertEqual(self.plane.types()[-1], "done")

    def test_the_diff_is_kept_when_many_files_fill_it(self) -> None:
        small = "i=0; while head -c 2M /dev/urandom > part-$i; do i=$((i + 1)); done; echo $i parts; touch notes.txt"
        result = self.run_solver({"plan": PLANNING, "execute": [call(FIX), call(small), SUBMIT]})

        self.assertEqual((result["status"], result["files_changed"]), ("succeeded", 2))
        self.assertIn("a + b", self.patch())
        self.assertIn("notes.txt", self.patch())


if __name__ == "__main__":
    unittest.main()

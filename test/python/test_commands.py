"""Commands of the agent: bash, bounded, killed with everything they start. One test per known trap of shells and agents."""

from __future__ import annotations

import os
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

from control_plane import PLANNING, SUBMIT, call
from runner_case import CALC, FIX, RunnerCase, commands_in, wait_until

from runner import shell as shell_module
from runner.agent_environment import SENTINEL, observe, submits
from runner.processes import Processes
from runner.shell import Outcome, Shell
from runner.stop import Stop


class Commands(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="patchbay-shell-"))
        self.processes = Processes()
        self.stop = Stop()
        self.shell = Shell(self.processes, self.stop, self.folder)
        self.addCleanup(self.processes.kill_leftovers)

    def run_bash(self, command: str, seconds: float = 20, **env: str) -> Outcome:
        return self.shell.run(command, cwd=self.folder, env={"PATH": os.environ["PATH"], **env}, seconds=seconds)

    def test_is_bash(self) -> None:
        outcome = self.run_bash("[[ abc == a* ]] && x=(1 2 3) && echo ${x[-1]} <(true) && echo $(( 2 ** 8 ))")

        self.assertEqual((outcome.returncode, outcome.output.split()[0], outcome.output.split()[-1]), (0, "3", "256"))

    def test_reads_no_profile(self) -> None:
        (self.folder / ".bashrc").write_text("export PATH=/nowhere; echo profile")
        (self.folder / ".bash_profile").write_text("export PATH=/nowhere; echo profile")

        outcome = self.run_bash("ls -d .", HOME=str(self.folder), BASH_ENV="")

        self.assertEqual((outcome.returncode, outcome.output), (0, ".\n"))

    def test_stdin_is_empty_and_not_the_script(self) -> None:
        self.assertEqual(self.run_bash("cat; read x; echo after").output, "after\n")

    def test_a_command_may_be_larger_than_an_argument(self) -> None:
        self.assertEqual(self.run_bash(f"x='{'y' * 300_000}'; echo ${{#x}}").output, "300000\n")

    def test_a_nul_byte_is_refused_and_invalid_utf8_is_read(self) -> None:
        self.assertEqual(self.run_bash("echo a\0b").returncode, 126)
        self.assertIn("\ufffd", self.run_bash("printf '\\377\\0x'").output)

    def test_its_own_deadline_ends_it_and_its_group(self) -> None:
        outcome = self.run_bash("sleep 300 | sleep 300", seconds=0.3)

        self.assertEqual((outcome.ended, outcome.returncode), ("timed_out", 124))
        self.assertLess(outcome.seconds, 1.5)
        self.assertTrue(wait_until(lambda: commands_in(str(self.folder)) == []))

    def test_a_setsid_child_that_holds_the_output_does_not_outlive_the_deadline(self) -> None:
        outcome = self.run_bash("setsid bash -c 'trap \"\" TERM; sleep 300' & sleep 300", seconds=0.3)

        self.assertEqual(outcome.ended, "timed_out")
        self.assertTrue(wait_until(lambda: commands_in(str(self.folder)) == []))
        self.assertLess(outcome.seconds, 1.5)

    def test_a_background_job_that_holds_the_output_is_killed_soon(self) -> None:
        outcome = self.run_bash("echo started; sleep 300 &")

        self.assertEqual((outcome.output, outcome.returncode, outcome.held), ("started\n", 0, 1))
        self.assertLess(outcome.seconds, 3)
        self.assertIn("redirect it", observe(outcome.output, outcome, 1))

    def test_a_redirected_one_lives_on_until_leftovers_are_killed(self) -> None:
        outcome = self.run_bash("sleep 300 >/dev/null 2>&1 & setsid sleep 301 >/dev/null 2>&1 & echo ok")

        self.assertEqual((outcome.output, outcome.held, len(commands_in(str(self.folder)))), ("ok\n", 0, 2))
        self.assertEqual(self.processes.kill_leftovers(), 2)
        self.assertTrue(wait_until(lambda: commands_in(str(self.folder)) == []))

    def test_the_runners_own_children_are_no_leftovers(self) -> None:
        own = self.processes.start(["sleep", "300"], own=True)

        self.assertEqual(self.processes.kill_leftovers(), 0)
        self.assertIsNone(own.poll())
        own.kill()
        own.wait()
        self.processes.ended(own)

    def test_output_is_bounded_at_both_ends_and_a_flood_is_cut(self) -> None:
        outcome = self.run_bash("echo first; seq 1 900000; echo last")

        self.assertTrue(outcome.output.startswith("first\n1\n") and outcome.output.endswith("900000\nlast\n"))
        self.assertLess(len(outcome.output), 1_300_000)
        with mock.patch.object(shell_module, "FLOOD_BYTES", 3_000_000):
            self.assertEqual(self.run_bash("yes").ended, "flooded")

    def test_output_closed_before_the_end_is_waited_for(self) -> None:
        outcome = self.run_bash("exec >&- 2>&-; sleep 0.3; exit 7")

        self.assertEqual((outcome.returncode, outcome.ended), (7, "exited"))

    def test_a_stop_ends_a_command_at_once(self) -> None:
        threading.Timer(0.2, self.stop.request, ["cancelled"]).start()
        started = time.monotonic()

        outcome = self.run_bash("trap '' TERM INT; sleep 300")

        self.assertEqual(outcome.ended, "stopped")
        self.assertLess(time.monotonic() - started, 1.5)

    def test_what_submits(self) -> None:
        def ends(command: str, output: str = f"{SENTINEL}\n", code: int = 0) -> bool:
            return submits(command, Outcome(output, code, 0.1, "exited"))

        self.assertTrue(ends(f"echo {SENTINEL}"))
        self.assertTrue(ends(f"cd /x && echo '{SENTINEL}'", f"bash: warning: setlocale\n{SENTINEL}\n"))
        self.assertFalse(ends("cat prompt.txt"))
        self.assertFalse(ends(f'grep -rn "echo {SENTINEL}" .'))
        self.assertFalse(ends(f"echo {SENTINEL}", code=1))
        self.assertFalse(ends(f"echo {SENTINEL} is how to finish", f"{SENTINEL} is how to finish\n"))

    def test_a_long_observation_keeps_its_ends(self) -> None:
        seen = observe("a" * 9_000 + "b" * 9_000, Outcome("", 0, 0.1, "exited"), 1)

        self.assertTrue(seen.startswith("a" * 5_000) and seen.endswith("b" * 5_000))
        self.assertIn("8000 characters left out", seen)


class AgentCommands(RunnerCase):
    # Modules of the repository that would pose as the runner's own.
    files = {**CALC, "json.py": "raise SystemExit('shadowed')\n", "runner/__init__.py": "raise SystemExit('shadowed')\n", "AGENTS.md": "Use tabs. {{ output }} {% raw %}\n"}

    def test_the_environment_is_an_allow_list_with_path_intact(self) -> None:
        home = self.folder / "home"
        tools = self.folder / "tools"
        for folder, tool in ((home / ".cargo/bin", "cargo-tool"), (tools, "my-tool")):
            folder.mkdir(parents=True)
            (folder / tool).write_text("#!/bin/sh\necho found\n")
            (folder / tool).chmod(0o755)
        (home / ".bash_profile").write_text("export PATH=/nowhere\n")
        env = {"HOME": str(home), "PATH": f"{tools}:/usr/bin:/bin", "AWS_SECRET_ACCESS_KEY": "not-for-commands", "HTTPS_PROXY": "http://proxy.invalid:1"}

        result = self.run_solver(
            {"plan": PLANNING, "execute": [call("my-tool && cargo-tool && env | sort && tty; pwd"), call(FIX), SUBMIT]},
            env=env,
            setup={},
            issue={"title": "{{ 7 * 7 }} {% for %}", "body": "<untrusted x> {{output}}", "comments": []},
        )

        self.assertEqual(result["status"], "succeeded", self.logs())
        seen = self.observations()[1]
        self.assertEqual(seen.count("found\n"), 2)
        for expected in ("CI=1", "PAGER=cat", f"HOME={home}", "HTTPS_PROXY=http://proxy.invalid:1", "PATCHBAY_PLAN=", str(self.workspace / "job1")):
            self.assertIn(expected, seen)
        self.assertNotIn("not-for-commands", seen)
        asked = self.plane.model_requests[0]["messages"][1]["content"]
        self.assertIn("{{ 7 * 7 }} {% for %}", asked)
        self.assertIn("Use tabs. {{ output }}", asked)

    def test_package_managers_know_that_there_is_no_network(self) -> None:
        asked = "echo $UV_OFFLINE $PIP_NO_INDEX $npm_config_offline $GOPROXY $CARGO_NET_OFFLINE"

        self.run_solver({"plan": [call(asked), *PLANNING], "execute": [SUBMIT]}, setup={"commands": [f"{asked} >../before"]})

        self.assertEqual((self.workspace / "before").read_text(), "\n")
        self.assertIn("1 1 true off true", self.observations()[0])

    def test_a_submit_in_the_middle_of_a_turn_drops_the_rest(self) -> None:
        both = {"content": "all at once", "tool_calls": [*call(FIX)["tool_calls"], *SUBMIT["tool_calls"], *call("rm calc.py")["tool_calls"]]}

        result = self.run_solver({"plan": PLANNING, "execute": [both]}, setup={})

        self.assertEqual((result["status"], result["files_changed"]), ("succeeded", 1))
        self.assertIn(FIX, self.logs())
        self.assertNotIn("rm calc.py", self.logs())

    def test_an_agent_that_goes_in_circles_is_told_so(self) -> None:
        self.run_solver({"plan": PLANNING, "execute": [*[call("false")] * 3, *[call(f"exit {n}") for n in range(1, 7)], SUBMIT]}, setup={})

        seen = "\n".join(self.observations())
        self.assertIn("failed three times", seen)
        self.assertIn("step back", seen)

    def test_a_removed_working_folder_is_an_observation(self) -> None:
        result = self.run_solver({"plan": PLANNING, "execute": [call('rm -rf "$PWD"'), call("ls"), SUBMIT, SUBMIT]}, setup={})

        self.assertIn("No such file or directory", self.observations()[-1])
        self.assertEqual(result["code"], 0)


if __name__ == "__main__":
    unittest.main()

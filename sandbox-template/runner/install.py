"""Phase: dependencies, by install_deps.sh. Its failure is a note to the agent, never the end of the run."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from .run import TEMPLATE, Run

COMMAND_SECONDS = 600.0
TOTAL_SECONDS = 900.0


@dataclass
class Installed:
    ok: bool = True
    source: str = "none"
    test_command: str | None = None
    """The job's, else the one that the repository's markers suggest."""
    commands: list[dict[str, object]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0


def install(run: Run, *, total_seconds: float) -> Installed:
    """`total_seconds` are real ones: what all commands together may take."""
    started = time.monotonic()
    private = run.layout.private
    report, guess, listed = private / "setup-report.tsv", private / "test-command", private / "setup-commands"
    commands = run.job.setup.commands
    env = {
        **run.env,
        "COMMAND_SECONDS": str(_whole(run.seconds(COMMAND_SECONDS))),
        "TOTAL_SECONDS": str(_whole(min(total_seconds, run.clock.left()))),
        "REPORT": str(report),
        "TEST_COMMAND_FILE": str(guess),
    }
    if commands:
        listed.write_bytes(b"".join(command.encode("utf-8", "replace").replace(b"\0", b"") + b"\0" for command in commands))
        env["SETUP_COMMANDS"] = str(listed)
    outcome = run.shell.run_argv(
        ["bash", str(TEMPLATE / "install_deps.sh")], cwd=run.layout.repo, env=env, seconds=min(total_seconds, run.clock.left()) + 5
    )
    run.log.block(f"install_deps.sh → {outcome.returncode} ({outcome.seconds:.1f} s)", outcome.output)
    run.stop.check()
    result = Installed(seconds=outcome.seconds)
    result.test_command = run.job.setup.test_command or (guess.read_text().strip() if guess.is_file() else "") or None
    for line in report.read_text(errors="replace").splitlines() if report.is_file() else []:
        code, seconds, command = line.split("\t", 2)
        result.commands.append({"command": command, "exit_code": int(code), "seconds": int(seconds)})
        if code != "0":
            result.ok = False
            result.notes.append(run.redactor.text(f"`{command}` ended with {code}"))
    if outcome.returncode != 0:
        result.ok = False
        result.notes.append(f"The set-up did not finish ({outcome.ended}).")
    result.source = next((line.removeprefix("source: ") for line in outcome.output.splitlines() if line.startswith("source: ")), "none")
    if (run.layout.virtualenv / "bin" / "python").exists():
        run.env["VIRTUAL_ENV"] = str(run.layout.virtualenv)
    run.processes.kill_leftovers()
    run.timed("install", started)
    return result


def _whole(seconds: float) -> int:
    """bash counts in whole seconds."""
    return max(1, int(seconds + 0.5))

"""Where the agent's commands run: an environment for mini-swe-agent (duck-typed) on the runner's own shell."""

from __future__ import annotations

import re
from typing import Any, Callable

from minisweagent.exceptions import Submitted
from pydantic import BaseModel

from .run import Run
from .shell import Outcome

SENTINEL = "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
WHOLE, HALF = 10_000, 5_000
_SAYS_SENTINEL = re.compile(rf"(?:^|[\n;&|]|\bthen\b)\s*(?:echo|printf)\s+['\"]?{SENTINEL}(?:\\n)?['\"]?\s*(?:$|[\n;&|])")


class AgentEnvironmentConfig(BaseModel):
    timeout: float


class AgentEnvironment:
    """`on_submit` may refuse a submission with a text for the agent; `left` are the seconds that the agent still has."""

    def __init__(self, run: Run, *, left: Callable[[], float]) -> None:
        self.config = AgentEnvironmentConfig(timeout=run.job.limits.cmd_timeout_seconds)
        self.on_submit: Callable[[], str | None] = lambda: None
        self.outcomes: list[tuple[str, Outcome, str]] = []
        """Command, outcome and observation of the turn in progress, for its events."""
        self._run = run
        self._left = left

    def execute(self, action: dict[str, Any], cwd: str = "") -> dict[str, Any]:
        command = str(action["command"])
        seconds = max(0.5, min(self._run.seconds(self.config.timeout), self._left()))
        try:
            outcome = self._run.command(command, seconds=seconds)
        except FileNotFoundError as error:
            # The agent removed its own working folder.
            outcome = Outcome(f"{error}", 127, 0.0, "exited")
        observation = observe(self._run.redactor.text(outcome.output), outcome, seconds * self._run.clock.time_scale)
        if submits(command, outcome):
            refusal = self.on_submit()
            if refusal is None:
                self.outcomes.append((command, outcome, observation))
                raise Submitted({"role": "exit", "content": "submitted", "extra": {"exit_status": "Submitted", "submission": ""}})
            observation = refusal
        self.outcomes.append((command, outcome, observation))
        info = "" if outcome.ended == "exited" else outcome.ended
        return {"output": observation, "returncode": outcome.returncode, "exception_info": info}

    def get_template_vars(self, **_: Any) -> dict[str, Any]:
        return {}

    def serialize(self) -> dict[str, Any]:
        return {"info": {"config": {"environment": self.config.model_dump(), "environment_type": "patchbay.AgentEnvironment"}}}


def submits(command: str, outcome: Outcome) -> bool:
    """The sentinel may stand on any line, for one warning above would hide it; but the command itself must say it, or printing
    a file that mentions it would submit."""
    if outcome.returncode != 0 or outcome.ended != "exited":
        return False
    said = any(line.strip() == SENTINEL for line in outcome.output.splitlines())
    return said and bool(_SAYS_SENTINEL.search(command.strip()))


def observe(output: str, outcome: Outcome, seconds: float) -> str:
    """What the model sees of an output: whole, or its two ends with advice."""
    if len(output) > WHOLE:
        left_out = len(output) - 2 * HALF
        output = (
            f"{output[:HALF]}\n… {left_out} characters left out. Use head, tail, grep or sed -n to see less at once, or write "
            f"the output to a file and search it. …\n{output[-HALF:]}"
        )
    if outcome.ended == "timed_out":
        output += f"\n(The command was killed after {seconds:.0f} s. Nothing may wait for input; run long jobs in the background with their output in a file.)"
    if outcome.ended == "flooded":
        output += "\n(The command was killed: it wrote more than 512 MB.)"
    if outcome.held:
        output += "\n(A background process kept the output open and was killed: redirect it, `command >file 2>&1 &`.)"
    return output

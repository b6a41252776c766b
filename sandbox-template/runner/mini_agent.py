"""mini-swe-agent behind the agent port: `plan` and `execute` on one instance, whose counters span both."""

from __future__ import annotations

import os
import re
import threading
import time
from dataclasses import dataclass
from typing import Any

from .layout import Layout
from .run import Run
from .stop import Stopped


def quiet_mini(layout: Layout) -> None:
    """Before its first import: no banner, and its folder of settings (made at import, its .env loaded) is an empty one."""
    folder = layout.private / "mini"
    folder.mkdir(exist_ok=True)
    os.environ["MSWEA_SILENT_STARTUP"] = "1"
    os.environ["MSWEA_GLOBAL_CONFIG_DIR"] = str(folder)


@dataclass(frozen=True)
class AgentEnd:
    """How one phase of the agent ended: its exit status, and the reason where it is not a submission."""

    exit_status: str
    reason: str = ""


STEERING_TAIL = 6
_PLAN_STEP = re.compile(r"^\s*\[step ([\w.-]{1,20})\]\s*")


def make_agent(run: Run, left: Any) -> "MiniAgent":
    quiet_mini(run.layout)
    # Here and not above: importing it makes a folder where the two variables say.
    from .mini_loop import MiniLoop

    return MiniAgent(run, MiniLoop.of(run, left))


class MiniAgent:
    def __init__(self, run: Run, loop: Any) -> None:
        self._run = run
        self._loop = loop
        self.messages: list[dict[str, Any]] = []
        """Of all phases, in their order."""

    def plan(self, system: str, task: str, *, steps: int, cost_usd: float, on_submit: Any) -> AgentEnd:
        return self._phase("plan", system, task, steps, cost_usd, on_submit)

    def execute(self, system: str, task: str, *, steps: int, cost_usd: float) -> AgentEnd:
        """`steps` and `cost_usd` are totals of both phases."""
        return self._phase("execute", system, task, steps, cost_usd, lambda: None)

    def _phase(self, name: str, system: str, task: str, steps: int, cost_usd: float, on_submit: Any) -> AgentEnd:
        loop = self._loop
        loop.begin(name, steps=steps, cost_usd=cost_usd, on_submit=on_submit)
        try:
            end = loop.run(task=task, system=system)
            status = str(end.get("exit_status", ""))
            return AgentEnd(status, self._reason(status))
        except Stopped:
            raise
        except Exception as error:
            # run() writes it down and raises it again; the tree may hold a usable change all the same.
            self._run.log.line(f"the agent ended with {type(error).__name__}: {error}")
            return AgentEnd(type(error).__name__, str(error))
        finally:
            loop.flush()
            self.messages += [{**message, "phase": name} for message in loop.messages]

    def _reason(self, status: str) -> str:
        """In words where mini-swe-agent has only a name for the end: a person reads it as the failure of the attempt."""
        loop = self._loop
        if status == "RepeatedFormatError":
            times = loop.config.max_consecutive_format_errors
            return f"The model answered {times} times in a row without a call of the tool `bash` that can be run."
        if status == "LimitsExceeded":
            steps = loop.config.step_limit
            return f"The attempt’s {steps} steps are used up." if loop.n_calls >= steps else f"The attempt’s budget of ${loop.config.cost_limit:.2f} is used up."
        return str(loop.messages[-1].get("content", ""))

    def last_thought(self) -> str:
        for message in reversed(self.messages):
            if message.get("role") == "assistant" and message.get("content"):
                return str(message["content"])
        return ""

    def trajectory(self) -> dict[str, Any]:
        """mini-swe-agent's own format, with the messages of both phases."""
        current = [] if not self._loop.running else [{**message, "phase": self._loop.phase} for message in list(self._loop.messages)]
        return {**self._loop.serialize(), "messages": self.messages + current}


def plan_step_of(thought: str) -> str | None:
    found = _PLAN_STEP.match(thought)
    return found.group(1) if found else None


def steering(codes: list[tuple[str, int]]) -> str:
    """A word to an agent that goes in circles, else empty. `codes`: command and exit code since the last such word, oldest
    first."""
    last = codes[-3:]
    failed = [code != 0 for _, code in codes[-STEERING_TAIL:]]
    if len(last) == 3 and len({command for command, _ in last}) == 1 and all(code != 0 for _, code in last):
        return "\n(The same command has failed three times: do something else.)"
    if len(failed) == STEERING_TAIL and sum(failed) >= STEERING_TAIL - 1:
        return "\n(Most of your last commands failed: step back and check your assumptions.)"
    return ""


def steps_left_word(left: int) -> str:
    return f"\n({left} commands left: bring it to an end and submit.)" if left in (10, 5, 2, 1) else ""


class StepPace:
    """At most one step event a second: of those that come faster, the newest waits for its turn, and is told then even
    if no other step follows (the next model call may take minutes)."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._lock = threading.Lock()
        self._held: dict[str, Any] | None = None
        self._timer: threading.Timer | None = None
        self._last = 0.0

    def step(self, data: dict[str, Any]) -> None:
        with self._lock:
            self._held = data
            wait = self._last + self._run.clock.scaled(1.0) - time.monotonic()
            if wait > 0 and self._timer is None:
                self._timer = threading.Timer(wait, self.flush)
                self._timer.daemon = True
                self._timer.start()
        if wait <= 0:
            self.flush()

    def flush(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            held, self._held = self._held, None
            if held is not None:
                self._last = time.monotonic()
                self._run.reporter.emit("step", **held)

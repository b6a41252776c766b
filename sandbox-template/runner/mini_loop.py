"""The loop itself: mini-swe-agent's DefaultAgent with our limits, events and bookkeeping."""

from __future__ import annotations

from typing import Any, Callable

from minisweagent.agents.default import DefaultAgent
from minisweagent.exceptions import FormatError

from .agent_environment import AgentEnvironment
from .gateway_model import GatewayModel, GatewayModelConfig, agent_exit
from .mini_agent import StepPace, plan_step_of, steering, steps_left_word
from .run import Run


class MiniLoop(DefaultAgent):
    """`begin` before every `run`; messages restart, counters go on."""

    @staticmethod
    def of(run: Run, left: Callable[[], float]) -> "MiniLoop":
        choice = run.job.agent
        assert choice is not None
        model = GatewayModel(
            url=run.job.gateway_url,
            token=run.job.token,
            config=GatewayModelConfig(model_name=choice.model, params=choice.params),
            clock=run.clock,
            stop=run.stop,
            usage=run.usage,
            left=left,
        )
        return MiniLoop(model, AgentEnvironment(run, left=left), our_run=run, left=left)

    def __init__(self, model: GatewayModel, env: AgentEnvironment, *, our_run: Run, left: Callable[[], float]) -> None:
        # The texts come as variables: what they hold is not evaluated.
        super().__init__(model, env, system_template="{{system}}", instance_template="{{task}}", cost_limit=0.0)
        self.phase = "plan"
        self.running = False
        self._run_of_ours = our_run
        self._left = left
        self._pace = StepPace(our_run)
        self._codes: list[tuple[str, int]] = []

    def begin(self, phase: str, *, steps: int, cost_usd: float, on_submit: Callable[[], str | None]) -> None:
        self.phase = self.model.phase = phase
        self.config.step_limit = steps
        self.config.cost_limit = cost_usd
        self.n_consecutive_format_errors = 0
        self.env.on_submit = on_submit
        self._codes = []
        self.running = True

    def flush(self) -> None:
        self.running = False
        self._pace.flush()

    def get_template_vars(self, **_: Any) -> dict[str, Any]:
        """Only the texts: the stock method merges configuration and environment in."""
        return dict(self.extra_template_vars)

    def save(self, path: object, *_: dict[str, Any]) -> dict[str, Any]:
        """Not after every step: the trajectory is written once, masked and capped."""
        return {}

    def query(self) -> dict[str, Any]:
        if self._run_of_ours.stop.is_set():
            raise agent_exit("Cancelled", self._run_of_ours.stop.reason or "")
        if self._left() <= 0:
            raise agent_exit("TimeExceeded", "no time left for another step")
        try:
            message = super().query()
        except FormatError as error:
            # Such a reply is in no step and no thought: without this the log of a model that calls no tools is empty.
            fault = str(error.messages[0].get("content", "")).partition("\n")[0]
            self._run_of_ours.log.block(f"no usable call ({self.phase}, call {self.n_calls})", fault)
            raise
        if message.get("content", "").strip():
            self._run_of_ours.log.block(f"thought ({self.phase}, call {self.n_calls})", message["content"])
        return message

    def execute_actions(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        self.env.outcomes.clear()
        try:
            observations = super().execute_actions(message)
        finally:
            # Also for a turn that a submission cuts short, whose outputs never become messages.
            self._report(message)
        if observations:
            word = steering(self._codes)
            if word:
                # Said once: it takes as many new failures to be said again.
                self._codes = []
            observations[-1]["content"] += word + steps_left_word(self.config.step_limit - self.n_calls)
        return observations

    def _report(self, message: dict[str, Any]) -> None:
        run = self._run_of_ours
        thought = str(message.get("content") or "")
        for command, outcome, observation in self.env.outcomes:
            run.usage.steps += 1
            self._codes.append((command, outcome.returncode))
            data: dict[str, Any] = {
                "n": run.usage.steps,
                "phase": self.phase,
                "thought": thought[:500],
                "command": command[:1_000],
                "exit_code": outcome.returncode,
                "output_tail": observation[-1_000:],
                "duration_ms": int(outcome.seconds * 1_000),
            }
            step = plan_step_of(thought)
            if step is not None:
                data["plan_step"] = step
            self._pace.step(data)

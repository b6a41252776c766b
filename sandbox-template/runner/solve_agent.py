"""Phases plan and execute: what the agent gets, and what becomes of its plan."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, Callable

from . import prompts
from .install import Installed
from .mini_agent import AgentEnd, MiniAgent, make_agent
from .plan_file import InvalidPlan, Plan, fallback_plan, read_plan
from .run import Run
from .testing import Tested

PLAN_COST_SHARE = 0.25
NAMED_FAILURES = 30


@dataclass
class PreparedAgent:
    run: Run
    agent: MiniAgent
    system: str
    parts: dict[str, Any]


def prepare_agent(run: Run, installed: Installed, before: Tested | None, left: Callable[[], float]) -> PreparedAgent:
    """`before`: the tests at the base commit. `left`: the real seconds that the agent still has, both phases together."""
    system = prompts.SYSTEM.format(seconds=run.job.limits.cmd_timeout_seconds)
    setup = ""
    if installed.test_command:
        setup += f"\nThe tests run by: {prompts.clean(installed.test_command, 500)}\n{_baseline_text(before)}"
    if installed.notes:
        setup += "\nThe set-up had problems; work around them where they matter:\n" + prompts.untrusted("notes", "\n".join(installed.notes), 2_000) + "\n"
    return PreparedAgent(run, make_agent(run, left), system, prompts.parts(run.job, run.layout, setup))


def _baseline_text(before: Tested | None) -> str:
    if before is None:
        return ""
    if not before.tests.failed:
        return f"Before any change they end as: {before.kind}.\n"
    names = "\n".join(sorted(before.tests.failed)[:NAMED_FAILURES])
    return f"Before any change, {len(before.tests.failed)} fail and {len(before.tests.passed)} pass. Those that fail:\n{prompts.untrusted('tests', names, 3_000)}\n"


def plan_phase(prepared: PreparedAgent) -> tuple[AgentEnd, Plan]:
    """Ends with a plan in any case: the agent's, or what it said as text with `valid: false`."""
    run = prepared.run
    run.enter("planning")
    started = time.monotonic()
    limits = run.job.limits
    steps = min(limits.plan_steps, limits.steps)
    assert run.job.agent is not None
    run.reporter.emit("plan_started", model=run.job.agent.model, strategy=run.job.agent.strategy, steps=steps)
    refused: list[str] = []

    def on_submit() -> str | None:
        """One chance to repair a plan that cannot be read."""
        try:
            read_plan(run.layout.plan)
            return None
        except InvalidPlan as error:
            if refused:
                return None
            refused.append(str(error))
            return f"$PATCHBAY_PLAN is not a valid plan: {error}. Write it again, then submit."

    task = prompts.PLAN.format(**prepared.parts, plan_path=run.layout.plan, steps=steps)
    end = prepared.agent.plan(prepared.system, task, steps=steps, cost_usd=limits.cost_usd * PLAN_COST_SHARE, on_submit=on_submit)
    run.processes.kill_leftovers()
    plan = _settle_plan(run, prepared.agent)
    run.timed("plan", started)
    _emit_plan(run, plan)
    return end, plan


def _settle_plan(run: Run, agent: MiniAgent) -> Plan:
    try:
        plan = read_plan(run.layout.plan)
    except InvalidPlan as error:
        run.log.line(f"no valid plan: {error}")
        plan = fallback_plan(error.raw, agent.last_thought())
    masked = Plan.model_validate(run.redactor.json(plan.model_dump()))
    (run.layout.output / "plan.json").write_text(json.dumps(masked.model_dump(), indent=1, ensure_ascii=False))
    return masked


def _emit_plan(run: Run, plan: Plan) -> None:
    run.reporter.emit(
        "plan_ready",
        valid=plan.valid,
        summary=plan.summary[:800],
        root_cause=plan.root_cause[:500],
        confidence=plan.confidence,
        files=[{"path": file.path[:200], "change": file.change} for file in plan.files[:12]],
        steps=[{"id": step.id, "title": step.title[:160]} for step in plan.steps[:12]],
    )


def execute_phase(prepared: PreparedAgent, plan: Plan) -> AgentEnd:
    run = prepared.run
    run.enter("solving")
    started = time.monotonic()
    limits = run.job.limits
    assert run.job.agent is not None
    strategy = prompts.strategy_text(run.job.agent.strategy)
    if strategy is None:
        run.note(f"The strategy {run.job.agent.strategy!r} is unknown here; the default is used.")
    left = max(0, limits.steps - run.usage.calls)
    run.reporter.emit("execute_started", steps_left=left, cost_left_usd=round(max(0.0, limits.cost_usd - run.usage.cost_usd), 4))
    text = prompts.untrusted("plan", json.dumps(plan.model_dump(exclude={"version", "valid"}), indent=1, ensure_ascii=False), 20_000)
    task = prompts.EXECUTE.format(
        **prepared.parts,
        plan=text.removeprefix("<untrusted plan>\n").removesuffix("\n</untrusted plan>"),
        repro_path=run.layout.repro,
        steps=left,
        strategy=strategy or "",
    )
    end = prepared.agent.execute(prepared.system, task, steps=limits.steps, cost_usd=limits.cost_usd)
    run.processes.kill_leftovers()
    run.timed("execute", started)
    run.reporter.emit("execute_finished", exit_status=end.exit_status, steps=run.usage.steps, calls=run.usage.calls, cost_usd=round(run.usage.cost_usd, 6))
    return end

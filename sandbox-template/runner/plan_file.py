"""plan.json: read from the agent's hand, validated, masked, and written where Collect finds it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

MAX_BYTES = 256 * 1024


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore")


class PlannedFile(_Model):
    path: str
    change: Literal["modify", "add", "delete"]
    why: str = ""


class PlanStep(_Model):
    id: int | str
    title: str
    detail: str = ""


class PlannedTests(_Model):
    command: str | None = None
    new_tests: list[str] = []


class Plan(_Model):
    version: int = 1
    summary: str = Field(min_length=1)
    root_cause: str = ""
    confidence: float = Field(default=0.0, ge=0, le=1)
    files: list[PlannedFile] = []
    steps: list[PlanStep] = []
    tests: PlannedTests | None = None
    risks: list[str] = []
    questions: list[str] = []
    valid: bool = True


class InvalidPlan(Exception):
    def __init__(self, reason: str, raw: str) -> None:
        super().__init__(reason)
        self.raw = raw


def read_plan(path: Path) -> Plan:
    """Raises InvalidPlan with a reason that the agent can act on."""
    if not path.is_file() or path.is_symlink():
        raise InvalidPlan("there is no such file", "")
    raw = path.read_bytes()[: MAX_BYTES + 1].decode("utf-8", "replace")
    if len(raw) > MAX_BYTES:
        raise InvalidPlan("it is larger than 256 KB", raw[:2_000])
    try:
        parsed: Any = json.loads(raw)
        return Plan.model_validate({**parsed, "valid": True} if isinstance(parsed, dict) else parsed)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'plan'}: {one['msg']}" for one in error.errors()[:6])
        raise InvalidPlan(faults, raw) from None
    except ValueError as error:
        raise InvalidPlan(f"it is not JSON: {error}", raw) from None


def fallback_plan(raw: str, last_thought: str) -> Plan:
    """A plan that could not be read still stands, as text."""
    return Plan(summary=(raw.strip() or last_thought.strip() or "The agent left no plan.")[:4_000], valid=False)

"""job.json: what the workflow asks of this sandbox. The same shape as `RunnerJob` in core/workflow/runner.ts."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator


class _Model(BaseModel):
    # A control plane that is newer than this image may send more than it knows.
    model_config = ConfigDict(extra="ignore")


class Repo(_Model):
    clone_url: str
    base_sha: str = Field(pattern=r"^[0-9a-f]{40}$")
    ref: str


class Issue(_Model):
    number: int | None = None
    title: str
    body: str
    comments: list[str] = []


class AgentChoice(_Model):
    kind: Literal["mini-swe-agent"]
    model: str
    strategy: str
    params: dict[str, Any] = {}


class Feedback(_Model):
    text: str
    patch: str


class Limits(_Model):
    plan_steps: int = Field(gt=0)
    steps: int = Field(gt=0)
    cost_usd: float = Field(gt=0)
    wall_seconds: float = Field(gt=0)
    cmd_timeout_seconds: float = Field(gt=0)


class Setup(_Model):
    commands: list[str] | None = None
    test_command: str | None = None


class Patch(_Model):
    attempt: int = Field(gt=0)
    path: str
    repro: str | None = None


class Job(_Model):
    version: Literal[1]
    mode: Literal["solve", "verify", "judge"]
    job_id: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*$")
    attempt_id: str
    attempt_index: int = Field(ge=0)
    round: int = Field(gt=0)
    sandbox_key: str
    workspace_root: str
    deadline_at: str
    time_scale: float = Field(gt=0)
    repo: Repo
    clone_token: str | None = None
    issue: Issue
    agent: AgentChoice | None = None
    feedback: Feedback | None = None
    limits: Limits
    setup: Setup
    patches: list[Patch] = []
    callback_url: str
    gateway_url: str
    token: str

    @field_validator("deadline_at")
    @classmethod
    def _is_a_time(cls, value: str) -> str:
        parse_time(value)
        return value

    def secrets(self) -> list[str]:
        return [value for value in (self.token, self.clone_token) if value]


def parse_time(value: str) -> float:
    """ISO 8601 to seconds since the epoch. Python 3.10's fromisoformat does not know `Z`, nor milliseconds beside it."""
    at = datetime.fromisoformat(value.replace("Z", "+00:00"))
    if at.tzinfo is None:
        raise ValueError("deadline_at needs a time zone")
    return at.timestamp()


def read_job(path: Path) -> Job:
    """Reads and deletes the file: from then on its tokens are in this process only, which is not dumpable."""
    try:
        text = path.read_text(encoding="utf-8")
    finally:
        path.unlink(missing_ok=True)
    return Job.model_validate_json(text)


def become_undumpable() -> None:
    """Linux: other processes of this uid can then read neither memory nor environment of the runner."""
    if os.uname().sysname != "Linux":
        return
    import ctypes

    pr_set_dumpable = 4
    ctypes.CDLL(None, use_errno=True).prctl(pr_set_dumpable, 0, 0, 0, 0)

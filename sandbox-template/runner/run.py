"""One run: everything a phase needs, made once in the order in which it is needed."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .ballast import load_ballast
from .clock import Clock
from .command_env import OFFLINE, command_env
from .event_spool import Event, EventSpool
from .git_tree import GitTree
from .job import Job, parse_time
from .layout import Layout, make_layout
from .processes import Processes
from .redaction import Redactor
from .reporter import Reporter
from .run_log import RunLog
from .shell import Outcome, Shell
from .stop import Stop

TEMPLATE = Path(__file__).resolve().parent.parent
"""The folder with prepare_repo.sh and install_deps.sh."""


@dataclass
class Usage:
    calls: int = 0
    steps: int = 0
    cost_usd: float = 0.0
    input: int = 0
    output: int = 0
    cached: int = 0


@dataclass
class Run:
    job: Job
    layout: Layout
    clock: Clock
    stop: Stop
    redactor: Redactor
    log: RunLog
    processes: Processes
    shell: Shell
    reporter: Reporter
    env: dict[str, str]
    usage: Usage = field(default_factory=Usage)
    phase: str = "preparing"
    notes: list[str] = field(default_factory=list)
    durations_ms: dict[str, int] = field(default_factory=dict)

    def note(self, text: str) -> None:
        """Something a person should know that stops nothing: in the log, the result and the events."""
        text = self.redactor.text(text)[:1_000]
        self.notes.append(text)
        self.log.line(f"note: {text}")
        self.reporter.emit("note", text=text)

    def enter(self, phase: str) -> None:
        self.stop.check()
        self.phase = phase
        self.log.line(f"— {phase} —")

    def wait_locked(self, event: Event, seconds: float = float("inf")) -> bool:
        """Waits for the egress rules of the agent, asked for by this event. Commands know from then on that there is no network."""
        locked = self.reporter.wait_locked(event, seconds)
        self.env |= OFFLINE
        return locked

    def timed(self, name: str, started: float) -> int:
        """Adds the time since `started` (monotonic) to the durations; returns it in ms."""
        spent = int((time.monotonic() - started) * 1000)
        self.durations_ms[name] = self.durations_ms.get(name, 0) + spent
        return spent

    def seconds(self, production: float) -> float:
        """A time limit of one command: scaled, and never past the end of the run."""
        return max(0.1, min(self.clock.scaled(production), self.clock.left()))

    def command(self, command: str, *, seconds: float, cwd: Path | None = None, extra: dict[str, str] | None = None) -> Outcome:
        """A command of the repository or the job, in its tree. Raises Stopped when the run was asked to end meanwhile."""
        outcome = self.shell.run(command, cwd=cwd or self.layout.repo, env={**self.env, **(extra or {})}, seconds=seconds)
        self.log.block(f"$ {command.strip()} → {outcome.returncode} ({outcome.ended}, {outcome.seconds:.1f} s)", outcome.output)
        if outcome.ended == "stopped":
            self.stop.check()
        return outcome

    def tree(self, name: str, work_tree: Path | None = None) -> GitTree:
        """Git on a work tree (the agent's, if not said) with an index of this name."""
        return GitTree(self.layout, self.processes, work_tree=work_tree or self.layout.repo, index=self.layout.private / f"{name}.index")

    def beat(self) -> dict[str, Any]:
        return {
            "phase": self.phase[:40],
            "steps": self.usage.steps,
            "cost_usd": round(self.usage.cost_usd, 6),
            "disk_bytes": _used_bytes(self.layout.private),
            "rss_bytes": _resident_bytes(),
        }


def make_run(job: Job, stop: Stop) -> Run:
    """Starts reporting at once: the control plane hears the first beat before the first phase."""
    layout = make_layout(job.workspace_root, job.job_id)
    load_ballast(layout)
    clock = Clock(parse_time(job.deadline_at), job.time_scale)
    redactor = Redactor(job.secrets())
    processes = Processes()
    holder: list[Run] = []
    reporter = Reporter(
        job.callback_url,
        job.token,
        spool=EventSpool(layout.private / "events.jsonl", redactor),
        clock=clock,
        stop=stop,
        beat=lambda: holder[0].beat(),
    )
    run = Run(
        job=job,
        layout=layout,
        clock=clock,
        stop=stop,
        redactor=redactor,
        log=RunLog(layout.output / "logs.txt", redactor),
        processes=processes,
        shell=Shell(processes, stop, layout.private),
        reporter=reporter,
        env=command_env(layout),
    )
    holder.append(run)
    reporter.start()
    return run


def _used_bytes(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).used
    except OSError:
        # The agent may have removed the folder; a beat must go out all the same.
        return 0


def _resident_bytes() -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
    except OSError:
        return 0

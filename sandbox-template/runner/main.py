"""The table of contents of a run: read the job, report, work in a thread, end in any case."""

from __future__ import annotations

import platform
import sys
import threading
import time
from pathlib import Path
from typing import Callable

from .checkpoints import Checkpoints, Sources
from .finish import Mode, finish
from .job import become_undumpable, read_job
from .judge import Judge
from .run import Run, make_run
from .solve import Solve
from .stop import Stop
from .verify import Verify

UNWIND_SECONDS = 1.5
"""How long a stopped worker may take to notice; then the finaliser goes on without it."""

MODES: dict[str, Callable[[Run], Mode]] = {"solve": Solve, "verify": Verify, "judge": Judge}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: run_solver.py <job.json>", file=sys.stderr)
        return 20
    become_undumpable()
    stop = Stop()
    stop.listen_to_signals()
    try:
        job = read_job(Path(arguments[0]))
    except (OSError, ValueError) as error:
        # Without its values: pydantic's text quotes the input, which holds the token.
        print(f"job.json cannot be used: {type(error).__name__}", file=sys.stderr)
        return 20
    run = make_run(job, stop)
    run.reporter.emit("sandbox_ready", mode=job.mode, python=platform.python_version(), system=platform.platform()[:80])
    stop.on_request(run.processes.kill_leftovers)
    mode = MODES[job.mode](run)
    checkpoints = Checkpoints(run.reporter, run.clock, Sources(_patch_source(run, mode), run.layout.output / "plan.json", run.log))
    checkpoints.start()
    failure = _supervise(run, mode)
    try:
        return finish(run, mode, failure, checkpoints)
    except OSError as error:
        # No result.json can be written: a full disk. The exit code is all that is left to say so.
        print(f"the run could not be finished: {error}", file=sys.stderr)
        return 20


def _patch_source(run: Run, mode: Mode) -> Callable[[], bytes | None]:
    def patch() -> bytes | None:
        if not isinstance(mode, Solve):
            return None
        try:
            return mode.checkpoint_patch()
        except Exception as error:
            # A tree in the middle of a change; the next checkpoint will find it whole.
            run.log.line(f"no checkpoint of the patch this time: {error}")
            return None

    return patch


def _supervise(run: Run, mode: Mode) -> BaseException | None:
    """Runs the work in a daemon thread, so that a call that never returns cannot keep the run from ending."""
    failures: list[BaseException] = []
    ended = threading.Event()

    def work() -> None:
        try:
            mode.work()
        except BaseException as error:
            failures.append(error)
        finally:
            ended.set()

    threading.Thread(target=work, name="worker", daemon=True).start()
    while not ended.wait(0.05) and not run.stop.is_set():
        if run.stop.signalled:
            run.stop.request("terminated")
        elif time.monotonic() > run.clock.soft_deadline:
            run.stop.request("timed_out")
    if not ended.is_set():
        until = time.monotonic() + UNWIND_SECONDS
        while not ended.wait(0.05) and time.monotonic() < until:
            run.processes.kill_leftovers()
    return failures[0] if failures else None

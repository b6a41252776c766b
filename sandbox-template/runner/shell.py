"""Runs one bash command: own deadline, bounded output, the whole group killed at its end."""

from __future__ import annotations

import os
import select
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .processes import Processes, kill_group, kill_holders
from .stop import Stop

HEAD_BYTES = 64 * 1024
RING_BYTES = 1024 * 1024
FLOOD_BYTES = 512 * 1024 * 1024
HELD_SECONDS = 0.5
"""How long output may stay open after the command itself has ended."""


@dataclass(frozen=True)
class Outcome:
    output: str
    returncode: int
    seconds: float
    ended: str
    """exited, timed_out, flooded (over 512 MB of output), stopped (the run was asked to end)"""
    held: int = 0
    """Background processes that kept the output open and were killed."""


class BoundedOutput:
    """The first 64 KB and the last 1 MB of a stream."""

    def __init__(self) -> None:
        self.total = 0
        self._head = bytearray()
        self._ring: deque[bytes] = deque()
        self._ring_bytes = 0

    def add(self, data: bytes) -> None:
        self.total += len(data)
        room = HEAD_BYTES - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if not data:
            return
        self._ring.append(data)
        self._ring_bytes += len(data)
        while self._ring_bytes - len(self._ring[0]) >= RING_BYTES:
            self._ring_bytes -= len(self._ring.popleft())

    def text(self) -> str:
        lost = self.total - len(self._head) - self._ring_bytes
        gap = f"\n… {lost} bytes left out …\n".encode() if lost > 0 else b""
        return (bytes(self._head) + gap + b"".join(self._ring)).decode("utf-8", "replace").replace("\0", "")


class Shell:
    """Commands of the repository: the agent's, the set-up's, the tests'."""

    def __init__(self, processes: Processes, stop: Stop, private: Path) -> None:
        self._processes = processes
        self._stop = stop
        self._private = private

    def run(self, command: str, *, cwd: Path, env: dict[str, str], seconds: float) -> Outcome:
        """`command` goes to bash as a file: an argument ends at 128 KiB, and a script on stdin is eaten by what it runs.
        In memory where the system can: on a full disk the agent must still be able to remove something."""
        if "\0" in command:
            return Outcome("The command holds a NUL byte and was not run.", 126, 0.0, "exited")
        self._stop.check()
        with _script(command.encode("utf-8", "replace"), self._private) as (path, inherited):
            return self.run_argv(["bash", "--noprofile", "--norc", path], cwd=cwd, env=env, seconds=seconds, inherited=inherited)

    def run_argv(self, argv: list[str], *, cwd: Path, env: dict[str, str], seconds: float, stdin: bytes | None = None, own: bool = False, inherited: tuple[int, ...] = ()) -> Outcome:
        started = time.monotonic()
        child = self._processes.start(
            argv,
            own=own,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=inherited,
        )
        assert child.stdout is not None
        output = BoundedOutput()
        try:
            if stdin is not None and child.stdin is not None:
                child.stdin.write(stdin)
                child.stdin.close()
            ended, held = self._pump(child, output, started + seconds)
        finally:
            kill_group_if_alive(child)
            child.stdout.close()
            child.wait()
            self._processes.ended(child)
            self._processes.reap()
        # Whoever asked the run to end may have killed the command before this loop saw the request.
        ended = "stopped" if self._stop.is_set() else ended
        returncode = child.returncode if ended == "exited" else 124 if ended == "timed_out" else -9
        return Outcome(output.text(), returncode, time.monotonic() - started, ended, held)

    def _pump(self, child: subprocess.Popen[bytes], output: BoundedOutput, deadline: float) -> tuple[str, int]:
        """Reads until the command has ended and its output is closed; returns how it ended, and how many held it open."""
        assert child.stdout is not None
        pipe = child.stdout.fileno()
        os.set_blocking(pipe, False)
        exited_at: float | None = None
        while True:
            readable, _, _ = select.select([pipe], [], [], 0.05)
            if readable:
                data = os.read(pipe, 1 << 16)
                if not data:
                    return self._await_exit(child, deadline), 0
                output.add(data)
            now = time.monotonic()
            ended = "stopped" if self._stop.is_set() else "timed_out" if now > deadline else "flooded" if output.total > FLOOD_BYTES else None
            if ended and exited_at is None:
                kill_group(child.pid)
                return ended, kill_holders(pipe)
            if exited_at is None and child.poll() is not None:
                exited_at = now
            if exited_at is not None and now - exited_at > HELD_SECONDS and not readable:
                return "exited", kill_holders(pipe)
            if exited_at is not None and now - exited_at > 4 * HELD_SECONDS:
                return "exited", kill_holders(pipe)

    def _await_exit(self, child: subprocess.Popen[bytes], deadline: float) -> str:
        """The output was closed before the end (`exec >&-`)."""
        while child.poll() is None:
            if self._stop.is_set() or time.monotonic() > deadline:
                kill_group(child.pid)
                return "stopped" if self._stop.is_set() else "timed_out"
            time.sleep(0.005)
        return "exited"


@contextmanager
def _script(content: bytes, private: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """A file with this content, and the descriptors that a process needs to open it."""
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("command"), "wb") as memory:
            memory.write(content)
            memory.flush()
            yield f"/proc/self/fd/{memory.fileno()}", (memory.fileno(),)
    else:
        with tempfile.NamedTemporaryFile("wb", dir=private, prefix="command-") as file:
            file.write(content)
            file.flush()
            yield file.name, ()


def kill_group_if_alive(child: subprocess.Popen[bytes]) -> None:
    """A command that ended by itself may leave redirected background jobs, which live until the phase ends."""
    if child.poll() is None:
        kill_group(child.pid)

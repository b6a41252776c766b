"""Every process below the runner can be found and killed: also what a command left behind by setsid or a double fork."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

_PROC = Path("/proc")


class Processes:
    """The runner's own children (git, scripts) are registered; all other descendants belong to the repository's code."""

    def __init__(self) -> None:
        self._own: set[int] = set()
        self._children: set[int] = set()
        self._lock = threading.Lock()
        if os.uname().sysname == "Linux":
            import ctypes

            # Orphans are then re-parented to the runner instead of to the sandbox's first process.
            pr_set_child_subreaper = 36
            ctypes.CDLL(None, use_errno=True).prctl(pr_set_child_subreaper, 1, 0, 0, 0)

    def start(self, argv: list[str], *, own: bool, **options: Any) -> subprocess.Popen[bytes]:
        """In a session of its own, so that one signal reaches the whole group."""
        with self._lock:
            child = subprocess.Popen(argv, start_new_session=True, **options)
            self._children.add(child.pid)
            if own:
                self._own.add(child.pid)
        return child

    def ended(self, child: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._own.discard(child.pid)
            self._children.discard(child.pid)

    def kill_leftovers(self) -> int:
        """Kills everything that repository code left running, until none is found; returns how many were killed."""
        killed = 0
        for _ in range(20):
            with self._lock:
                found = [pid for pid in _descendants(os.getpid(), self._own) if not _is_zombie(pid)]
                for pid in found:
                    _kill(pid)
            self.reap()
            if not found:
                break
            killed += len(found)
            time.sleep(0.01)
        return killed

    def reap(self) -> None:
        """Collects adopted orphans that have ended; those started here are collected by their own Popen."""
        with self._lock:
            for pid in _children_of(os.getpid()):
                if pid not in self._children and _is_zombie(pid):
                    try:
                        os.waitpid(pid, os.WNOHANG)
                    except ChildProcessError:
                        continue


def kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def kill_holders(read_end: int) -> int:
    """Kills whoever still holds the other end of this pipe, below the runner; returns how many."""
    try:
        pipe = os.readlink(f"/proc/self/fd/{read_end}")
    except OSError:
        return 0
    holders = [pid for pid in _descendants(os.getpid(), set()) if _holds(pid, pipe)]
    for pid in holders:
        _kill(pid)
    return len(holders)


def _holds(pid: int, pipe: str) -> bool:
    try:
        return any(os.readlink(f"/proc/{pid}/fd/{name}") == pipe for name in os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return False


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _parents() -> dict[int, int]:
    if not _PROC.is_dir():
        return _parents_by_ps()
    parents: dict[int, int] = {}
    for entry in os.scandir(_PROC):
        if entry.name.isdigit():
            stat = _stat(int(entry.name))
            if stat:
                parents[int(entry.name)] = int(stat[1])
    return parents


def _parents_by_ps() -> dict[int, int]:
    """macOS, where the runner serves without a jail."""
    listed = subprocess.run(["ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=False).stdout
    return {int(pid): int(parent) for pid, parent in (line.split() for line in listed.splitlines())}


def _stat(pid: int) -> list[str]:
    """Fields after the command's name, which may itself hold spaces and brackets: state, parent, …"""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return []
    return text[text.rfind(")") + 2 :].split()


def _is_zombie(pid: int) -> bool:
    stat = _stat(pid)
    return _PROC.is_dir() and (not stat or stat[0] in ("Z", "X"))


def _children_of(parent: int) -> list[int]:
    return [pid for pid, its in _parents().items() if its == parent]


def _descendants(root: int, spare: set[int]) -> list[int]:
    """All below `root`, without the subtrees in `spare`."""
    children: dict[int, list[int]] = {}
    for pid, parent in _parents().items():
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    open_ends = [root]
    while open_ends:
        for pid in children.get(open_ends.pop(), []):
            if pid not in spare:
                found.append(pid)
                open_ends.append(pid)
    return found

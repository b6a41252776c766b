"""What this process does to itself before it runs anything, and how it ends everything it ran."""

import ctypes
import os
import resource
import signal
import sys

PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36
LIMITS = {"fileBytes": resource.RLIMIT_FSIZE, "processes": resource.RLIMIT_NPROC, "openFiles": resource.RLIMIT_NOFILE}


def confine(limits: dict) -> None:
    """Resource limits, inherited by every command, and on Linux: unreadable memory, adoption of orphans."""
    for name, which in LIMITS.items():
        wanted = limits.get(name)
        if wanted is not None:
            _, hard = resource.getrlimit(which)
            ceiling = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(which, (ceiling, ceiling))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # A terminal's Ctrl-C reaches plain processes too; the server decides when they end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_everything(jailed: bool, kill_sessions: object) -> None:
    """In a jail the end of PID 1 ends all. Elsewhere: kill descendants until none is left."""
    kill_sessions()
    if not jailed:
        while children := _children_of(os.getpid()):
            for pid in children:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
    os._exit(0)


def _children_of(parent: int) -> list[int]:
    """Direct children that are not zombies; orphans become direct children of a subreaper as their parents die."""
    found = []
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
                state, ppid = stat.read().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(ppid) == parent and state != "Z":
            found.append(int(name))
    return found

"""What the sandbox uses: processor time and memory from /proc, disk by walking the writable folders."""

import os
import signal

from commands import Commands

PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")


def measure(request: dict, commands: Commands) -> dict:
    """Usage now, and what was killed for it: over `memoryLimit` bytes the largest process, as the kernel of a real
    sandbox would do; over `processLimit` every one; where `disk` says so, the one that wrote most, or every one.
    """
    processes = _processes()
    memory = sum(private for private, _ in processes.values())
    others = [pid for pid in processes if pid != os.getpid()]
    killed = None
    if request.get("disk") == "full" or len(others) > request.get("processLimit", len(others)):
        _kill_others(commands)
        killed = "every process"
    elif others and request.get("disk") == "filling":
        written, writer = max((_written(pid), pid) for pid in others)
        os.kill(writer, signal.SIGKILL)
        killed = f"process {writer}, {written >> 20} MiB written"
    elif others and memory > request.get("memoryLimit", memory):
        largest = max(others, key=lambda pid: processes[pid][0])
        os.kill(largest, signal.SIGKILL)
        killed = f"process {largest}, {processes[largest][0] >> 20} MiB"
    cpu = sum(seconds for _, seconds in processes.values())
    return {"memory": memory, "cpuSeconds": cpu, "processes": len(others), "killed": killed}


def _kill_others(commands: Commands) -> None:
    """At once in a jail, where -1 means all of it; elsewhere that would be every process of the user."""
    if os.getpid() == 1:
        os.kill(-1, signal.SIGKILL)
    else:
        commands.kill_all()


def _written(pid: int) -> int:
    """Bytes that it sent to the disk; 0 where the system does not say."""
    try:
        with open(f"/proc/{pid}/io", encoding="ascii") as io:
            counters = dict(line.split(": ") for line in io.read().splitlines())
        return int(counters["write_bytes"])
    except OSError:
        return 0


def walk_disk(roots: list[str]) -> dict:
    """Allocated bytes, links not followed; without what is bound read-only among it, as a toolchain of the host is."""
    return {"disk": sum(_tree(root) for root in roots)}


def _tree(root: str) -> int:
    total = 0
    for folder, folders, files in os.walk(root):
        if _is_read_only(folder):
            folders.clear()
            continue
        for name in files:
            try:
                total += os.lstat(os.path.join(folder, name)).st_blocks * 512
            except OSError:
                continue
    return total


def _is_read_only(folder: str) -> bool:
    """Whether it is mounted so. A folder that is gone by now is not walked either."""
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return True


def _processes() -> dict[int, tuple[int, float]]:
    """By pid: private resident bytes and processor seconds of this process and its descendants."""
    found: dict[int, tuple[int, float]] = {}
    parents: dict[int, int] = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
                fields = stat.read().rpartition(")")[2].split()
            with open(f"/proc/{name}/statm", encoding="ascii") as statm:
                resident, shared = (int(pages) for pages in statm.read().split()[1:3])
        except (OSError, ValueError):
            continue
        found[int(name)] = ((resident - shared) * PAGE, (int(fields[11]) + int(fields[12])) / TICKS)
        parents[int(name)] = int(fields[1])
    return {pid: used for pid, used in found.items() if _descends(pid, parents)}


def _descends(pid: int, parents: dict[int, int]) -> bool:
    while pid and pid != os.getpid():
        pid = parents.get(pid, 0)
    return pid == os.getpid()

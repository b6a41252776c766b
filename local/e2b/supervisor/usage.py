"""What the sandbox uses: processor time and memory from /proc, disk by walking the writable folders."""

import os

from commands import Commands

PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")


def measure(request: dict, commands: Commands) -> dict:
    """Over `memoryLimit` bytes the largest process is killed, as the kernel of a real sandbox would do."""
    processes = _processes()
    total = sum(resident for resident, _ in processes.values())
    killed = None
    limit = request.get("memoryLimit")
    if limit and total > limit:
        killed = max((pid for pid in processes if pid != os.getpid()), key=lambda pid: processes[pid][0], default=None)
        if killed:
            os.kill(killed, 9)
    if request.get("overDisk"):
        commands.kill_all()
    return {"memory": total, "cpuSeconds": sum(cpu for _, cpu in processes.values()), "killed": killed}


def walk_disk(roots: list[str]) -> dict:
    """Allocated bytes, links not followed."""
    return {"disk": sum(_tree(root) for root in roots)}


def _tree(root: str) -> int:
    total = 0
    for folder, _, files in os.walk(root):
        for name in files:
            try:
                total += os.lstat(os.path.join(folder, name)).st_blocks * 512
            except OSError:
                continue
    return total


def _processes() -> dict[int, tuple[int, float]]:
    """By pid: resident bytes and processor seconds of this process and its descendants."""
    found: dict[int, tuple[int, float]] = {}
    parents: dict[int, int] = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(name)] = (int(fields[21]) * PAGE, (int(fields[11]) + int(fields[12])) / TICKS)
        parents[int(name)] = int(fields[1])
    return {pid: used for pid, used in found.items() if _descends(pid, parents)}


def _descends(pid: int, parents: dict[int, int]) -> bool:
    while pid and pid != os.getpid():
        pid = parents.get(pid, 0)
    return pid == os.getpid()

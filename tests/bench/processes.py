"""What processes use of the processor, from /proc (Linux)."""

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def own_cpu_seconds(pid: int) -> float:
    """Seconds of processor time that a process has used by itself."""
    fields = _fields(pid)
    return sum(map(int, fields[11:13])) / TICK if fields else 0.0  # utime, stime


def cpu_seconds(pid: int) -> float:
    """Seconds of processor time that a process and all that it started have used, those that ended included."""
    own = _fields(pid)
    if own is None:
        return 0.0
    used = (
        sum(map(int, own[11:15])) / TICK
    )  # utime, stime, and of children that were waited for cutime, cstime
    return used + sum(cpu_seconds(child) for child in children(pid))


def resident_mb(pid: int) -> float:
    """Megabytes in memory of a process and all that it started; what they share counts for each."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20 + sum(resident_mb(child) for child in children(pid))


def _fields(pid: int) -> list[str] | None:
    """What stands after the name in /proc/PID/stat, from the state on."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:
            continue
    return found

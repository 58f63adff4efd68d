"""What a process and its children hold in memory."""

from __future__ import annotations

MB = 1_000_000


def memory_mb(pid: int | None) -> float | None:
    """Return the resident memory of the process and its children, or None where there is none to look at."""
    import psutil  # type: ignore[import-untyped]  # it ships no types

    if pid is None:
        return None
    try:
        process = psutil.Process(pid)
        return sum(float(each.memory_info().rss) for each in (process, *process.children(recursive=True))) / MB
    except psutil.Error:
        return None

"""How many jobs put a target to the multi-tab scenarios at the same time."""

from __future__ import annotations

import os

from harness.targets.file import Target

MOST_JOBS = 2
"""More gain little, as most of a job is waiting for what takes its time, and make promises of time harder to keep."""


def not_together(target: Target) -> str:
    """Return why several of this target cannot run at the same time; empty when they can."""
    if not target.start:
        return "onesocket does not start this target, and scenarios on one server would hear each other"
    if not any("{port}" in word for word in (*target.start, *target.env.values())):
        return "the target's start command has no {port}, so there is room for one"
    return ""


def jobs_for(target: Target, *, watched: bool) -> int:
    """Return how many jobs to run where nobody said: two, for most of one is waiting, where there are cores for them.

    One for who watches.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 1 if watched or not_together(target) else min(MOST_JOBS, cores)

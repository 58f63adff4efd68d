"""A busy loop on every core, as other work on the machine would be. Ends with its block, and with this process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# It looks now and then whether whoever started it is still there: a killed run must not leave the machine busy.
_LOOP = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n    sum(range(200_000))"
END_S = 5.0


@contextmanager
def busy_cores(count: int | None = None) -> Iterator[tuple[int, ...]]:
    """Keep `count` cores busy (all of them, when not said) while the block runs; yields the process ids."""
    loops: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(os.cpu_count() or 1 if count is None else count):
            loops.append(subprocess.Popen([sys.executable, "-c", _LOOP], stdin=subprocess.DEVNULL))  # noqa: PERF401 # each is known at once, to be ended
        yield tuple(each.pid for each in loops)
    finally:
        for each in loops:
            each.kill()
        for each in loops:
            each.wait(END_S)

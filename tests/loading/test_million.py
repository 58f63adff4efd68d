"""The long proof of the counts, told to stop: it takes the liar, Locust and its workers with it."""

from __future__ import annotations

import signal
import subprocess
import sys

import anyio
import psutil  # type: ignore[import-untyped]  # it ships no types
import pytest

from tests.loading.children import PATIENCE_S, ROOT

POLL_S = 0.1
LIAR_LOCUST_AND_WORKERS = 4


@pytest.mark.slow
@pytest.mark.anyio
async def test_a_terminated_million_leaves_nothing_behind() -> None:
    command = [sys.executable, "-m", "tests.loading.million", "--workers", "2"]
    async with await anyio.open_process(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=None) as process:
        children: list[psutil.Process] = []
        with anyio.fail_after(PATIENCE_S):
            while len(children) < LIAR_LOCUST_AND_WORKERS:
                await anyio.sleep(POLL_S)
                children = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 130
    _, alive = psutil.wait_procs(children, timeout=PATIENCE_S)
    assert not alive

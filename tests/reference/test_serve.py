"""The server as a process: it says where it listens, stops when told to, and ends with 0."""

from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
from pathlib import Path

import anyio
import httpx
import pytest
from websockets.asyncio.client import connect

from harness.errors import UsageError
from harness.reference.scratch import scratch_database
from harness.reference.serve import serve, serving
from harness.reference.settings import Settings
from tests.reference.running import DEADLINE_S, close_code

pytestmark = pytest.mark.anyio


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_a_graceful_stop_closes_every_socket_with_1012_and_exits_with_0(how: signal.Signals) -> None:
    command = [sys.executable, "-m", "harness.reference", "--port", "0"]
    with anyio.fail_after(2 * DEADLINE_S):
        async with await anyio.open_process(command, stderr=None) as process:
            assert process.stdout is not None
            line = ""
            while not line.endswith("\n"):
                line += (await process.stdout.receive()).decode()
            found = re.fullmatch(r"listening on http://(127\.0\.0\.1:\d+)\n", line)
            assert found, line
            async with connect(f"ws://{found[1]}/ws", proxy=None) as one:
                process.send_signal(how)
                assert await close_code(one) == 1012
            assert await process.wait() == 0


async def test_an_address_that_cannot_be_used_is_told_in_three_lines() -> None:
    async with serving() as url:
        with pytest.raises(UsageError, match="address cannot be used"):
            async with serving(port=int(url.rpartition(":")[2])):
                pass


def test_a_database_that_cannot_be_used_is_told_in_three_lines(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="database cannot be used"):
        serve(database=str(tmp_path))


@pytest.mark.slow
async def test_a_killed_server_that_keeps_its_sessions_knows_its_users_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    port = 4711  # a name for the file; the servers listen on free ones
    async with serving(Settings(database=scratch_database(port))) as url, httpx.AsyncClient(base_url=url) as ada:
        await ada.post("/api/sign_in", json={"user": "ada"})
        cookies = dict(ada.cookies)
    async with (
        serving(Settings(database=scratch_database(port))) as url,
        httpx.AsyncClient(base_url=url, cookies=cookies) as ada,
    ):
        assert (await ada.get("/api/me")).json() == {"user": {"id": 1, "name": "ada"}}


def test_what_a_server_left_long_ago_is_not_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = Path(scratch_database(1))
    left.touch()
    assert Path(scratch_database(1)).exists()
    os.utime(left, (0, 0))
    assert not Path(scratch_database(1)).exists()


def test_a_folder_that_others_can_reach_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    Path(scratch_database(1)).parent.chmod(0o755)
    with pytest.raises(UsageError, match="open to others"):
        scratch_database(1)

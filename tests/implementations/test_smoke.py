"""Each implementation starts from its own target file, says that it is ready, and answers one echo."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from websockets.asyncio.client import connect

from harness.targets.file import load_target
from harness.targets.process import running
from harness.wire.channel import ChannelId
from harness.wire.envelope import Envelope, TemplateCodec
from harness.wire.template import fill, match
from tests.implementations.right import HERE, implementations

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

ANSWER_S = 5.0


def folder_of(name: str) -> Path:
    """Return the folder of an implementation; skip the test where what it needs is not installed."""
    if missing := implementations()[name].missing:
        pytest.skip(missing)
    return HERE / name


@pytest.fixture(params=[*(pytest.param(name, marks=pytest.mark.node) for name in ("bun", "hono", "node")), "starlette"])
def folder(request: pytest.FixtureRequest) -> Path:
    return folder_of(str(request.param))


async def test_answers_an_echo(folder: Path) -> None:
    target = load_target(folder / "target.toml")
    codec = TemplateCodec(target.socket.envelope)
    async with running(target, folder=folder) as live:
        address = live.url.replace("http", "ws", 1) + target.socket.path
        with anyio.fail_after(ANSWER_S):
            async with connect(address, proxy=None) as connection:
                data = fill(target.echo.send, {"text": "hello"})
                await connection.send(codec.encode(Envelope(ChannelId(target.echo.channel), data)))
                heard = [codec.decode(str(await connection.recv()))]
                while not _is_of(heard[-1], target.echo.channel):  # some greet first
                    heard.append(codec.decode(str(await connection.recv())))
    answer = heard[-1]
    assert isinstance(answer, Envelope)
    found = match(target.echo.receive, answer.data)
    assert found is not None
    assert "hello" in str(found["text"])


def _is_of(heard: object, channel: str) -> bool:
    return isinstance(heard, Envelope) and heard.channel == channel

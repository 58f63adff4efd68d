"""Each implementation starts from its own target file, says that it is ready, and answers one echo."""

from __future__ import annotations

import shutil
from pathlib import Path

import anyio
import pytest
from websockets.asyncio.client import connect

from harness.targets.file import load_target
from harness.targets.process import running
from harness.wire.channel import ChannelId
from harness.wire.envelope import Envelope, TemplateCodec
from harness.wire.template import fill, match

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

HERE = Path(__file__).parent
ANSWER_S = 5.0


def folder_of(name: str) -> Path:
    """Return the folder of an implementation; skip the test where what it needs is not installed."""
    folder = HERE / name
    if (folder / "package.json").exists():
        if shutil.which("node") is None:
            pytest.skip("node is not installed")
        if not (folder / "node_modules" / "ws").is_dir():
            pytest.skip(f"its packages are missing: run `npm ci` in {folder.relative_to(HERE.parent.parent)}")
    return folder


@pytest.fixture(params=[pytest.param("node", marks=pytest.mark.node), "starlette"])
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
                answer = codec.decode(str(await connection.recv()))
    assert isinstance(answer, Envelope)
    assert answer.channel == target.echo.channel
    found = match(target.echo.receive, answer.data)
    assert found is not None
    assert "hello" in str(found["text"])

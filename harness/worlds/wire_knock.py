"""One raw HTTP exchange at the socket's door: bytes out, the head of an answer or the end of the connection back.

Knows nothing of plans or of what is right.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import anyio
from anyio.abc import ByteStream

from harness.targets.dial import dial
from harness.wire.frame import CLOSE, write_frame
from harness.wire.head import HEAD_END, Head, read_answer

RECEIVE_BYTES = 65_536
MOST_HEAD_BYTES = 1_048_576
_GOODBYE = write_frame(CLOSE, (1000).to_bytes(2, "big"))


@dataclass(frozen=True, slots=True)
class Exchange:
    """How it ended: "upgraded", "answered", "closed", "silent" or "unreachable", after how long, with which head."""

    outcome: str
    waited_s: float
    head: Head | None = None


async def exchange(url: str, data: bytes, *, timeout_s: float, trickle: AsyncIterator[bytes] | None = None) -> Exchange:
    """Send `data` to the server at `url`, then what `trickle` gives, until an answer's head is there.

    A socket that is upgraded is closed politely. Waits `timeout_s` at most, from the moment the connection was made.
    """
    try:
        stream = await dial(url)
    except (OSError, TimeoutError):
        return Exchange("unreachable", 0.0)
    started_s = time.monotonic()
    outcome, head = "silent", None
    try:
        with anyio.move_on_after(timeout_s):
            async with anyio.create_task_group() as sending:
                sending.start_soon(_send, stream, data, trickle)
                head = await _head(stream)
                outcome = "closed" if head is None else "upgraded" if head.status == 101 else "answered"
                waited_s = time.monotonic() - started_s
                sending.cancel_scope.cancel()
            return await _leave(stream, Exchange(outcome, waited_s, head))
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.aclose_forcefully(stream)
    return Exchange(outcome, time.monotonic() - started_s, head)


async def byte_after_byte(byte: bytes, *, every_s: float) -> AsyncIterator[bytes]:
    """Give one byte again and again, without end."""
    while True:
        yield byte
        await anyio.sleep(every_s)


async def _send(stream: ByteStream, data: bytes, trickle: AsyncIterator[bytes] | None) -> None:
    try:
        if data:
            await stream.send(data)
        if trickle is not None:
            async for each in trickle:
                await stream.send(each)
    except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
        pass  # the server was done with us before we were: what it said, if anything, is read


async def _head(stream: ByteStream) -> Head | None:
    """Read the head of an answer; None when the connection ended without one that is HTTP."""
    data = b""
    try:
        while HEAD_END not in data and len(data) < MOST_HEAD_BYTES:
            data += await stream.receive(RECEIVE_BYTES)
    except (anyio.EndOfStream, OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
        pass
    return read_answer(data)


async def _leave(stream: ByteStream, ended: Exchange) -> Exchange:
    if ended.outcome == "upgraded":
        await _send(stream, _GOODBYE, None)
    return ended

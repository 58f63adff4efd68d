"""What all native sockets of one server share: the turn's writes, the frames' bytes, and the look at silent peers.

Decides nothing about who receives what. Everything here is done in the event loop's one thread.
"""

from __future__ import annotations

import asyncio  # noqa: TID251 # uvicorn's protocol classes are of its type
import zlib
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from uvicorn.server import ServerState

from harness.reference.channel import ChannelId
from harness.reference.context import Services
from harness.reference.hub import Frame
from harness.reference.module import Registry, WebSocketHandler
from harness.reference.runtime.frames import TEXT, write_frame

if TYPE_CHECKING:
    from harness.reference.runtime.native import NativeSocket

PACKED_FROM_BYTES = 256
"""What is shorter is not compressed: it would hardly be shorter, and cost more."""
UNANSWERED = 1011
_LOOKS = 4
"""So many times in one ping interval a socket is looked at."""
_ROUNDS = 16
"""A look is done in so many parts, so that no turn of the loop is long."""


class Exchange:
    """One server's native sockets."""

    def __init__(
        self,
        registry: Registry,
        *,
        services: Services,
        loop: asyncio.AbstractEventLoop,
        server_state: ServerState,
    ) -> None:
        self.services = services
        self.settings = services.settings
        self.hub = services.hub
        self.clock = services.clock
        self.loop = loop
        self.handlers: Mapping[ChannelId, WebSocketHandler[Any, Any]] = registry.handlers
        self._connections: set[Any] = server_state.connections
        self._tasks = server_state.tasks
        self._due: list[NativeSocket] = []
        self._scheduled = False
        self._joined_frames: list[Frame] = []
        self._joined = b""
        self._parts: list[dict[NativeSocket, None]] = [{} for _ in range(_ROUNDS)]
        self._round = 0
        self._opened = 0
        self._looking = False
        shortest_s = min(self.settings.ping_interval_s, self.settings.ping_timeout_s)
        self._look_s = shortest_s / _LOOKS
        self._asked_after = round(self.settings.ping_interval_s / self._look_s)
        self._lost_after = round(self.settings.ping_timeout_s / self._look_s)
        self.hub.later = self._schedule

    # -- the sockets there are

    def add(self, socket: NativeSocket) -> None:
        """Count a socket in; the server closes it when it stops."""
        self._connections.add(socket)
        self._parts[self._opened % _ROUNDS][socket] = None
        self._opened += 1
        if not self._looking:
            self._looking = True
            self.loop.call_later(self._look_s / _ROUNDS, self._look)

    def discard(self, socket: NativeSocket) -> None:
        """Count it out."""
        self._connections.discard(socket)
        for part in self._parts:
            part.pop(socket, None)

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a handler that has to wait; the server waits for it when it stops."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # -- what goes out

    def enlist(self, socket: NativeSocket) -> None:
        """Have a socket flushed at the end of this turn."""
        self._due.append(socket)
        self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self.loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._scheduled = False
        self.hub.spread()
        self._joined_frames, self._joined = [], b""
        due, self._due = self._due, []
        for socket in due:
            socket.flush()

    def joined(self, frames: list[Frame], *, deflate_bits: int) -> bytes:
        """Return what is written for these frames; each is framed once, however many sockets it goes to."""
        if deflate_bits:
            return b"".join([_packed(frame, deflate_bits) for frame in frames])
        if len(frames) == 1:
            return frames[0].wire or framed(frames[0])
        return b"".join([frame.wire or framed(frame) for frame in frames])

    def joined_for_all(self, frames: list[Frame]) -> bytes:
        """Return the same for one list of frames that many sockets are given, joined once."""
        if frames is not self._joined_frames:
            self._joined_frames, self._joined = frames, self.joined(frames, deflate_bits=0)
        return self._joined

    # -- silent peers

    def _look(self) -> None:
        part = self._parts[self._round]
        self._round = (self._round + 1) % _ROUNDS
        for socket in part:
            socket.quiet_looks += 1
            if socket.asked:
                if socket.quiet_looks > self._lost_after and socket.listens:
                    socket.close(UNANSWERED, "keepalive ping timeout")
            elif socket.quiet_looks >= self._asked_after:
                socket.quiet_looks = 0
                socket.asked = True
                socket.ask()
        self._looking = any(self._parts)
        if self._looking:
            self.loop.call_later(self._look_s / _ROUNDS, self._look)


def framed(frame: Frame) -> bytes:
    """Return one frame as it goes over the wire, framed once."""
    frame.wire = write_frame(TEXT, frame.body)
    return frame.wire


def _packed(frame: Frame, bits: int) -> bytes:
    if len(frame.body) < PACKED_FROM_BYTES:
        return frame.wire or framed(frame)
    if frame.packed_bits != bits:
        # Nothing is carried over from message to message, so that all who agreed on these bits can be sent the same.
        packer = zlib.compressobj(wbits=-bits, memLevel=5)
        data = packer.compress(frame.body) + packer.flush(zlib.Z_SYNC_FLUSH)
        frame.packed, frame.packed_bits = write_frame(TEXT, data[:-4], packed=True), bits
    return frame.packed

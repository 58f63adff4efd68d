"""One connection of an examination: everything it is sent, as raw text, and waiting for a certain one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import anyio
from anyio.abc import TaskGroup

from harness.targets.control import socket_url
from harness.targets.file import Target
from harness.worlds.wire_connection import WireConnection, connect


@dataclass(slots=True)
class Ear:
    """A connection that listens. `name` says whose it is, `closed` how it ended, empty while it is open.

    `code` is that of the close frame with which the other side ended it, if one came.
    """

    name: str
    texts: list[str] = field(default_factory=list)
    closed: str = ""
    code: int | None = None
    _connection: WireConnection | None = None
    _news: anyio.Event = field(default_factory=anyio.Event)

    @classmethod
    async def open(
        cls, name: str, target: Target, *, base_url: str, cookie: str | None, group: TaskGroup, origin: str | None = ""
    ) -> Ear:
        """Open a connection with these cookies; `origin` is the target's own unless given, None sends none.

        Raises:
            Refused: it was not upgraded.
        """
        ear = cls(name)
        ear._connection = await connect(
            socket_url(base_url, target.socket.path),
            origin=base_url if origin == "" else origin,
            cookie=cookie,
            subprotocols=target.socket.subprotocols,
            on_text=ear._hear,
            on_binary=lambda data: ear._hear(f"(binary) {data[:200].decode('utf-8', 'replace')}"),
            on_close=ear._end,
        )
        group.start_soon(ear._connection.run)
        return ear

    async def say(self, text: str) -> None:
        """Send one message; a connection that has ended says nothing."""
        if self._connection is not None:
            await self._connection.send_text(text)

    async def hears(self, token: str, *, timeout_s: float) -> bool:
        """Wait until a text with `token` has come; False when it did not, or the connection ended."""
        return await self.hears_one(lambda text: token in text, timeout_s=timeout_s)

    async def hears_one(self, fits: Callable[[str], bool], *, timeout_s: float) -> bool:
        """Wait until a text that `fits` has come; False when none did, or the connection ended."""
        with anyio.move_on_after(timeout_s):
            while not any(fits(text) for text in self.texts) and not self.closed:
                self._news = anyio.Event()
                await self._news.wait()
        return any(fits(text) for text in self.texts)

    def heard(self, token: str) -> bool:
        """Tell whether a text with `token` has come."""
        return any(token in text for text in self.texts)

    async def close(self) -> None:
        """End the connection politely."""
        if self._connection is not None:
            await self._connection.close()

    def _hear(self, text: str) -> None:
        self.texts.append(text)
        self._news.set()

    def _end(self, code: int | None, reason: str, by: str) -> None:
        self.code = code
        self.closed = f"ended by the {by}, " + (f"code {code} {reason}".strip() if code else "without a close frame")
        self._news.set()

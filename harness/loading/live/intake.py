"""Reads many sockets from one reader of the event loop: a system call and a function call a read, no event of the loop.

A connection's transport opens it, writes and closes; only its reading is taken over here. Knows nothing of WebSockets.
"""

from __future__ import annotations

import asyncio  # noqa: TID251 # a reader of the loop itself is what anyio has no word for
import os
from collections.abc import Callable
from selectors import EVENT_READ, BaseSelector

READ_BYTES = 65536


class Intake:
    """The sockets that are read here. `selector` must have a descriptor of its own, like epoll's and kqueue's."""

    def __init__(self, selector: BaseSelector) -> None:
        self._selector = selector
        self._takers: dict[int, Callable[[bytes], object]] = {}
        self._watched: asyncio.AbstractEventLoop | None = None

    def add(self, descriptor: int, take: Callable[[bytes], object]) -> None:
        """Hand what arrives at `descriptor` to `take`, from now until `remove`; empty bytes are its end."""
        if self._watched is None:
            self._watched = asyncio.get_running_loop()
            self._watched.add_reader(self._selector.fileno(), self._drain)  # type: ignore[attr-defined] # both have one
        self._selector.register(descriptor, EVENT_READ, take)
        self._takers[descriptor] = take

    def remove(self, descriptor: int) -> None:
        """Read no more from `descriptor`; it may be unknown, and must not be closed yet."""
        if self._takers.pop(descriptor, None) is not None:
            self._selector.unregister(descriptor)

    def close(self) -> None:
        """Let the loop forget all of them."""
        if self._watched is not None and not self._watched.is_closed():
            self._watched.remove_reader(self._selector.fileno())  # type: ignore[attr-defined] # see `add`
        self._takers.clear()
        self._selector.close()

    def _drain(self) -> None:
        for key, _ in self._selector.select(0):
            try:
                data = os.read(key.fd, READ_BYTES)
            except (BlockingIOError, InterruptedError):
                continue
            except OSError:
                data = b""
            # One that was read before may have ended this one, and its descriptor may be another's by now.
            take = self._takers.get(key.fd)
            if take is not None and take is key.data:
                take(data)

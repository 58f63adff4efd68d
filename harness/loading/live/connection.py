"""One connection of a load run: opened, ready after an echo round trip, listened to, and what arrived at it.

Knows whose it is and which streams it may get; not what was published.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import anyio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from harness.errors import TargetUnreachable
from harness.loading import evidence
from harness.loading.arrivals import Arrivals
from harness.loading.delivery import Reader

OPEN_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect and as whom: the socket's url, the origin and headers that a browser would send."""

    url: str
    origin: str
    headers: Mapping[str, str]
    subprotocols: tuple[str, ...] = ()


class Connection:
    """One socket. `name` is unique in the run; `user` is empty for a guest; `streams` are the ones it may get."""

    def __init__(
        self, name: str, *, user: str, streams: tuple[int, ...], reader: Reader, clock: Callable[[], float]
    ) -> None:
        self.name = name
        self.user = user
        self.arrivals = {stream: Arrivals() for stream in streams}
        self.opening_s = clock()
        self.ready_s: float | None = None
        self.closed_s: float | None = None
        self.closed_by_us = False
        self._reader = reader
        self._clock = clock
        self._socket: ClientConnection | None = None
        self._scope = anyio.CancelScope()
        self._echoes: dict[str, anyio.Event] = {}
        self._echo_count = 0
        self._over = anyio.Event()

    @property
    def live(self) -> bool:
        """Ready, and not closed as far as we know."""
        return self.ready_s is not None and self.closed_s is None

    async def run(
        self, address: Address, *, on_text: Callable[[Connection, str], None], on_open: Callable[[], None]
    ) -> None:
        """Connect and hand each text to `on_text` until either side closes; `on_open` is called once it is connected.

        Raises:
            TargetUnreachable: the target refused the connection or did not answer in time.
        """
        try:
            with self._scope:
                await self._run(address, on_text, on_open)
        finally:
            if self.closed_s is None:
                self.closed_s = self._clock()
            self._over.set()

    async def _run(
        self, address: Address, on_text: Callable[[Connection, str], None], on_open: Callable[[], None]
    ) -> None:
        try:
            socket = await connect(
                address.url, origin=Origin(address.origin), additional_headers=address.headers, proxy=None,
                compression=None,
                subprotocols=[Subprotocol(each) for each in address.subprotocols] or None, open_timeout=OPEN_TIMEOUT_S,
                ping_interval=None, max_size=None, close_timeout=2.0,
            )  # fmt: skip
        except Exception as error:  # whatever a target answers, this connection was refused
            raise TargetUnreachable(
                f"the connection was refused: {str(error) or type(error).__name__}", where=address.url,
                todo="check the target's log",
            ) from error  # fmt: skip
        self._socket = socket
        try:
            on_open()
            while True:
                text = await socket.recv()
                on_text(self, text if isinstance(text, str) else text.decode("utf-8", "replace"))
        except ConnectionClosed:
            self.closed_s = self.closed_s or self._clock()
        finally:
            self.closed_s = self.closed_s or self._clock()
            with anyio.CancelScope(shield=True), anyio.move_on_after(3.0):
                await socket.close()

    async def become_ready(self) -> bool:
        """Make an echo round trip; return whether it came back. From then on this connection is owed every message."""
        if not await self.echo(deadline_s=OPEN_TIMEOUT_S):
            return False
        if self.closed_s is None:
            self.ready_s = self._clock()
        return self.live

    async def echo(self, *, deadline_s: float) -> bool:
        """Ask for an echo and wait for the answer; return False when none came in time or the connection closed."""
        if self._socket is None or self.closed_s is not None:
            return False
        self._echo_count += 1
        text, request = self._reader.echo_request(f"{self.name}-{self._echo_count}")
        answered = self._echoes[text] = anyio.Event()
        with anyio.move_on_after(deadline_s):
            try:
                await self._socket.send(request)
            except ConnectionClosed:
                return False
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._stop_when_over, tasks.cancel_scope)
                await answered.wait()
                tasks.cancel_scope.cancel()
        return answered.is_set()

    def answer(self, text: str) -> bool:
        """Take in the answer to an echo; return whether this connection was waiting for it."""
        answered = self._echoes.pop(text, None)
        if answered is None:
            return False
        answered.set()
        return True

    def close(self) -> None:
        """Close from our side, at whatever stage; `run` ends soon after."""
        self.closed_by_us = True
        if self.closed_s is None:
            self.closed_s = self._clock()
        self._scope.cancel()

    def record(self) -> evidence.Connection | None:
        """Return what is known of this connection by now, or None when it never became ready."""
        if self.ready_s is None:
            return None
        return evidence.Connection(
            name=self.name,
            user=self.user,
            opening_s=self.opening_s,
            ready_s=self.ready_s,
            closed_s=self.closed_s,
            spans={stream: each.spans for stream, each in self.arrivals.items() if each.spans},
        )

    async def _stop_when_over(self, scope: anyio.CancelScope) -> None:
        await self._over.wait()
        scope.cancel()

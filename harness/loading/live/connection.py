"""One connection of a load run: opened, ready after an echo round trip, listened to, and what arrived at it.

Knows whose it is and which streams it may get; not what was published.
"""

from __future__ import annotations

from collections.abc import Callable

import anyio

from harness.loading import evidence
from harness.loading.arrivals import Arrivals
from harness.loading.delivery import Reader
from harness.loading.live.intake import Intake
from harness.loading.live.link import OPEN_TIMEOUT_S, Address, Link
from harness.loading.tally import ECHO, Book, Tally

GOODBYE_S = 2.0


class Connection:
    """One socket. `name` is unique in the run; `user` is empty for a guest; `streams` are the ones it may get.

    `ready_s` is None until it is owed messages, `closed_s` until it is over as far as we know.
    """

    def __init__(
        self,
        name: str,
        *,
        user: str,
        streams: tuple[int, ...],
        reader: Reader,
        tally: Tally,
        clock: Callable[[], float],
    ) -> None:
        self.book = Book(name, user, {stream: Arrivals() for stream in streams}, answer=self._answer)
        self.opening_s = clock()
        self.ready_s: float | None = None
        self.closed_s: float | None = None
        self.closed_by_us = False
        self.link: Link | None = None
        self._reader = reader
        self._tally = tally
        self._clock = clock
        self._opening = anyio.CancelScope()
        self._done = anyio.Event()
        self._echoes: dict[str, tuple[float, anyio.Event | None]] = {}
        self._echo_count = 0

    @property
    def live(self) -> bool:
        """Ready, and not closed as far as we know."""
        return self.ready_s is not None and self.closed_s is None

    @property
    def reads(self) -> bool:
        """Live, and still reading what it is sent."""
        return self.live and not self.book.spared

    @property
    def waiting(self) -> int:
        """How many echoes of `ask_for_echo` have no answer yet."""
        return sum(answered is None for _, answered in self._echoes.values()) if self.live else 0

    async def run(self, address: Address, *, intake: Intake, on_ready: Callable[[], object]) -> None:
        """Connect, call `on_ready` after an echo round trip, and stay until either side closes.

        Raises:
            TargetUnreachable: the target refused the connection or did not answer in time.
        """
        link = Link(address, intake=intake, on_messages=self._take_in, on_over=self._end)
        try:
            with self._opening:
                await link.open()
                self.link = link
                if await self.echo(deadline_s=OPEN_TIMEOUT_S) and self.closed_s is None:
                    self.ready_s = self._clock()
                    on_ready()
            if self.ready_s is not None:
                await self._done.wait()
        finally:
            self._end()
            with anyio.CancelScope(shield=True), anyio.move_on_after(GOODBYE_S):
                if self.closed_by_us and not self.book.spared and not link.over.is_set():
                    link.say_goodbye()
                    await link.over.wait()
            link.abort()

    async def echo(self, *, deadline_s: float) -> bool:
        """Ask for an echo and wait for the answer; return False when none came in time or the connection closed."""
        answered = anyio.Event()
        if not self._ask(self._clock(), answered):
            return False
        with anyio.move_on_after(deadline_s):
            await answered.wait()
        # An answer takes the question out; what is still in there has none, or the connection is over.
        return answered.is_set() and self.closed_s is None

    def ask_for_echo(self, *, due_s: float) -> bool:
        """Ask for an echo that was due at `due_s`, and do not wait; return whether it could be sent."""
        return self._ask(due_s, None)

    def give_up_echoes(self, *, asked_before_s: float) -> int:
        """Forget the questions of `ask_for_echo` that are older than this and have no answer; return how many."""
        forgotten = 0
        for text, (due_s, answered) in tuple(self._echoes.items()):
            if due_s >= asked_before_s:
                break
            if answered is None:
                del self._echoes[text]
                forgotten += 1
        return forgotten

    def stall(self) -> None:
        """Read nothing any more."""
        self.book.spare()
        if self.link is not None:
            self.link.stop_reading()

    def close(self) -> None:
        """Close from our side, at whatever stage; `run` ends soon after."""
        self.closed_by_us = True
        self._opening.cancel()
        self._end()

    def record(self) -> evidence.Connection | None:
        """Return what is known of this connection by now, or None when it never became ready."""
        if self.ready_s is None:
            return None
        return evidence.Connection(
            name=self.book.name,
            user=self.book.user,
            opening_s=self.opening_s,
            ready_s=self.ready_s,
            closed_s=self.closed_s,
            spans={stream: each.spans for stream, each in self.book.arrivals.items() if each.spans},
            leaving_s=self.book.leaving_s,
            torn=self.closed_s is not None and not self.closed_by_us,
            slow=self.book.spared,
        )

    def _ask(self, due_s: float, answered: anyio.Event | None) -> bool:
        if self.link is None or self.closed_s is not None:
            return False
        self._echo_count += 1
        text, request = self._reader.echo_request(f"{self.book.name}-{self._echo_count}")
        self._echoes[text] = (due_s, answered)
        if self.link.send(request):
            return True
        del self._echoes[text]
        return False

    def _answer(self, text: str, now_s: float) -> bool:
        due_s, answered = self._echoes.pop(text, (None, None))
        if due_s is None:
            return False
        if self.ready_s is not None:
            self._tally.measured(ECHO, now_s - due_s)
        if answered is None:
            self._tally.counters.echoed += 1
        else:
            answered.set()
        return True

    def _take_in(self, messages: list[bytes]) -> None:
        if self.closed_s is not None:
            return
        now_s = self._clock()
        for raw in messages:
            self._tally.take_in(self.book, raw, now_s=now_s)

    def _end(self) -> None:
        if self.closed_s is None:
            self.closed_s = self._clock()
        self._done.set()
        for _, answered in self._echoes.values():
            if answered is not None:
                answered.set()

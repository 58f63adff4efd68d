"""Counts what arrives at the connections of one worker: the hot path, pure, with the time handed in.

A broadcast is the same bytes on every connection, so what a text is gets worked out once for all that are like it; any
difference, even of one byte, makes another text. Latencies are gathered and counted many at a time by `fold`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from harness.loading.arrivals import Arrival, Arrivals
from harness.loading.delivery import Damaged, Echoed, Reader, Sound
from harness.loading.evidence import EXAMPLES, Counters, message_name, whose
from harness.loading.histogram import Histogram
from harness.loading.stamp import BROADCAST_STREAM, Mark

KNOWN_TEXTS = 512
BROADCAST, PRIVATE, ECHO, CONNECT = "broadcast", "private", "echo", "connect"

_Known: TypeAlias = tuple[int, int, int, float, list[float]]


@dataclass(slots=True, eq=False)
class Book:
    """What one connection may get and got: `user` is empty for a guest, `arrivals` holds each stream that it may get.

    `leaving_s` is when its user's sign-out was asked for; what is due after `parted_s` is that user's no longer.
    `spared`: its latencies are its own doing. `plain`: neither.
    """

    name: str
    user: str
    arrivals: dict[int, Arrivals]
    leaving_s: float | None = None
    parted_s: float | None = None
    spared: bool = False
    plain: bool = True
    answer: Callable[[str, float], bool] = field(default=lambda _text, _now_s: False)

    def part(self, at_s: float) -> None:
        """Count what is due after `at_s` as no longer this user's."""
        self.parted_s, self.plain = at_s, False

    def spare(self) -> None:
        """Measure no latency here any more."""
        self.spared, self.plain = True, False


class Tally:
    """The counts of one worker. `users` are the target's ordinary ones: stream 1 is the first one's."""

    def __init__(self, reader: Reader, *, users: tuple[str, ...]) -> None:
        self.counters = Counters()
        self.examples: dict[str, list[str]] = {}
        self.latency_ms: dict[str, Histogram] = {}
        self.timeline_ms: dict[int, Histogram] = {}
        self._reader = reader
        self._users = users
        self._known: dict[bytes, _Known] = {}
        self._fresh_s: dict[str, list[float]] = {BROADCAST: [], PRIVATE: [], ECHO: [], CONNECT: []}

    def take_in(self, book: Book, raw: bytes, *, now_s: float) -> None:
        """Count one message that arrived at `book`'s connection."""
        known = self._known.get(raw)
        if known is None:
            known = self._read(book, raw, now_s)
            if known is None:
                return
        stream, seq, after, due_s, fresh_s = known
        arrivals = book.arrivals.get(stream)
        # What `_count` does, for the next message of a stream: nearly all of them.
        if arrivals is not None and arrivals.floor < seq == arrivals.last + 1 != 1 and book.plain:
            arrivals.last = seq
            if after > arrivals.floor:  # noqa: PLR1730 # a call costs more than all the rest of this line
                arrivals.floor = after
            fresh_s.append(now_s - due_s)
            return
        if self._is_for(book, stream, seq, due_s=due_s):
            self._count(book, known, now_s)

    def measured(self, kind: str, seconds: float) -> None:
        """Gather how long something else took: an echo, or a connection until it was ready."""
        self._fresh_s[kind].append(seconds)

    def fold(self, *, now_s: float) -> None:
        """Count the latencies that were gathered; they are entered in the timeline under this second.

        Deliveries make the timeline; echoes do where nothing is published.
        """
        echoes_only = not (BROADCAST in self.latency_ms or PRIVATE in self.latency_ms)
        for kind, fresh_s in self._fresh_s.items():
            if not fresh_s:
                continue
            fresh_ms = [each * 1000.0 for each in fresh_s]
            # The list itself stays: known texts hold it.
            fresh_s.clear()
            self.latency_ms.setdefault(kind, Histogram()).record_all(fresh_ms)
            if kind in {BROADCAST, PRIVATE} or (kind == ECHO and echoes_only):
                self.timeline_ms.setdefault(int(now_s), Histogram()).record_all(fresh_ms)

    @property
    def delivered(self) -> int:
        """How many latencies of messages are counted by now: whether anything is going on, arrivals apart."""
        return sum(each.count for kind, each in tuple(self.latency_ms.items()) if kind != CONNECT)

    def note(self, sort: str, example: str) -> None:
        """Keep an example of this sort, unless there are enough."""
        kept = self.examples.setdefault(sort, [])
        if len(kept) < EXAMPLES:
            kept.append(example)

    def _read(self, book: Book, raw: bytes, now_s: float) -> _Known | None:
        received = self._reader.read(raw.decode("utf-8", "replace"))
        match received:
            case Sound(stamp):
                fresh_s = self._fresh_s[BROADCAST if stamp.mark.stream == BROADCAST_STREAM else PRIVATE]
                known = (stamp.mark.stream, stamp.mark.seq, stamp.after, stamp.due_us / 1_000_000, fresh_s)
                if len(self._known) >= KNOWN_TEXTS:
                    self._known.clear()
                self._known[raw] = known
                return known
            case Damaged(mark, why):
                if self._is_for(book, mark.stream, mark.seq, due_s=None):
                    self.counters.corrupt += 1
                    self.note("corrupt", f"{_name(mark)} arrived damaged at {_whose(book)}: {why}")
                    if book.arrivals[mark.stream].arrive(mark.seq) is Arrival.DOUBLED:
                        self.counters.duplicate += 1
            case Echoed(text):
                if not book.answer(text, now_s):
                    self.counters.astray += 1
                    self.note("echo", f"the answer to {text!r} came to {_whose(book)}, which was not waiting for it")
        return None

    def _is_for(self, book: Book, stream: int, seq: int, *, due_s: float | None) -> bool:
        name = message_name(stream, seq)
        private_to = self._users[stream - 1] if stream <= len(self._users) else "nobody"
        if stream in book.arrivals:
            if stream == BROADCAST_STREAM or book.parted_s is None or due_s is None or due_s <= book.parted_s:
                return True
            self.counters.leaked_to_former += 1
            self.note("leak", f"{name}, private to {private_to}, reached {_whose(book)}, who had signed out")
            return False
        if book.user:
            self.counters.leaked += 1
        else:
            self.counters.leaked_to_guest += 1
        self.note("leak", f"{name}, private to {private_to}, reached {_whose(book)}")
        return False

    def _count(self, book: Book, known: _Known, now_s: float) -> None:
        stream, seq, after, due_s, fresh_s = known
        arrival = book.arrivals[stream].arrive(seq, after=after)
        if arrival is Arrival.DOUBLED:
            self.counters.duplicate += 1
            self.note("duplicate", f"{message_name(stream, seq)} arrived again at {_whose(book)}")
            return
        if arrival is Arrival.OVERTAKEN:
            self.counters.reordered += 1
            self.note("order", f"{message_name(stream, seq)} arrived behind a later one at {_whose(book)}")
        if not book.spared:
            fresh_s.append(now_s - due_s)


def _name(mark: Mark) -> str:
    return message_name(mark.stream, mark.seq)


def _whose(book: Book) -> str:
    return whose(book.name, book.user)

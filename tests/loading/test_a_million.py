"""A million deliveries: what goes wrong once in ten thousand, or once at all, is told exactly, by one worker or three.

The sockets are left out: bytes as they come off them go in, the outcome of a run comes out.
"""

from __future__ import annotations

import json
import tomllib

import msgspec
import pytest

from harness.checks.finding import LoadOutcome
from harness.loading.arrivals import Arrivals
from harness.loading.delivery import Reader
from harness.loading.evidence import Connection, Report
from harness.loading.histogram import Histogram
from harness.loading.knobs import Knobs
from harness.loading.ledger import Ledger
from harness.loading.outcome import Run, conclude
from harness.loading.stamp import Mark, Stamp, write_stamp
from harness.loading.tally import Book, Tally
from harness.targets.file import parse_target
from tests.loading.targets import liar_text

pytestmark = pytest.mark.slow

MARK = "0a1b2"
TARGET = parse_target(tomllib.loads(liar_text("http://127.0.0.1:1")), where="a test")
CONNECTIONS = 250
RUN = Run(scenario="s", users=CONNECTIONS, started_s=0.0, stopped_s=9e4, delivery_s=1.0, knobs=Knobs(), kind="mixed")
PRIVATE = Stamp(Mark(1, 1), 1_000_000, 0)


def broadcast(seq: int) -> bytes:
    """Return a broadcast as it comes off a socket; message n is due at second n."""
    text = write_stamp(Stamp(Mark(0, seq), seq * 1_000_000, seq - 1), run=MARK)
    return json.dumps({"id": TARGET.broadcast.channel, "data": {"note": text}}).encode()


def report(tally: Tally, books: list[Book], *, worker: int) -> Report:
    """Return a worker's report after its journey to the master."""
    tally.fold(now_s=1.0)
    examples = {sort: tuple(kept) for sort, kept in tally.examples.items()}
    made = Report(
        worker=f"worker {worker}", whole=True, counters=tally.counters, latency_ms=tally.latency_ms,
        timeline_ms=tally.timeline_ms, lag_ms=Histogram(), busy_percent=Histogram(), examples=examples,
        connections=tuple(
            Connection(
                name=book.name, user=book.user, opening_s=0.0, ready_s=0.5, closed_s=None,
                spans={stream: each.spans for stream, each in book.arrivals.items()},
            )
            for book in books
        ),
    )  # fmt: skip
    return msgspec.msgpack.decode(msgspec.msgpack.encode(made), type=Report)


def run(*, workers: int, messages: int, lose: int, double: int, leak_to: int) -> LoadOutcome:
    """Have messages to all, of whose deliveries each `lose`-th is lost, each `double`-th doubled; and one leak."""
    ledger = Ledger(TARGET.ordinary_users)
    tallies = [Tally(Reader(TARGET, run=MARK), users=TARGET.ordinary_users) for _ in range(workers)]
    books = [Book(f"w/{number}", "bob", {0: Arrivals(), 2: Arrivals()}) for number in range(CONNECTIONS)]
    delivery = 0
    for seq in range(1, messages + 1):
        ledger.streams[0].start(float(seq))
        ledger.streams[0].finish(seq, at_s=seq + 0.1, accepted=True)
        raw = broadcast(seq)
        for number, book in enumerate(books):
            take_in = tallies[number % workers].take_in
            delivery += 1
            if delivery % lose == 0:
                continue
            take_in(book, raw, now_s=seq + 0.002)
            if delivery % double == 1:
                take_in(book, raw, now_s=seq + 0.003)
    ledger.streams[1].start(1.0)
    private = {"id": TARGET.send_to_user.channel, "data": {"title": write_stamp(PRIVATE, run=MARK)}}
    tallies[leak_to % workers].take_in(books[leak_to], json.dumps(private).encode(), now_s=1.5)
    parts = [(tally, books[index::workers]) for index, tally in enumerate(tallies)]
    return conclude(RUN, ledger, [report(tally, part, worker=index) for index, (tally, part) in enumerate(parts)])


@pytest.mark.parametrize(("messages", "workers"), [(400, 1), (4000, 3)])
def test_each_of_so_many_that_was_lost_doubled_or_misdelivered_is_told(messages: int, workers: int) -> None:
    outcome = run(workers=workers, messages=messages, lose=10_000, double=10_000, leak_to=77)
    deliveries, wrong = CONNECTIONS * messages, CONNECTIONS * messages // 10_000
    counts = outcome.counts
    assert (counts.expected, counts.lost, counts.duplicate, counts.misdelivered) == (deliveries, wrong, wrong, 1)
    assert counts.delivered == deliveries - wrong
    assert {each.requirement for each in outcome.findings} == {"ORD-2", "ORD-3", "ISO-2"}
    assert sum(many for _, many in outcome.histogram) == deliveries - wrong
    assert outcome.examples[0] == "private message 1 of stream 1, private to ada, reached the connection w/77 of bob"

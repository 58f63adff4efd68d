"""The tally: order, parted users, and that a text which differs by a byte is another text."""

from __future__ import annotations

import json
import tomllib

from harness.loading.arrivals import Arrivals
from harness.loading.delivery import Reader
from harness.loading.stamp import Mark, Stamp, write_stamp
from harness.loading.tally import Book, Tally
from harness.targets.file import parse_target
from tests.loading.targets import liar_text

TARGET = parse_target(tomllib.loads(liar_text("http://127.0.0.1:1")), where="a test")


def broadcast(seq: int) -> bytes:
    text = write_stamp(Stamp(Mark(0, seq), seq * 1_000_000, seq - 1), run="0a1b2")
    return json.dumps({"id": TARGET.broadcast.channel, "data": {"note": text}}).encode()


def private(seq: int) -> bytes:
    text = write_stamp(Stamp(Mark(1, seq), seq * 1_000_000, seq - 1), run="0a1b2")
    return json.dumps({"id": TARGET.send_to_user.channel, "data": {"title": text}}).encode()


def tally() -> Tally:
    return Tally(Reader(TARGET, run="0a1b2"), users=TARGET.ordinary_users)


def test_a_message_behind_a_later_one_is_out_of_order() -> None:
    made, book = tally(), Book("w/1", "", {0: Arrivals()})
    for seq in (1, 3, 2, 4):
        made.take_in(book, broadcast(seq), now_s=9.0)
    assert (made.counters.reordered, made.counters.duplicate) == (1, 0)
    assert made.examples["order"] == ["broadcast 2 arrived behind a later one at the connection w/1 of a guest"]


def test_one_byte_more_makes_a_known_message_a_damaged_one() -> None:
    made, book, other = tally(), Book("w/1", "", {0: Arrivals()}), Book("w/2", "", {0: Arrivals()})
    made.take_in(book, broadcast(1), now_s=9.0)
    made.take_in(other, broadcast(1).replace(b" 0 ", b" 1 "), now_s=9.0)
    assert made.counters.corrupt == 1


def test_who_signed_out_may_get_what_was_due_before_and_nothing_after() -> None:
    made, book = tally(), Book("w/1", "ada", {0: Arrivals(), 1: Arrivals()})
    book.part(5.5)
    for seq in (5, 6):
        made.take_in(book, private(seq), now_s=9.0)
    made.take_in(book, broadcast(6), now_s=9.0)
    assert (made.counters.leaked_to_former, made.counters.leaked) == (1, 0)
    assert book.arrivals[1].spans == ((5, 5),)


def test_a_slow_reader_measures_nothing() -> None:
    made, book = tally(), Book("w/1", "", {0: Arrivals()})
    book.spare()
    made.take_in(book, broadcast(1), now_s=9.0)
    made.fold(now_s=9.0)
    assert (made.delivered, book.arrivals[0].spans) == (0, ((1, 1),))

"""Arrivals: first, overtaken or doubled, against a plain set as the oracle."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from harness.loading.arrivals import Arrival, Arrivals


def test_what_comes_in_order_is_one_span() -> None:
    arrivals = Arrivals()
    assert {arrivals.arrive(seq, after=seq - 1) for seq in range(5, 50)} == {Arrival.FIRST}
    assert arrivals.spans == ((5, 49),)


def test_gaps_are_filled_from_either_side_and_in_the_middle() -> None:
    arrivals = Arrivals()
    for seq in (1, 9, 5, 2, 4, 3, 8):
        assert arrivals.arrive(seq) is Arrival.FIRST
    assert arrivals.spans == ((1, 5), (8, 9))
    assert arrivals.arrive(4) is Arrival.DOUBLED


def test_what_comes_again_is_doubled() -> None:
    arrivals = Arrivals()
    arrivals.arrive(1)
    arrivals.arrive(2)
    assert arrivals.arrive(1) is Arrival.DOUBLED
    assert arrivals.arrive(2) is Arrival.DOUBLED


def test_a_message_behind_one_that_was_sent_after_its_answer_was_overtaken() -> None:
    arrivals = Arrivals()
    arrivals.arrive(2, after=1)
    assert arrivals.arrive(1, after=0) is Arrival.OVERTAKEN


def test_messages_that_were_under_way_together_may_come_in_any_order() -> None:
    arrivals = Arrivals()
    arrivals.arrive(2, after=0)
    assert arrivals.arrive(1, after=0) is Arrival.FIRST


@given(st.lists(st.integers(min_value=1, max_value=12), max_size=40))
def test_spans_hold_exactly_what_arrived_and_nothing_counts_twice(numbers: list[int]) -> None:
    arrivals, seen = Arrivals(), set[int]()
    for seq in numbers:
        assert (arrivals.arrive(seq) is Arrival.DOUBLED) == (seq in seen)
        seen.add(seq)
    spans = arrivals.spans
    assert {seq for low, high in spans for seq in range(low, high + 1)} == seen
    assert all(high + 1 < low for (_, high), (low, _) in pairwise(spans))

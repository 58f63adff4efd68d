"""Histograms: bounds of the error, merging without loss, differences."""

from __future__ import annotations

import math

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from harness.loading.histogram import SMALLEST, Histogram, class_of, difference, merged, upper_bound

VALUES = st.floats(min_value=SMALLEST, max_value=1e9)


def recorded(values: list[float]) -> Histogram:
    histogram = Histogram()
    for each in values:
        histogram.record(each)
    return histogram


@given(VALUES)
def test_a_class_is_less_than_3_2_percent_above_what_falls_into_it(value: float) -> None:
    bound = upper_bound(class_of(value))
    assert value < bound <= value * 1.032


@given(st.lists(VALUES, min_size=1, max_size=50), st.sampled_from([1.0, 50.0, 95.0, 99.9, 100.0]))
def test_a_percentile_is_never_too_low_and_less_than_3_2_percent_too_high(values: list[float], share: float) -> None:
    exact = sorted(values)[max(1, math.ceil(len(values) * share / 100)) - 1]
    assert exact <= recorded(values).percentile(share) <= exact * 1.032


@given(st.lists(VALUES, max_size=30), st.lists(VALUES, max_size=30))
def test_merging_is_the_same_as_recording_everything_in_one(some: list[float], others: list[float]) -> None:
    whole, both = recorded(some + others), merged([recorded(some), recorded(others)])
    assert (both.counts, both.count, both.least, both.greatest) == (
        whole.counts,
        whole.count,
        whole.least,
        whole.greatest,
    )
    assert math.isclose(both.total, whole.total)
    assert [many for _, many in both.bounds()] == [whole.counts[each] for each in sorted(whole.counts)]


def test_nothing_recorded_has_no_percentile() -> None:
    assert Histogram().percentile(99) == 0.0


def test_a_value_below_the_smallest_counts_as_the_smallest() -> None:
    assert recorded([-5.0, 0.0]).greatest == SMALLEST


def test_a_snapshot_taken_while_another_thread_records_still_has_a_percentile() -> None:
    torn = msgspec.structs.replace(recorded([1.0, 2.0]), count=3)
    assert torn.percentile(100) == 2.0


def test_a_snapshot_does_not_change_any_more() -> None:
    histogram = recorded([1.0])
    snapshot = histogram.snapshot()
    histogram.record(2.0)
    assert snapshot.count == 1
    assert difference(histogram.counts, since=snapshot.counts) == {class_of(2.0): 1}


def test_a_histogram_survives_the_wire() -> None:
    histogram = recorded([0.1, 5.0, 5.0])
    assert msgspec.convert(msgspec.to_builtins(histogram), Histogram) == histogram

"""The leader's clock from afar: within its bound, and none on the same machine."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.loading.live.clock import SAME_CLOCK, offset_of

ways = st.lists(st.tuples(st.floats(0.0001, 0.05), st.floats(0.0001, 0.05)), min_size=1, max_size=6)


def exchanges(offset_s: float, ways_s: list[tuple[float, float]]) -> list[tuple[float, float, float]]:
    return [(float(at), at + there + offset_s, at + there + back) for at, (there, back) in enumerate(ways_s)]


@given(ways)
def test_one_machine_has_one_clock(ways_s: list[tuple[float, float]]) -> None:
    assert offset_of(exchanges(0.0, ways_s)) == SAME_CLOCK


@given(ways, st.floats(1, 1e5) | st.floats(-1e5, -1))
def test_another_machines_offset_is_known_to_its_bound(ways_s: list[tuple[float, float]], offset_s: float) -> None:
    found = offset_of(exchanges(offset_s, ways_s))
    assert abs(found.offset_s - offset_s) <= found.bound_s + 1e-6
    assert found.bound_s <= min(sum(each) for each in ways_s) / 2 + 1e-6


def test_without_an_answer_the_clock_is_taken_for_the_same() -> None:
    assert offset_of([]) == SAME_CLOCK

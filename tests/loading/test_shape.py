"""The number of users over a run: never none, never more than all, and over in time."""

from __future__ import annotations

import pytest

from harness.loading.scenario import Shape
from harness.loading.shape import DAY, users_at


def counts(shape: Shape, *, users: int, steps: int = 4) -> list[int]:
    found = [users_at(second / 10, shape=shape, users=users, duration_s=12.0, steps=steps) for second in range(120)]
    assert users_at(12.0, shape=shape, users=users, duration_s=12.0, steps=steps) is None
    return [each for each in found if each is not None]


def test_steps_are_even_and_end_with_all() -> None:
    found = counts("steps", users=100)
    assert sorted(set(found)) == [25, 50, 75, 100]
    assert {found.count(each) for each in found} == {30}
    assert found == sorted(found)


def test_a_day_has_its_night_and_its_peaks() -> None:
    found = counts("day", users=100)
    assert (min(found), max(found), len(found)) == (10, 100, 120)
    assert found.index(100) // 10 == DAY.index(1.0)


@pytest.mark.parametrize("shape", ["steps", "day"])
def test_there_is_always_somebody(shape: Shape) -> None:
    assert set(counts(shape, users=1)) == {1}

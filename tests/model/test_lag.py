"""Our own machine's lateness between two times."""

from __future__ import annotations

from harness.history import Lag
from harness.model.lag import lag_between
from harness.model.model import Model
from tests.model.stories import Deadlines


def test_only_what_lies_between_counts() -> None:
    lags = [Lag(at_s=at_s, lag_s=0.5) for at_s in (1.0, 2.0, 3.0)]
    model = Model.of(lags, promises=Deadlines())
    assert lag_between(model, 1.5, 3.0) == 1.0
    assert lag_between(model, 3.5, 9.0) == 0


def test_of_what_is_told_later_counts_what_had_passed() -> None:
    model = Model.of([Lag(at_s=10.0, lag_s=4.0)], promises=Deadlines())
    assert lag_between(model, 1.0, 7.5) == 1.5
    assert lag_between(model, 7.0, 8.0) == 1.0
    assert lag_between(model, 1.0, 5.0) == 0

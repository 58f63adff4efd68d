"""Nothing is owed from the loss of the broker, or garbage on it, until messages cross again."""

from __future__ import annotations

from harness.model.outage import cut_off
from harness.model.state import Moment
from tests.model.several import Several


def at(index: int) -> Moment:
    return Moment(index, 0.0)


def test_without_a_loss_nothing_is_cut_off() -> None:
    assert not cut_off(Several().model, at(0), at(9))


def test_a_loss_cuts_off_until_the_return() -> None:
    model = Several().stop_broker().start_broker().model  # events 2 and 3
    assert not cut_off(model, at(0), at(1))
    assert cut_off(model, at(1), at(2))
    assert cut_off(model, at(3), at(5))
    assert not cut_off(model, at(4), at(5))


def test_a_return_that_changed_nothing_ends_nothing() -> None:
    model = Several().stop_broker().start_broker(crossed=False).model
    assert cut_off(model, at(4), at(5))


def test_garbage_cuts_off_until_it_is_digested() -> None:
    assert cut_off(Several().garbage().model, at(4), at(5))
    assert not cut_off(Several().garbage().digested().model, at(4), at(5))
    assert cut_off(Several().garbage().digested(crossed=False).model, at(4), at(5))

"""What became of a stream of broadcasts at one browser."""

from __future__ import annotations

from harness.checks.stream import Account, account
from tests.checks.faulted import Faulted


def test_each_broadcast_meets_one_end() -> None:
    story = Faulted().open("a", "b").settle()
    story.broadcast("stable").arrives("a#1", name="stable")
    story.broadcast("twice").arrives("a#1", "a#1", name="twice")
    story.broadcast("lost").settle()
    story.broadcast("late").settle().arrives("a#1", name="late")
    story.ask_broadcast("refused").answered("refused", accepted=False)
    story.drop("a#1").broadcast("away").private("ada", "not his").settle()
    model = story.model
    assert account(model, model.browser("a")) == Account(1, 1, 1, 1, 1)
    assert str(account(model, model.browser("a"))).startswith("of 5 broadcasts 1 arrived, 1 late, 1 twice, ")


def test_what_arrived_before_any_settle_is_stable() -> None:
    model = Faulted().open("a").broadcast().arrives("a#1").model
    assert account(model, model.browser("a")) == Account(stable=1)

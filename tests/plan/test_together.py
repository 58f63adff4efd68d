"""Several steps at the same time, as one sentence."""

from __future__ import annotations

import pytest

from harness.errors import PlanError
from harness.plan import AtOnce, BrowserId, Echo, Plan, SendToUser, Settle, SignIn, Tab, parse_step
from harness.plan.together import pieces

A = Tab(BrowserId("a"))


def test_the_sentence_says_the_steps_and_gives_them_back() -> None:
    step = AtOnce((SignIn(A, "ada"), SendToUser("ada", 3), Echo(A, text='a "quoted; part"; and a \\')))
    assert parse_step(str(step)) == step


@pytest.mark.parametrize(
    "sentence",
    [
        "at once: settle",
        "at once: open a; restart the server",
        "at once: at once: open a",
        "at once: ",
        "at once: open a; dance",
    ],
)
def test_what_cannot_be_done_beside_others_is_no_step(sentence: str) -> None:
    with pytest.raises(PlanError):
        parse_step(sentence)


def test_pieces_are_parted_outside_of_quotes_alone() -> None:
    assert pieces('echo a with "x; \\"y; z"; settle') == ['echo a with "x; \\"y; z"', "settle"]


def test_a_plan_counts_the_users_and_tabs_inside() -> None:
    plan = Plan("p", (AtOnce((SignIn(Tab(BrowserId("a"), 2), "bob"), SendToUser("ada"))), Settle()))
    assert plan.users == ("ada", "bob")
    assert plan.needs == {"tabs"}

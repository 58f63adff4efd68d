"""What tabs miss is filed once, under the requirement that explains the run."""

from __future__ import annotations

import pytest

from harness.checks.filing import classify, kin
from harness.checks.filing_tabs import (
    CROWD,
    DEAF,
    LOST,
    LOST_AFTER_CHANGE,
    SHOWN,
    SHUT_AFTER_CHANGE,
    UNANSWERED,
    UNSENT_AFTER_CHANGE,
)
from harness.checks.finding import Finding, Outcome

EVERYWHERE = ("TAB-2", LOST)
AFTER_A_SIGN_IN = ("TAB-7", LOST_AFTER_CHANGE)
BROADCAST_AFTER_A_SIGN_IN = ("TAB-2", LOST_AFTER_CHANGE)
REPLY = ("TAB-3", UNANSWERED)
SOCKETS = ("TAB-1", CROWD)
UNSENT = ("TAB-3", UNSENT_AFTER_CHANGE)
SHUT = ("TAB-11", SHUT_AFTER_CHANGE)


def found(requirement: str, kind: str) -> Finding:
    return Finding(requirement=requirement, check="tabs", expected="e", seen="s", kind=kind)


def filed(*pairs: tuple[str, str]) -> list[str]:
    """Each is found by a test of its own."""
    outcomes = [Outcome(test=f"t{number}", world="page", findings=(found(*pair),)) for number, pair in enumerate(pairs)]
    return [each.requirement for outcome in classify(outcomes) for each in outcome.findings]


@pytest.mark.parametrize(
    "alone", [EVERYWHERE, AFTER_A_SIGN_IN, BROADCAST_AFTER_A_SIGN_IN, REPLY, SOCKETS, UNSENT, SHUT]
)
def test_what_shows_alone_stays_what_it_is(alone: tuple[str, str]) -> None:
    assert filed(alone) == [alone[0]]


def test_a_tab_that_hears_nothing_does_not_break_what_a_sign_in_or_a_send_asks_for() -> None:
    assert filed(REPLY, AFTER_A_SIGN_IN, EVERYWHERE, BROADCAST_AFTER_A_SIGN_IN) == ["TAB-2"] * 4


@pytest.mark.parametrize("sign", [AFTER_A_SIGN_IN, ("TAB-7", "")])
def test_tabs_that_do_not_follow_a_sign_in_may_rightly_not_be_open(sign: tuple[str, str]) -> None:
    assert filed(UNSENT, SHUT, sign, ("TAB-3", ""), ("TAB-11", "")) == ["TAB-7"] * 3 + ["TAB-3", "TAB-11"]
    assert filed(SHUT, EVERYWHERE) == ["TAB-11", "TAB-2"]
    assert "TAB-11" in kin("TAB-7")
    assert "TAB-3" not in kin("TAB-11")


def test_a_tab_that_believes_in_the_former_user_misses_what_it_misses_for_that() -> None:
    assert filed(BROADCAST_AFTER_A_SIGN_IN, ("TAB-7", SHOWN), SHUT) == ["TAB-7"] * 3
    assert filed(BROADCAST_AFTER_A_SIGN_IN, ("TAB-7", DEAF)) == ["TAB-7"] * 2
    assert filed(BROADCAST_AFTER_A_SIGN_IN, ("TAB-7", SHOWN), EVERYWHERE) == ["TAB-2", "TAB-7", "TAB-2"]


def test_a_tab_that_misses_things_only_after_a_sign_in_did_not_follow_it() -> None:
    assert filed(BROADCAST_AFTER_A_SIGN_IN, AFTER_A_SIGN_IN, REPLY) == ["TAB-7"] * 3


def test_tabs_with_sockets_of_their_own_do_not_share() -> None:
    assert filed(EVERYWHERE, SOCKETS, REPLY) == ["TAB-1"] * 3


def test_what_a_tab_missed_for_another_reason_stays_there_and_takes_the_reply_along() -> None:
    (outcome,) = classify([Outcome(test="t", world="page", findings=(found("TAB-9", LOST), found(*REPLY)))])
    assert [each.requirement for each in outcome.findings] == ["TAB-9", "TAB-9"]
    assert filed(("TAB-9", LOST), REPLY) == ["TAB-9", "TAB-3"]


def test_what_is_no_loss_is_not_moved() -> None:
    assert filed(EVERYWHERE, ("TAB-3", ""), ("TAB-7", ""), ("TAB-2", "")) == ["TAB-2", "TAB-3", "TAB-7", "TAB-2"]


def test_a_smaller_plan_may_show_it_under_the_requirement_that_it_had_before() -> None:
    assert "TAB-2" in kin("TAB-3")
    assert "TAB-1" not in kin("BC-1")

"""ISO-6: who says to be a user without a sign-in is not that user."""

from __future__ import annotations

import pytest

from harness.checks.finding import Outcome
from harness.checks.verdict import classify
from tests.model.odd_stories import OddStory


def claiming(*, user: str | None = None) -> OddStory:
    """A guest, ada, bob, and somebody (a guest or a user) who claims to be ada."""
    story = OddStory().open("g").sign_in("a", "ada").open("a").sign_in("b", "bob").open("b")
    if user:
        story.sign_in("c", user)
    return story.open("c").claim("c#1").settle()


@pytest.mark.parametrize("user", [None, "bob"])
def test_a_claim_that_is_ignored_holds(user: str | None) -> None:
    story = claiming(user=user).private("ada").arrives("a#1").settle()
    assert story.broken == []
    assert story.holds("ISO-6")


def test_a_claim_that_is_refused_holds() -> None:
    story = claiming().refused("d").claim("d#1").private("ada").arrives("a#1").settle()
    assert story.broken == []
    assert story.judged().held["ISO-6"] == 2


def test_a_claim_proves_nothing_where_the_message_did_not_arrive() -> None:
    assert not claiming().private("ada").settle().holds("ISO-6")


def test_a_claim_proves_nothing_with_another_users_message_or_before_it_or_unsettled() -> None:
    assert not claiming().private("bob").arrives("b#1").settle().holds("ISO-6")
    assert not claiming().private("ada").arrives("a#1").holds("ISO-6")
    story = OddStory().sign_in("a", "ada").open("a").settle().private("ada").arrives("a#1").open("c").claim("c#1")
    assert not story.settle().holds("ISO-6")


def test_a_claim_on_a_connection_that_has_ended_proves_nothing() -> None:
    assert not claiming().closes("c#1").private("ada").arrives("a#1").settle().holds("ISO-6")


@pytest.mark.parametrize("user", [None, "bob"])
def test_a_claim_that_is_believed_is_a_leak(user: str | None) -> None:
    story = claiming(user=user).private("ada").arrives("a#1", "c#1").settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.observer) == ("ISO-6", "c#1")
    assert (user or "a guest") in finding.seen


def test_a_leak_without_a_shape_is_one_too() -> None:
    story = claiming().private("ada").arrives("a#1").arrives_malformed("c#1").settle()
    assert "ISO-6" in story.broken


@pytest.mark.parametrize(("stranger", "name"), [("g#1", "ISO-5"), ("b#1", "ISO-2")])
def test_what_others_without_a_claim_see_too_is_their_leak(stranger: str, name: str) -> None:
    story = claiming().private("ada").arrives("a#1", stranger, "c#1").settle()
    assert story.broken == [name]


def test_who_claims_may_go_on_getting_its_own_messages_or_not() -> None:
    assert claiming(user="bob").private("bob").arrives("b#1", "c#1").settle().broken == []
    assert (
        claiming(user="bob").private("bob").arrives("b#1").broadcast().arrives("g#1", "a#1", "b#1").settle().broken
        == []
    )


def test_a_leak_that_needs_no_claim_in_the_same_run_is_the_one_to_tell() -> None:
    claim = claiming().private("ada").arrives("a#1", "c#1").settle()
    guest = OddStory().open("g").sign_in("a", "ada").open("a").settle().private("ada").arrives("a#1", "g#1").settle()
    outcomes = [Outcome(test="t", world="wire", findings=each.judged().findings) for each in (claim, guest)]
    told = {each.requirement for outcome in classify(outcomes) for each in outcome.findings}
    assert told == {"ISO-5"}

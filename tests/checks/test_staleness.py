"""ISO-4 and BC-2: what nobody was there for is kept for nobody, and is no failure."""

from __future__ import annotations

from harness.wire.channel import unknown_id
from tests.model.stories import USERS, Story

NO_HISTORY = ("no_history",)


def later(*, offers: tuple[str, ...] = ()) -> Story:
    """Ada had a message called "old" when she had no connection, and opens a#1 after it had its time; Bob is at b#1."""
    story = Story(offers=offers).sign_in("a", "ada").sign_in("b", "bob").open("b").settle()
    return story.private("bob").arrives("b#1").private("ada", "old").settle().open("a").settle()


def test_who_comes_later_gets_what_follows_alone() -> None:
    story = later().private("ada").arrives("a#1").settle()
    assert story.broken == []
    assert story.judged().held["ISO-4"] == 2


def test_a_stale_message_is_found() -> None:
    (finding,) = later().arrives("a#1", name="old").settle().judged().findings
    assert (finding.requirement, finding.observer) == ("ISO-4", "a#1")


def test_who_got_nothing_later_proves_nothing_about_old_messages() -> None:
    assert later().judged().held["ISO-4"] == 1


def test_a_target_with_recovery_may_replay() -> None:
    assert later(offers=("recovery",)).arrives("a#1", name="old").settle().broken == []


def test_a_message_that_had_not_had_its_time_may_still_come() -> None:
    story = Story().sign_in("a", "ada").private("ada").open("a").arrives("a#1").settle()
    assert story.broken == []


def test_a_stale_message_that_reaches_somebody_else_is_a_leak() -> None:
    assert later().open("g").arrives("g#1", name="old").settle().broken == ["ISO-5"]


def test_a_message_to_who_was_there_elsewhere_is_not_kept_either() -> None:
    story = Story().sign_in("a", "ada").sign_in("b", "ada").open("b").settle()
    story.private("ada", "old").arrives("b#1").settle().open("a").settle()
    assert story.private("ada").arrives("a#1", "b#1").settle().judged().held.get("ISO-4", 0) == 0
    assert story.arrives("a#1", name="old").broken == ["ISO-4", "ORD-1"]


def test_a_broadcast_is_not_kept_where_the_target_has_no_history() -> None:
    story = Story(offers=NO_HISTORY).open("a").settle().broadcast("old").arrives("a#1").settle().open("b").settle()
    assert story.broadcast().arrives("a#1", "b#1").settle().broken == []
    assert story.judged().held["BC-2"] == 1
    assert story.arrives("b#1", name="old").broken == ["BC-2", "ORD-1"]


def test_a_target_that_does_not_say_so_may_have_a_history() -> None:
    story = Story().open("a").settle().broadcast("old").arrives("a#1").settle().open("b").arrives("b#1", name="old")
    assert story.settle().broken == []


def answered(status: int, *, control: bool = True) -> Story:
    """A private message to Ada, who has no connection, was answered with `status`; Bob's was accepted."""
    story = Story().sign_in("a", "ada").sign_in("b", "bob").open("b").settle()
    if control:
        story.private("bob").arrives("b#1")
    return story.ask_private("ada").answered(accepted=200 <= status < 400, status=status).settle()


def test_a_message_to_who_has_no_connection_is_no_failure() -> None:
    assert answered(200).holds("ISO-4")
    (finding,) = answered(500).judged().findings
    assert finding.requirement == "ISO-4"
    assert "answered with 500" in finding.seen


def test_a_request_that_is_never_accepted_or_got_no_answer_says_nothing() -> None:
    assert answered(403, control=False).broken == []
    story = answered(0)
    assert story.broken == []
    assert not story.holds("ISO-4")


def test_a_message_to_who_is_there_says_nothing_about_who_is_not() -> None:
    story = Story().sign_in("a", "ada").open("a").settle().private("ada").arrives("a#1").settle()
    assert not story.holds("ISO-4")


def test_an_unknown_id_may_be_refused_and_breaks_nothing() -> None:
    stranger = unknown_id(list(USERS.values()))
    for status, broken in ((200, []), (404, []), (500, ["ISO-4"])):
        story = Story().sign_in("b", "bob").open("b").settle().private("bob").arrives("b#1")
        story.ask_private(None, to_id=stranger).answered(accepted=status == 200, status=status).settle()
        assert story.broken == broken
        assert story.holds("ISO-4") is not bool(broken)

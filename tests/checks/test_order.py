"""ORD-1 and ORD-2: messages of one producer arrive in the order in which they were published, and once."""

from __future__ import annotations

import pytest

from tests.model.stories import NOTES, Story


def guest() -> Story:
    return Story().open("a").settle()


def test_messages_that_arrive_in_order_hold() -> None:
    story = guest().broadcast("1").arrives("a#1").broadcast("2").arrives("a#1").settle()
    assert story.broken == []
    assert story.judged().held["ORD-1"] == 1
    assert story.judged().held["ORD-2"] == 2


def test_a_message_that_arrives_after_one_published_later_is_out_of_order() -> None:
    story = guest().broadcast("1").broadcast("2").arrives("a#1", name="2").arrives("a#1", name="1").settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.token) == ("ORD-1", story.token("1"))


def test_each_message_that_was_overtaken_is_told() -> None:
    story = guest().broadcast("1").broadcast("2").broadcast("3")
    for name in "312":
        story.arrives("a#1", name=name)
    assert [each.token for each in story.settle().judged().findings] == [story.token("1"), story.token("2")]


def test_messages_published_at_the_same_time_may_arrive_in_any_order() -> None:
    story = guest().ask_broadcast("1").ask_broadcast("2").answered("1").answered("2")
    assert story.arrives("a#1", name="2").arrives("a#1", name="1").settle().broken == []


def test_a_message_whose_request_was_never_answered_has_no_place_in_the_order() -> None:
    story = guest().ask_broadcast("1").broadcast("2").arrives("a#1", name="2").arrives("a#1", name="1").settle()
    assert story.broken == []


def test_messages_on_different_channels_may_overtake_each_other() -> None:
    story = Story().sign_in("a", "ada").open("a").settle().private("ada", "1").broadcast("2")
    assert story.arrives("a#1", name="2").arrives("a#1", name="1").settle().broken == []


def test_a_message_that_was_lost_puts_nothing_out_of_order() -> None:
    story = guest().broadcast("1").broadcast("2").arrives("a#1", name="2").settle()
    assert story.broken == ["BC-1"]


def test_replies_to_echoes_have_no_order() -> None:
    story = guest().echo("a#1", "1").echo("a#1", "2").arrives("a#1", name="2").arrives("a#1", name="1").settle()
    assert story.broken == []


def test_a_message_that_arrives_twice_is_a_repetition() -> None:
    story = guest().broadcast().arrives("a#1", "a#1").settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.seen) == ("ORD-2", "it arrived 2 times")


def test_a_message_may_arrive_on_the_old_and_on_the_new_connection() -> None:
    story = guest().broadcast().arrives("a#1").close("a").open("a").arrives("a#2").settle()
    assert story.broken == []


@pytest.mark.parametrize("channel", [None, NOTES])
def test_a_message_of_another_run_is_in_nobodys_order(channel: str | None) -> None:
    story = guest().broadcast("1").arrives("a#1")
    story.events += Story().broadcast("?").broadcast("?").broadcast("?").arrives("a#1", channel=channel).events[-1:]
    assert story.settle().broken == []


def test_a_tab_is_handed_messages_in_order() -> None:
    story = Story(world="page").tab("a/1").open("a").settle().broadcast("1").arrives("a#1").broadcast("2")
    story.arrives("a#1").arrives("a/1", name="2").arrives("a/1", name="1").settle()
    assert [(each.requirement, each.observer) for each in story.judged().findings] == [("ORD-1", "a/1")]


def test_a_tab_is_not_blamed_for_the_order_of_its_connection() -> None:
    story = Story(world="page").tab("a/1").open("a").settle().broadcast("1").broadcast("2")
    story.arrives("a#1", "a/1", name="2").arrives("a#1", "a/1", name="1").settle()
    assert [(each.requirement, each.observer) for each in story.judged().findings] == [("ORD-1", "a#1")]


def test_a_tab_that_was_loaded_again_starts_anew() -> None:
    story = Story(world="page").tab("a/1").open("a").settle().broadcast("1").broadcast("2")
    story.arrives("a#1", name="1").arrives("a#1", "a/1", name="2").end_tab("a/1", how="reload").tab("a/1")
    assert story.arrives("a/1", name="1").settle().broken == []

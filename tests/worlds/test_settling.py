"""When waiting on can change nothing but which of two findings is told."""

from __future__ import annotations

from harness.model.duty import owed
from harness.worlds.settling import overtaken
from tests.model.stories import Story


def given_up(story: Story) -> bool:
    model = story.model
    return overtaken(model, owed(model))


def test_nothing_missing_needs_no_waiting() -> None:
    assert given_up(Story().open("a").broadcast().arrives("a#1"))


def test_a_message_that_later_ones_have_passed_need_not_be_waited_for() -> None:
    story = Story().open("a").broadcast("1").broadcast("2")
    assert not given_up(story)
    assert given_up(story.arrives("a#1", name="2"))


def test_an_earlier_message_says_nothing_about_a_later_one() -> None:
    assert not given_up(Story().open("a").broadcast("1").broadcast("2").arrives("a#1", name="1"))


def test_each_missing_message_must_have_been_passed() -> None:
    story = Story().open("a", "b").broadcast("1").broadcast("2").arrives("a#1", name="2")
    assert not given_up(story)
    assert given_up(story.arrives("b#1", name="2"))


def test_a_message_on_another_channel_passes_nothing() -> None:
    story = Story().sign_in("a", "ada").open("a").broadcast("1").private("ada", "2").arrives("a#1", name="2")
    assert not given_up(story)


def test_a_message_of_another_run_passes_nothing() -> None:
    story = Story().open("a").broadcast("1")
    story.events += Story().broadcast().broadcast().arrives("a#1").events[-1:]
    assert not given_up(story)


def test_a_tab_is_looked_up_under_its_present_life() -> None:
    story = Story(world="page").tab("a/1").open("a").broadcast("1").broadcast("2").arrives("a#1", name="1")
    story.arrives("a#1", name="2")
    assert not given_up(story)
    assert given_up(story.arrives("a/1", name="2"))

"""Tabs that are away and come back: who is away when, and when nothing is owed because it changes hands."""

from __future__ import annotations

import pytest

from harness.model.absence import AWAY, away_at, changing_hands
from harness.model.duty import must_reach_tab
from tests.model.stories import Story


def gone(how: str = "leave") -> Story:
    """Browser a with a/1 away and a/2 open, not settled yet."""
    story = Story(world="page").tab("a/1", "a/2").open("a").browser_settled("a").settle()
    return story.end_tab("a/1", how=how)


def away(story: Story) -> list[str]:
    model = story.model
    return [life.key for life in away_at(model.browser("a"), model.now.index)]


def owes(story: Story) -> bool:
    """Whether a/2 is owed the last message."""
    model = story.model
    return must_reach_tab(model, model.tabs["a/2"], model.messages[story.token()])


@pytest.mark.parametrize("how", sorted(AWAY))
def test_a_tab_is_away_from_when_it_goes_until_it_is_back(how: str) -> None:
    assert away(gone(how)) == ["a/1~1"]
    assert away(gone(how).come_back("a/1")) == []
    assert away(gone(how).come_back("a/1").end_tab("a/1", how=how)) == ["a/1~2"]


def test_a_tab_that_was_closed_is_not_away() -> None:
    assert away(gone("close")) == []


def test_a_tab_that_goes_later_is_not_away_yet() -> None:
    story = gone()
    model = story.model
    assert not list(away_at(model.browser("a"), model.now.index - 1))


def test_once_settled_the_others_are_owed_what_their_connection_gets() -> None:
    assert owes(gone().browser_settled("a", tabs=1, away=1).broadcast().arrives("a#1").settle())


def test_until_it_is_settled_nothing_is_owed() -> None:
    assert not owes(gone().broadcast().arrives("a#1").browser_settled("a", tabs=1, away=1).settle())


def test_nor_while_a_tab_comes_back() -> None:
    there = gone().browser_settled("a", tabs=1, away=1)
    assert not owes(there.come_back("a/1").broadcast().arrives("a#1").settle())


def test_nor_what_was_under_way_when_a_tab_went() -> None:
    story = Story(world="page").tab("a/1", "a/2").open("a").browser_settled("a").settle()
    assert not owes(story.broadcast().arrives("a#1").end_tab("a/1", how="freeze").settle())


def test_another_browsers_settling_does_not_count() -> None:
    story = gone().browser_settled("b", tabs=1).broadcast()
    model = story.model
    assert changing_hands(model, model.browser("a"), model.messages[story.token()])


def test_nothing_changes_hands_where_nobody_went() -> None:
    story = gone("close").broadcast()
    model = story.model
    assert not changing_hands(model, model.browser("a"), model.messages[story.token()])


def test_where_tabs_cannot_share_nothing_is_owed_while_a_connection_comes_or_goes() -> None:
    story = Story(world="page").limit("a").tab("a/1", "a/2").open("a", "a").browser_settled("a", live=2).settle()
    story.broadcast("before").arrives("a#1").settle()
    assert owes(story)
    story.closing("a#1").closed("a#1").broadcast("meanwhile").arrives("a#2").settle()
    assert not owes(story)
    assert owes(story.open("a").browser_settled("a", live=2).broadcast("after").arrives("a#3").settle())

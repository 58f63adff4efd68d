"""TAB-5: tabs that open at the same time never make more than two connections at once."""

from __future__ import annotations

import pytest

from tests.model.stories import Story

TABS = ("a/1", "a/2", "a/3")


def opening(connections: int = 1) -> Story:
    """Three tabs of browser a that open at once, and so many connections with them."""
    story = Story(world="page").tab(*TABS, ready=False)
    return story.open(*["a"] * connections)


def settled(story: Story) -> Story:
    return story.tab_ready(*TABS).browser_settled("a", tabs=3)


@pytest.mark.parametrize("connections", [1, 2])
def test_one_connection_and_one_more_that_is_handed_over_hold(connections: int) -> None:
    story = settled(opening(connections))
    assert story.broken == []
    assert story.holds("TAB-5")


def test_three_connections_at_a_time_are_found() -> None:
    assert settled(opening(3)).broken == ["TAB-5"]


def test_one_after_the_other_is_no_matter() -> None:
    story = opening(2).closing("a#1").closed("a#1").open("a")
    assert settled(story).broken == []


def test_tabs_that_open_one_after_the_other_prove_nothing() -> None:
    story = Story(world="page").tab(*TABS).open("a", "a", "a").browser_settled("a", tabs=3)
    assert story.broken == []
    assert not story.holds("TAB-5")


def test_without_a_connection_nothing_is_proved() -> None:
    assert not settled(opening(0)).holds("TAB-5")


def test_a_sign_in_meanwhile_makes_more_connections_rightly() -> None:
    story = opening(1).changing("a", "ada").changed("a", "ada").open("a", "a")
    assert settled(story).broken == []


def test_a_tab_that_goes_meanwhile_too() -> None:
    story = opening(3).end_tab("a/3")
    assert story.tab_ready("a/1", "a/2").browser_settled("a").broken == []


def test_a_restart_meanwhile_too() -> None:
    assert settled(opening(1).restart().open("a", "a", "a")).broken == []


def test_where_tabs_cannot_share_each_has_its_own() -> None:
    story = Story(world="page").limit("a").tab(*TABS, ready=False).open("a", "a", "a")
    assert settled(story).broken == []


def test_tabs_that_come_back_do_not_open() -> None:
    story = settled(opening())
    for tab in TABS:
        story.end_tab(tab, how="freeze")
    for tab in TABS:
        story.come_back(tab)
    story.open("a", "a", "a").tab_ready(*TABS).browser_settled("a", tabs=3)
    assert story.judged().held["TAB-5"] == 1


def test_each_browser_is_judged_by_what_it_did() -> None:
    story = opening(2).tab("b/1").open("b").browser_settled("b", tabs=1)
    assert settled(story).judged().held["TAB-5"] == 1

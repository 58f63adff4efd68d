"""TAB-4, TAB-9 and TAB-10: what is filed where tabs are away, came back, or cannot share."""

from __future__ import annotations

import pytest

from tests.checks.paged import PageStory
from tests.model.stories import Story


def there(how: str, *, live: int = 1, deaf: tuple[str, ...] = ()) -> Story:
    """Browser a, whose tab a/1 is away, and a/2 and a/3, settled."""
    story = Story(world="page").tab("a/1", "a/2", "a/3").open("a").browser_settled("a", tabs=3).settle()
    return story.end_tab("a/1", how=how).browser_settled("a", live=live, away=1, deaf=deaf)


HOWS = {"leave": "TAB-4", "freeze": "TAB-9", "hang": "TAB-9"}
hows = pytest.mark.parametrize(("how", "requirement"), HOWS.items())


@hows
def test_others_that_hear_on_one_connection_hold(how: str, requirement: str) -> None:
    story = there(how).broadcast().arrives("a#1", "a/2", "a/3").settle()
    assert story.broken == []
    assert story.holds(requirement)
    assert story.holds("TAB-2")


@hows
def test_a_tab_that_is_away_may_keep_a_connection_of_its_own(how: str, requirement: str) -> None:
    story = there(how, live=2)
    assert story.broken == []
    assert story.holds(requirement)


@hows
def test_three_connections_are_too_many_all_the_same(how: str, requirement: str) -> None:
    story = there(how, live=3)
    assert story.broken == ["TAB-1"]
    assert not story.holds(requirement)


@hows
def test_no_connection_at_all_is_a_hand_over_that_failed(how: str, requirement: str) -> None:
    assert there(how, live=0).broken == [requirement]


@hows
def test_others_that_hear_nothing_are_found(how: str, requirement: str) -> None:
    story = there(how, deaf=("a/2",))
    assert story.broken == [requirement]
    assert "a/2 heard nothing" in story.judged().findings[0].seen


@pytest.mark.parametrize(("how", "requirement"), {**HOWS, "leave": "ORD-1"}.items())
def test_what_is_handed_on_when_a_tab_wakes_up_is_no_matter_of_order_alone(how: str, requirement: str) -> None:
    story = there(how).broadcast("1").broadcast("2").arrives("a#1", name="1").arrives("a#1", "a/3", name="2").settle()
    story.arrives("a/3", name="1").settle()
    found = [each for each in story.judged().findings if each.check == "order"]
    assert [(each.requirement, each.observer) for each in found] == [(requirement, "a/3")]


@hows
def test_what_they_miss_is_filed_there(how: str, requirement: str) -> None:
    story = there(how).broadcast().arrives("a#1").settle()
    assert story.broken == [requirement] * 2


@hows
def test_what_they_send_in_vain_is_filed_there(how: str, requirement: str) -> None:
    assert there(how).echo("a/2").settle().broken == [requirement]


@hows
def test_what_their_browser_has_no_connection_for_is_filed_there(how: str, requirement: str) -> None:
    story = there(how, live=0).closed("a#1").browser_settled("a", live=0, away=1).broadcast().settle()
    assert set(story.broken) == {requirement}


def test_a_sign_out_while_a_tab_hangs_that_leaves_no_connection_is_the_hanging_tabs() -> None:
    story = there("hang").sign_in("a", "ada").browser_settled("a", live=0, away=1)
    assert story.broken == ["TAB-9"]


@hows
def test_a_tab_that_is_back_and_hears_nothing_is_found(how: str, requirement: str) -> None:
    back = there(how).come_back("a/1").browser_settled("a", tabs=3, deaf=("a/1",)).tab_ready("a/1")
    assert back.broken == [requirement]
    story = back.browser_settled("a", tabs=3, deaf=("a/1",)).broadcast().arrives("a#1", "a/2", "a/3").settle()
    assert set(story.broken) == {requirement}


@hows
def test_all_that_hear_once_a_tab_is_back_hold(how: str, requirement: str) -> None:
    story = there(how).come_back("a/1").browser_settled("a", tabs=3).tab_ready("a/1")
    story.broadcast().arrives("a#1", "a/1", "a/2", "a/3").settle()
    assert story.broken == []
    assert story.judged().held[requirement] == 2


def test_a_message_twice_in_a_tab_that_hung_is_filed_under_that() -> None:
    asked = there("hang").broadcast().arrives("a#1", "a/2", "a/3")
    assert asked.come_back("a/1").arrives("a/1", "a/1").settle().broken == ["TAB-9"]


def test_a_message_twice_in_another_while_a_tab_hangs_too() -> None:
    assert there("hang").broadcast().arrives("a#1", "a/2", "a/3", "a/3").settle().broken == ["TAB-9"]


def test_a_message_twice_once_all_are_back_is_the_tabs_own_fault() -> None:
    story = there("hang").come_back("a/1").browser_settled("a", tabs=3).tab_ready("a/1")
    assert story.broadcast().arrives("a#1", "a/1", "a/2", "a/3", "a/3").settle().broken == ["TAB-2"]


def test_a_message_twice_after_a_tab_was_left_is_the_tabs_own_fault() -> None:
    assert there("leave").broadcast().arrives("a#1", "a/2", "a/3", "a/3").settle().broken == ["TAB-2"]


def insecure(how: str = "insecure", *, live: int = 2) -> Story:
    story = Story(world="page").limit("a", how).tab("a/1", "a/2").open("a", "a")
    return story.browser_settled("a", live=live)


@pytest.mark.parametrize("live", [1, 2])
def test_where_tabs_cannot_share_each_may_have_a_connection(live: int) -> None:
    story = insecure(live=live).broadcast().arrives("a#1", "a#2", "a/1", "a/2").settle()
    assert story.broken == []
    assert story.holds("TAB-10")
    assert not story.holds("TAB-1")


def test_a_message_twice_is_found_there_too() -> None:
    assert insecure().broadcast().arrives("a#1", "a#2", "a/1", "a/2", "a/2").settle().broken == ["TAB-2"]


def test_more_connections_than_tabs_are_too_many() -> None:
    assert insecure(live=3).broken == ["TAB-1"]


def test_no_connection_means_that_the_page_does_not_work_without_locks() -> None:
    assert insecure(live=0).broken == ["TAB-10"]


def test_nor_does_a_page_work_that_never_opens_one() -> None:
    story = Story(world="page").limit("a").tab("a/1", ready=False)
    assert story.browser_settled("a", tabs=1, live=0, ready=0).broken == ["TAB-10"]


def test_a_page_that_says_open_has_its_connection_where_it_was_not_seen() -> None:
    assert Story(world="page").limit("a").tab("a/1").browser_settled("a", tabs=1, live=0).broken == []


def test_a_tab_that_hears_nothing_without_locks_does_not_work() -> None:
    assert insecure().broadcast().arrives("a#1", "a#2", "a/1").settle().broken == ["TAB-10"]


def test_a_page_in_a_frame_of_another_site_may_do_without_a_connection() -> None:
    assert insecure("third-party", live=0).broken == []


def framed(*states: int | None, live: int = 1) -> PageStory:
    """Two tabs in frames of another site, on a connection that was opened and may have ended, which say their state."""
    story = PageStory()
    story.limit("a", "third-party").tab("a/1", "a/2").open("a")
    if not live:
        story.closing("a#1").closed("a#1")
    story.says("a/1", state=states[0]).says("a/2", state=states[1])
    story.browser_settled("a", live=live)
    return story


@pytest.mark.parametrize("state", [0, 3, None])
def test_a_page_that_declines_there_owes_nothing(state: int | None) -> None:
    assert framed(state, state, live=0).broadcast().settle().broken == []
    assert framed(1, state).broadcast().arrives("a#1", "a/1").settle().broken == []


def test_a_page_that_says_open_there_hears_each_message_and_once() -> None:
    assert framed(1, 1).broadcast().arrives("a#1", "a/1", "a/2").settle().broken == []
    assert framed(1, 1).broadcast().arrives("a#1", "a/1").settle().broken == ["TAB-10"]
    assert framed(1, 3).broadcast().arrives("a#1", "a/1", "a/1").settle().broken == ["TAB-2"]


def test_another_browser_is_not_limited_by_it() -> None:
    story = insecure().tab("b/1", "b/2").open("b")
    assert story.browser_settled("b", live=2).broken == ["TAB-1"]

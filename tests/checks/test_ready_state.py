"""TAB-11, and what tabs say of their user (TAB-7): what they show is true."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.checks.filing_tabs import SHUT_AFTER_CHANGE
from tests.checks.paged import PageStory, back, down, two_tabs
from tests.model.stories import USERS


def test_tabs_that_know_that_the_connection_is_gone_hold() -> None:
    story = down()
    assert story.broken == []
    assert story.judged().held["TAB-11"] == two_tabs().judged().held["TAB-11"] + 2


def test_a_tab_that_learns_of_a_connection_that_was_there_before_it_holds() -> None:
    assert two_tabs().judged().held["TAB-11"] == 2


def test_a_tab_that_shows_open_without_a_connection_is_found() -> None:
    story = two_tabs().fault("a#1").says("a/1", state=3).wait(2).says("a/2")
    assert [(each.requirement, each.observer) for each in story.judged().findings] == [("TAB-11", "a/2")]


SILENT: dict[str, Callable[[], PageStory]] = {
    "tabs still have time to tell each other": lambda: two_tabs().fault("a#1").wait(0.5).says("a/2"),
    "it took its time to say so": lambda: two_tabs().fault("a#1").wait(2).says("a/2", took_s=2.0),
    "the page was not told": lambda: two_tabs().fault("a#1", "cut off").wait(9).says("a/1", "a/2"),
    "a handshake was accepted by a fault": lambda: (
        two_tabs().fault("a#1").wait(3).turned_away("a", "close", status=101).says("a/2")
    ),
    "it did not answer before": lambda: two_tabs().fault("a#1").wait(3).says("a/2", state=None).says("a/2"),
    "it has just begun to answer again": lambda: (
        two_tabs().fault("a#1").says("a/2", state=None).wait(3).says("a/2", state=1)
    ),
    "it was opened afterwards": lambda: two_tabs().fault("a#1").wait(3).tab("a/3", ready=False).says("a/3"),
    "its browser never had a connection": lambda: PageStory().tab("b/1", ready=False).wait(9).says("b/1"),
    "it is gone": lambda: two_tabs().end_tab("a/2").fault("a#1").wait(3).says("a/2"),
    "a handshake is under way": lambda: two_tabs().says("a/1", state=0).browser_settled("a").dial("a").settle(),
    "nobody asked it": lambda: PageStory().open("a").tab("a/1", "a/2").wait(9).browser_settled("a").settle(),
    "it does not answer": lambda: two_tabs().says("a/2", state=None).wait(9).browser_settled("a").settle(),
}


@pytest.mark.parametrize("story", SILENT.values(), ids=SILENT)
def test_nobody_is_blamed_where(story: Callable[[], PageStory]) -> None:
    assert story().broken == []


@pytest.mark.parametrize(("state", "word"), [(0, "CONNECTING"), (7, "7")])
def test_a_tab_that_never_learns_that_the_connection_is_open_is_found(state: int, word: str) -> None:
    story = two_tabs().tab("a/3", ready=False).says("a/3", state=state).wait(9).browser_settled("a", tabs=3).settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.observer) == ("TAB-11", "a/3")
    assert f"shows {word}" in finding.seen


def test_a_tab_that_hears_nothing_either_says_what_is_true() -> None:
    story = two_tabs().tab("a/3", ready=False).says("a/3", state=0).wait(9)
    outcome = story.browser_settled("a", tabs=3, deaf=("a/3",)).settle().judged()
    assert {each.requirement for each in outcome.findings} == {"TAB-1"}


def test_it_says_whether_the_connection_is_from_before_a_change_of_user() -> None:
    story = two_tabs().changing("a", "ada").changed("a", "ada").says("a/2", state=0).wait(9)
    (finding,) = story.browser_settled("a").settle().judged().findings
    assert (finding.requirement, finding.observer, finding.kind) == ("TAB-11", "a/2", SHUT_AFTER_CHANGE)
    story = two_tabs().sign_in("a", "ada").says("a/2", state=0).wait(9).browser_settled("a").settle()
    assert [each.kind for each in story.judged().findings] == [""]
    story = two_tabs().sign_in("a", "ada").says("a/2", state=0, user=USERS["bob"]).wait(9).browser_settled("a").settle()
    assert SHUT_AFTER_CHANGE in [each.kind for each in story.judged().findings]


def test_a_tab_that_is_still_connecting_has_its_time() -> None:
    story = two_tabs().tab("a/3", ready=False).says("a/3", state=0).wait(2).browser_settled("a", tabs=3).settle()
    assert story.broken == []


def test_what_a_tab_says_later_does_not_count_before() -> None:
    story = two_tabs().tab("a/3", ready=False).says("a/3", state=0).wait(2).browser_settled("a", tabs=3).says("a/3")
    assert story.settle().broken == []


def test_a_tab_that_knew_already_proves_nothing_more() -> None:
    assert down().says("a/1", state=0).judged().held == down().judged().held


def test_all_show_it_when_the_connection_is_back() -> None:
    story = back(down()).broadcast().arrives("a#2", "a/1", "a/2").settle()
    assert story.broken == []
    assert story.holds("LC-2")


def changed(user: str | None, *said: str | None, after_s: float = 9) -> PageStory:
    """Two tabs whose browser became `user`, and who they say it is `after_s` later."""
    story = PageStory().sign_in("a", "ada").open("a").tab("a/1", "a/2").sign_in("a", user)
    for number, each in enumerate(said, start=1):
        story.says(f"a/{number}", user=each, asks=True)
    return story.wait(after_s).browser_settled("a").settle()


@pytest.mark.parametrize("user", ["bob", None])
def test_tabs_that_know_the_user_are_right(user: str | None) -> None:
    number = USERS[user] if user else None
    assert changed(user, number, number).broken == []


@pytest.mark.parametrize("user", ["bob", None])
def test_a_tab_that_names_the_user_of_before_is_warned_of(user: str | None) -> None:
    number = USERS[user] if user else None
    (finding,) = changed(user, number, USERS["ada"]).judged().findings
    assert (finding.requirement, finding.observer, finding.level) == ("TAB-7", "a/2", "warn")


def test_what_happens_later_gives_a_tab_no_more_time() -> None:
    story = changed("bob", USERS["bob"], USERS["ada"]).sign_in("a", "ada")
    assert [finding.observer for finding in story.judged().findings] == ["a/2"]


def test_a_tab_has_time_to_ask_whose_its_new_connection_is() -> None:
    assert changed("bob", USERS["bob"], USERS["ada"], after_s=0.5).broken == []


def test_a_tab_that_names_nobody_known_is_left_alone() -> None:
    assert changed("bob", "somebody", None).broken == []


def test_who_it_is_is_not_asked_while_nobody_knows() -> None:
    story = PageStory().sign_in("a", "ada").open("a").tab("a/1").changing("a", None).says("a/1", user=USERS["ada"])
    assert story.browser_settled("a", tabs=1).settle().broken == []

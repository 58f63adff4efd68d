"""SUB-1 to SUB-4: a view hears from its mount to its unmount, whatever others do. OPS-1: a text stays one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.checks.paged import PageStory, back, two_tabs
from tests.model.stories import NOTES


def heard() -> PageStory:
    """Two tabs at rest that were handed a broadcast each."""
    story = two_tabs()
    story.broadcast("first").arrives("a#1", "a/1", "a/2").settle()
    return story


def quiet(*, times: int = 1) -> PageStory:
    """The same, and the first tab has unmounted its view."""
    return heard().view("a/1", mounted=False, times=times)


def told(story: PageStory, *tabs: str) -> PageStory:
    story.broadcast().arrives("a#1", *tabs).settle()
    return story


def test_what_is_unmounted_is_quiet_and_another_view_is_not() -> None:
    story = told(quiet(), "a/2")
    assert story.broken == []
    assert story.holds("SUB-1")
    assert story.holds("SUB-2")


def test_a_view_that_hears_on_is_found() -> None:
    story = told(quiet(), "a/1", "a/2")
    assert [(each.requirement, each.observer, each.kind) for each in story.judged().findings] == [
        ("SUB-1", "a/1", "heard")
    ]


def test_a_handler_that_leaked_is_found() -> None:
    assert told(quiet(times=9), "a/1", "a/2").broken == ["SUB-3"]
    assert told(quiet(times=9), "a/2").holds("SUB-3")


def test_another_view_that_falls_silent_is_found() -> None:
    assert told(quiet()).broken == ["SUB-2"]


def test_a_view_that_is_mounted_again_hears() -> None:
    story = told(quiet().view("a/1", mounted=True), "a/1", "a/2")
    assert story.broken == []
    assert story.holds("SUB-1")


def test_what_came_before_the_mount_is_told_when_it_is_handed_out_after_it() -> None:
    story = quiet().broadcast("missed").arrives("a#1", "a/2").settle().wait(9).view("a/1", mounted=True)
    assert story.arrives("a/1", name="missed").broken == ["SUB-1"]
    assert [each.level for each in story.judged().findings] == ["warn"]


def test_what_came_just_before_the_mount_may_still_be_on_its_way_between_tabs() -> None:
    story = quiet().broadcast("late").arrives("a#1", "a/2").settle().view("a/1", mounted=True)
    assert story.arrives("a/1", name="late").broken == []


def test_what_was_on_its_way_at_the_mount_may_be_handed_out_after_it() -> None:
    story = quiet().broadcast("late").arrives("a#1", "a/2").view("a/1", mounted=True)
    assert story.arrives("a/1", name="late").settle().broken == []


def test_a_view_that_is_mounted_again_and_does_not_hear_is_found() -> None:
    assert told(quiet().view("a/1", mounted=True), "a/2").broken == ["SUB-1"]


@pytest.mark.parametrize("tabs", [("a/2",), ("a/1", "a/1", "a/2")])
def test_a_view_that_was_mounted_quickly_and_hears_nothing_or_twice_is_found(tabs: tuple[str, ...]) -> None:
    assert told(heard().view("a/1", mounted=True, times=10), *tabs).broken == ["SUB-3"]


def test_a_view_that_was_mounted_quickly_hears_once() -> None:
    story = told(heard().view("a/1", mounted=True, times=10), "a/1", "a/2")
    assert story.broken == []
    assert story.holds("SUB-3")


@pytest.mark.parametrize(("tabs", "broken"), [(("a/1", "a/2"), []), (("a/2",), ["SUB-4"])])
def test_a_view_that_was_mounted_while_it_was_down_hears_when_it_is_back(
    tabs: tuple[str, ...], broken: list[str]
) -> None:
    story = quiet().fault("a#1").says("a/1", "a/2", state=3).view("a/1", mounted=True)
    story = back(story)
    story.broadcast().arrives("a#2", *tabs).settle()
    assert story.broken == broken
    assert story.holds("SUB-4") is not bool(broken)


def _came_before() -> PageStory:
    story = heard()
    story.broadcast().arrives("a#1")
    story.view("a/1", mounted=False).arrives("a/1", "a/2").settle()
    return story


def _mounted_again() -> PageStory:
    story = quiet()
    story.broadcast().arrives("a#1")
    story.view("a/1", mounted=True).arrives("a/1", "a/2").settle()
    return story


def _never_came() -> PageStory:
    story = quiet()
    story.private("ada").settle()
    return story


def _meanwhile() -> PageStory:
    story = heard()
    story.broadcast()
    story.view("a/1", mounted=False).arrives("a#1", "a/2").settle()
    return story


def _unsettled() -> PageStory:
    story = quiet()
    story.broadcast().arrives("a#1", "a/2")
    return story


@pytest.mark.parametrize(("times", "broken"), [(1, ["SUB-1"]), (9, ["SUB-3"])])
def test_what_is_handed_out_late_is_found_in_a_view_that_is_gone(times: int, broken: list[str]) -> None:
    story = heard()
    story.broadcast().arrives("a#1")
    story.view("a/1", mounted=False, times=times, looked=True).arrives("a/1", "a/2").settle()
    assert story.broken == broken
    assert [(each.observer, each.kind) for each in story.judged().findings] == [("a/1", "heard")]


def test_what_was_handed_out_before_the_unmount_or_after_a_mount_is_not_late() -> None:
    story = heard()
    story.broadcast().arrives("a#1", "a/1").view("a/1", mounted=False, looked=True).arrives("a/2").settle()
    story.view("a/1", mounted=True, looked=True).broadcast("late")
    story.arrives("a#1", "a/2").view("a/1", mounted=False, looked=True).view("a/1", mounted=True, looked=True)
    assert story.arrives("a/1", name="late").settle().broken == []


@pytest.mark.parametrize(
    ("came", "handed", "broken", "holds"),
    [(3, 3, [], True), (3, 1, ["TAB-2"], False), (3, 0, [], False), (1, 1, [], False), (3, 4, [], False)],
)
def test_messages_that_equal_each_other_are_messages_each(
    came: int, handed: int, broken: list[str], *, holds: bool
) -> None:
    story = PageStory().tab("a/1").open("a").settle().same("a/1", came=came, handed=handed)
    assert story.broken == broken
    assert story.holds("TAB-2") is holds


MAYBE: dict[str, Callable[[], PageStory]] = {
    "it never heard before": lambda: told(two_tabs().view("a/1", mounted=False), "a/1", "a/2"),
    "it came before": _came_before,
    "it was mounted again before it was handed out": _mounted_again,
    "it never came": _never_came,
    "the page has not answered": lambda: told(heard().view("a/1", mounted=False, done=False), "a/1", "a/2"),
    "it was unmounted meanwhile": _meanwhile,
    "another channel was unmounted": lambda: told(heard().view("a/1", mounted=False, channel=NOTES), "a/1", "a/2"),
    "it is being mounted": lambda: told(quiet().view("a/1", mounted=True, done=False), "a/2"),
    "nothing was settled": _unsettled,
}


@pytest.mark.parametrize("story", MAYBE.values(), ids=MAYBE)
def test_nobody_is_blamed_where(story: Callable[[], PageStory]) -> None:
    assert story().broken == []


def test_a_tab_is_owed_no_reply_on_a_channel_that_it_unmounted() -> None:
    story = two_tabs()
    story.echo("a/1").uplink("a#1").arrives("a#1", "a/1").settle()
    channel = "site_chat_echo"
    story.view("a/1", mounted=False, channel=channel).echo("a/1").uplink("a#1").arrives("a#1").settle()
    assert story.broken == []


@pytest.mark.parametrize(
    ("story", "broken"),
    [
        (two_tabs().markup("a/1", shown=True), []),
        (two_tabs().markup("a/1"), []),
        (two_tabs().markup("a/1", rendered=True), ["OPS-1"]),
        (two_tabs().markup("a/1", ran=True), ["OPS-1"]),
    ],
)
def test_a_text_is_shown_as_a_text(story: PageStory, broken: list[str]) -> None:
    assert story.broken == broken


def test_a_text_that_is_not_shown_proves_nothing() -> None:
    assert not two_tabs().markup("a/1").holds("OPS-1")
    assert two_tabs().markup("a/1", shown=True).holds("OPS-1")

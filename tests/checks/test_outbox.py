"""TAB-12 and ID-13: what tabs send while there is no connection."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.history import PublishFinished
from tests.checks.paged import PageStory, back, down, two_tabs


def refused(story: PageStory) -> PageStory:
    story.events.append(PublishFinished(at_s=story.now_s, token=story.token(), accepted=False))
    return story


def test_what_waited_and_goes_up_once_holds() -> None:
    story = down()
    story.echo("a/2").open("a").uplink("a#2").arrives("a#2", "a/2").says("a/1", "a/2").browser_settled("a").settle()
    assert story.broken == []
    assert story.holds("TAB-12")


def test_what_is_refused_aloud_holds() -> None:
    story = down()
    story.echo("a/2")
    story = back(refused(story))
    assert story.broken == []
    assert story.holds("TAB-12")


def test_what_is_swallowed_is_found() -> None:
    story = down()
    story.echo("a/2")
    assert back(story).broken == ["TAB-12"]


def test_what_goes_up_beside_others_is_told_from_them() -> None:
    story = adas()
    story.echo("a/1").open("a").uplink("a#2").says("a/1", "a/2").browser_settled("a").settle()
    assert story.broken == ["TAB-12"]  # the first of the two


def test_what_goes_up_twice_is_found() -> None:
    story = down()
    story.echo("a/2").open("a").uplink("a#2").uplink("a#2").says("a/1", "a/2").browser_settled("a").settle()
    assert story.broken == ["TAB-12"]


def queued(*sent: str, goes_up: str, then: Callable[[PageStory], object] = lambda _: None) -> PageStory:
    """Tabs send messages "a/1 1" while down; they go up in the order of the names, each on a#2 and answered there."""
    story = down()
    for words in sent:
        story.echo(*words.split())
    then(story)
    story.open("a")
    senders = {name: tab for tab, name in map(str.split, sent)}
    for name in goes_up:
        story.uplink("a#2", name).arrives("a#2", senders[name], name=name)
    return story.says("a/1", "a/2").browser_settled("a").settle()


def test_what_one_tab_queued_goes_up_in_that_order() -> None:
    assert queued("a/2 1", "a/2 2", "a/2 3", goes_up="123").broken == []
    assert queued("a/2 1", "a/2 2", "a/2 3", goes_up="321").broken == ["TAB-12"]
    assert queued("a/2 1", "a/2 2", "a/2 3", goes_up="132").broken == ["TAB-12"]


def test_what_several_tabs_queued_goes_up_in_any_order() -> None:
    assert queued("a/2 1", "a/1 2", "a/2 3", goes_up="213").broken == []


def test_the_order_may_change_where_a_tab_went_or_the_user_changed() -> None:
    assert queued("a/2 1", "a/2 2", goes_up="21", then=lambda story: story.end_tab("a/1")).broken == []
    changed = queued("a/2 1", "a/2 2", goes_up="21", then=lambda story: story.changing("a", "ada").changed("a", "ada"))
    assert "TAB-12" not in changed.broken


MAYBE: dict[str, Callable[[], PageStory]] = {
    "the tab did not know": lambda: _back(two_tabs().fault("a#1").echo("a/2")),
    "the tab did not answer": lambda: _back(two_tabs().fault("a#1").says("a/2", state=None).echo("a/2")),
    "the sender is gone": lambda: _back(down().echo("a/2").end_tab("a/2")),
    "it is not back": lambda: down().echo("a/2").settle(),
    "it signed in meanwhile": lambda: _back(down().echo("a/2").changing("a", "ada").changed("a", "ada")),
    "nothing was settled": lambda: down().echo("a/2"),
    "it was sent before": lambda: _back(two_tabs().echo("a/2").fault("a#1").says("a/1", "a/2", state=3)),
    "it was somebody's of another life": lambda: _back(down().echo("a/9")),
    "it is no echo": lambda: _back(down().stray("a/2")),
}


def _back(story: object) -> PageStory:
    assert isinstance(story, PageStory)
    return back(story)


@pytest.mark.parametrize("story", MAYBE.values(), ids=MAYBE)
def test_nobody_is_blamed_where(story: Callable[[], PageStory]) -> None:
    assert story().broken == []


def adas() -> PageStory:
    """Ada's browser with two tabs, its connection broken, a message of hers waiting."""
    story = PageStory().sign_in("a", "ada").open("a").tab("a/1", "a/2").says("a/1", "a/2")
    story.browser_settled("a").settle()
    story.fault("a#1").says("a/1", "a/2", state=3).echo("a/2")
    return story


def test_what_one_user_sent_is_never_sent_as_another() -> None:
    story = adas()
    story.changing("a", "bob").changed("a", "bob")
    story.open("a").uplink("a#2").says("a/1", "a/2").browser_settled("a").settle()
    assert story.broken == ["ID-13"]


def test_what_is_dropped_when_the_user_changes_holds() -> None:
    story = adas()
    story.changing("a", "bob").changed("a", "bob")
    story = back(story)
    assert story.broken == []
    assert story.holds("ID-13")


@pytest.mark.parametrize("user", ["ada", None])
def test_to_be_sent_as_oneself_or_as_a_guest_is_no_matter(user: str | None) -> None:
    story = adas()
    story.changing("a", user).changed("a", user)
    story.open("a").uplink("a#2").says("a/1", "a/2").browser_settled("a").settle()
    assert story.broken == []
    assert not story.holds("ID-13")

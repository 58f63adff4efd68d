"""TAB-8: a late relayed message of the old user is dropped."""

from __future__ import annotations

import pytest

from tests.checks.paged import PageStory


def switched(*, wait_s: float = 0.0, to: str | None = "bob") -> PageStory:
    """Ada's two tabs, which a message of hers reached at the connection just before they became somebody else's."""
    story = PageStory().sign_in("a", "ada").open("a").tab("a/1", "a/2")
    story.browser_settled("a").settle().private("ada").arrives("a#1", "a/1").wait(wait_s)
    return story.changing("a", to).changed("a", to).close("a").open("a")


def test_what_is_dropped_holds() -> None:
    story = switched()
    story.browser_settled("a").settle()
    assert story.broken == []
    assert story.holds("TAB-8")


@pytest.mark.parametrize("to", ["bob", None])
def test_what_is_handed_out_when_all_is_over_is_found(to: str | None) -> None:
    story = switched(to=to)
    story.browser_settled("a").arrives("a/2").settle()
    assert [(each.requirement, each.observer) for each in story.judged().findings] == [("TAB-8", "a/2")]


@pytest.mark.parametrize(
    "story",
    [
        switched().arrives("a/2").browser_settled("a"),
        switched(),
        switched(wait_s=3.0).browser_settled("a"),
        switched(to="ada").browser_settled("a").arrives("a/2"),
    ],
    ids=["in time", "not at rest", "long before", "the same user"],
)
def test_nobody_is_blamed_where(story: PageStory) -> None:
    assert story.settle().broken == []


def test_a_tab_that_was_opened_later_has_no_part_in_it() -> None:
    story = switched().tab("a/3")
    story.browser_settled("a", tabs=3).settle()
    assert story.judged().held["TAB-8"] == 2

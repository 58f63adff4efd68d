"""TAB-7, the lesser half: one sign-in costs one connection, not one a tab."""

from __future__ import annotations

import pytest

from tests.checks.paged import PageStory


def at_rest() -> PageStory:
    story = PageStory().open("a").tab("a/1", "a/2", "a/3")
    story.browser_settled("a", tabs=3).settle()
    return story


def signed_in(*, opens: int, tab: bool = False, refused: int | None = None, by_fault: bool = False) -> PageStory:
    story = at_rest()
    story.changing("a", "ada").changed("a", "ada")
    if tab:
        story.tab("a/4")
    if by_fault:
        story.turned_away("a")
    if refused is not None:
        story.dial("a").refuse("a#2", status=refused)
    for _ in range(opens):
        story.close("a").open("a")
    story.browser_settled("a", tabs=3).settle()
    return story


@pytest.mark.parametrize(
    ("story", "kinds"),
    [
        (signed_in(opens=1), []),
        (signed_in(opens=2), []),
        (signed_in(opens=3), ["storm"]),
        (signed_in(opens=3, tab=True), []),
        (signed_in(opens=3, refused=403), []),
        (signed_in(opens=3, refused=0), ["storm"]),
        (signed_in(opens=2, refused=0), []),
        (signed_in(opens=3, by_fault=True), []),
    ],
)
def test_a_sign_in_costs_few_connections(story: PageStory, kinds: list[str]) -> None:
    assert [(each.requirement, each.kind, each.level) for each in story.judged().findings] == [
        ("TAB-7", kind, "warn") for kind in kinds
    ]


def test_a_tab_that_goes_meanwhile_takes_a_connection_with_it() -> None:
    story = at_rest()
    story.changing("a", "ada").changed("a", "ada").end_tab("a/3", how="full load")
    for _ in range(3):
        story.close("a").open("a")
    assert story.browser_settled("a", tabs=2).settle().broken == []


def test_tabs_that_cannot_share_open_one_each() -> None:
    story = at_rest().limit("a", "insecure")
    story.changing("a", "ada").changed("a", "ada")
    for _ in range(3):
        story.close("a").open("a")
    assert story.browser_settled("a", tabs=3).settle().broken == []

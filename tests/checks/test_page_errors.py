"""TAB-13: no page throws, and what the network does is not its fault."""

from __future__ import annotations

import pytest

from harness.history import ConsoleError, PageError
from tests.checks.paged import PageStory, two_tabs


def threw(story: PageStory, text: str, *, times: int = 1) -> PageStory:
    for _ in range(times):
        story.events.append(PageError(at_s=story.now_s, tab="a/1", text=text))
    return story


def logged(story: PageStory, text: str = "what is this?") -> PageStory:
    story.events.append(ConsoleError(at_s=story.now_s, tab="a/1", text=text))
    return story


def test_a_page_that_throws_is_found_once() -> None:
    story = threw(two_tabs(), "TypeError: undefined is not a function", times=3)
    assert [(each.requirement, each.observer, each.level) for each in story.judged().findings] == [
        ("TAB-13", "a/1", "fail")
    ]
    assert story.judged().held["TAB-13"] == 1  # the other tab


@pytest.mark.parametrize(
    "text",
    [
        "TypeError: Failed to fetch",
        "TypeError: NetworkError when attempting to fetch resource.",
        "TypeError: Load failed",
        "AbortError: The user aborted a request.",
    ],
)
def test_a_request_that_failed_is_no_fault_of_the_page(text: str) -> None:
    story = threw(two_tabs(), text)
    assert story.broken == []


def test_an_error_that_is_logged_out_of_the_blue_is_warned_of() -> None:
    (finding,) = logged(logged(two_tabs())).judged().findings
    assert (finding.requirement, finding.level) == ("TAB-13", "warn")


@pytest.mark.parametrize(
    "story",
    [two_tabs().fault("a#1"), two_tabs().restart(), two_tabs().end_tab("a/2")],
    ids=["fault", "restart", "close"],
)
def test_an_error_that_is_logged_of_something_is_not(story: PageStory) -> None:
    assert logged(story).broken == []


def test_pages_without_errors_hold() -> None:
    assert two_tabs().judged().held["TAB-13"] == 2
    assert not PageStory().tab("a/1", ready=False).holds("TAB-13")

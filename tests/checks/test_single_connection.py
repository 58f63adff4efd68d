"""TAB-1, TAB-4, LC-2 (ID-1 and TAB-7 after a change of user): one connection a browser, however many tabs."""

from __future__ import annotations

import pytest

from harness.checks.filing_tabs import GONE, GONE_WHILE_DOWN
from harness.checks.single_connection import MANY
from tests.checks.paged import PageStory
from tests.model.stories import Story


def two_tabs() -> Story:
    return Story(world="page").tab("a/1", "a/2").open("a")


def after(cause: str) -> Story:
    story = two_tabs().browser_settled("a")
    match cause:
        case "restart":
            return story.restart().open("a")
        case "identity":
            return story.sign_in("a", "ada")
        case "open":
            return story
        case _:
            return story.end_tab("a/1", how=cause)


CAUSES = {
    "open": "TAB-1",
    "close": "TAB-4",
    "reload": "TAB-4",
    "crash": "TAB-4",
    "restart": "LC-2",
    "identity": "TAB-7",
}


def test_several_tabs_with_one_socket_hold() -> None:
    story = two_tabs().browser_settled("a")
    assert story.broken == []
    assert story.judged().held["TAB-1"] == 1


def test_a_single_tab_proves_nothing_about_sharing() -> None:
    assert not Story(world="page").tab("a/1").open("a").browser_settled("a", tabs=1).holds("TAB-1")


@pytest.mark.parametrize("cause", CAUSES)
def test_two_sockets_are_one_too_many_whatever_happened(cause: str) -> None:
    assert after(cause).browser_settled("a", live=2).broken == ["TAB-1"]


@pytest.mark.parametrize(("cause", "requirement"), CAUSES.items())
def test_no_socket_breaks_what_should_have_brought_one_back(cause: str, requirement: str) -> None:
    assert after(cause).browser_settled("a", live=0).broken == [requirement]


def test_no_socket_after_a_tab_went_that_had_none_is_another_matter() -> None:
    story = two_tabs().browser_settled("a").closed("a#1")
    (finding,) = story.end_tab("a/1").browser_settled("a", tabs=1, live=0).judged().findings
    assert (finding.requirement, finding.kind) == ("TAB-4", GONE_WHILE_DOWN)
    gone = after("close").closed("a#1").browser_settled("a", tabs=1, live=0)
    findings = gone.end_tab("a/2").browser_settled("a", tabs=1, live=0).judged().findings
    assert [(each.requirement, each.kind) for each in findings] == [("TAB-4", GONE), ("TAB-4", GONE_WHILE_DOWN)]


def test_no_socket_after_a_sign_in_with_a_single_tab_is_the_sign_in() -> None:
    story = Story(world="page").tab("a/1").open("a").sign_in("a", "ada")
    assert story.browser_settled("a", tabs=1, live=0).broken == ["ID-1"]


@pytest.mark.parametrize("cause", ["close", "reload", "crash", "restart"])
def test_a_socket_that_came_back_in_time_holds(cause: str) -> None:
    story = after(cause).browser_settled("a")
    assert story.broken == []
    assert story.holds(CAUSES[cause])


@pytest.mark.parametrize("cause", ["close", "restart"])
def test_a_socket_that_came_back_too_late_is_late(cause: str) -> None:
    story = after(cause).browser_settled("a", overdue_s=2.5)
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.level) == (CAUSES[cause], "late")
    assert "2.50 s too long" in finding.seen


def test_a_browser_without_tabs_needs_no_socket() -> None:
    assert two_tabs().close("a").browser_settled("a", tabs=0, live=0).broken == []


def test_a_browser_whose_sockets_were_never_seen_is_not_judged() -> None:
    assert Story(world="page").tab("a/1", "a/2").browser_settled("a", live=0).broken == []


@pytest.mark.parametrize(("states", "broken"), [((0, 3), ["TAB-1"]), ((0, 1), []), ((0, None), [])])
def test_tabs_that_open_at_once_and_get_no_connection_say_so_themselves(
    states: tuple[int | None, ...], broken: list[str]
) -> None:
    story = PageStory().tab("a/1", "a/2", ready=False)
    for tab, state in zip(("a/1", "a/2"), states, strict=True):
        story.says(tab, state=state)
    assert story.browser_settled("a", live=0, ready=0).broken == broken


@pytest.mark.parametrize(("times", "told"), [(MANY, True), (2, False)])
def test_one_connection_after_the_other_is_told(times: int, *, told: bool) -> None:
    story = after("crash")
    for _ in range(times):
        story.close("a").open("a")
    (finding,) = story.close("a").browser_settled("a", live=0, overdue_s=100.0).judged().findings
    assert finding.requirement == "TAB-4"
    assert ("connections" in finding.seen) == told

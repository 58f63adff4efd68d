"""LC-3, LC-4, LC-6 and LC-7: how browsers come back after faults."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.checks.paged import PageStory, two_tabs

CHANCE = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
NONE = (1.0, 1.001, 1.002, 1.0, 1.003, 1.0)


def lost(shares: Sequence[float], *, attempts: int = 3) -> PageStory:
    """Browsers that were lost one after the other and refused, each trying again after its share of 1, 2, 4 s ..."""
    story = PageStory()
    for number, share in enumerate(shares):
        name = f"b{number}"
        story.open(name).tab(f"{name}/1").fault(f"{name}#1")
        for attempt in range(attempts - 1):
            story.wait(share * 2**attempt).turned_away(name)
        story.wait(share * 2 ** (attempts - 1)).open(name)
        story.closed(f"{name}#{attempts + 1}", code=1000).wait(0.01).open(name)
    return story


def test_browsers_that_come_back_by_chance_hold() -> None:
    story = lost(CHANCE)
    assert story.broken == []
    assert story.judged().held["LC-3"] == 1


def test_browsers_that_come_back_in_one_burst_are_found() -> None:
    (finding,) = lost(NONE).judged().findings
    assert finding.requirement == "LC-3"
    assert "1011 ms, 2021 ms, 4022 ms" in finding.seen


def test_one_attempt_that_chance_has_a_part_in_is_enough() -> None:
    story = lost((*NONE[:5], 1.0))
    assert story.broken == ["LC-3"]
    assert lost((*NONE[:2], *CHANCE[:4])).broken == []


def test_who_was_let_go_by_a_stall_of_the_machine_all_at_once_did_not_choose_to() -> None:
    story = lost(NONE)
    story.lag(story.now_s, at_s=story.now_s)
    assert story.broken == []
    assert not story.holds("LC-3")
    story = lost(NONE)
    story.lag(0.5, at_s=1.0)  # the first attempt of one browser
    assert story.broken == ["LC-3"]


@pytest.mark.parametrize("story", [lost(NONE[:5]), lost(NONE, attempts=2)])
def test_few_browsers_or_attempts_tell_nothing(story: PageStory) -> None:
    assert story.broken == []
    assert not story.holds("LC-3")


def tried(deed: str, gaps: Sequence[float]) -> PageStory:
    """A browser that was turned away again and again, watched all the while."""
    story = PageStory().open("a").tab("a/1", "a/2").fault("a#1")
    since_s = story.now_s
    for gap in gaps:
        story.wait(gap).turned_away("a", deed)
    return story.watched(since_s)


DEEDS = {"refuse": "LC-3", "close": "LC-7", "refusal": "LC-4"}


@pytest.mark.parametrize(("deed", "requirement"), DEEDS.items())
def test_who_tries_without_end_is_found(deed: str, requirement: str) -> None:
    (finding,) = tried(deed, [0.1] * 9).judged().findings
    assert (finding.requirement, finding.observer) == (requirement, "a")
    assert finding.seen.startswith("9 attempts")


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize(
    "gaps", [[0.1], [0.1, 0.2, 0.4, 0.8], [0.01, 0.01, 0.01, 0.05, 0.1, 0.2, 0.3], [0.5, *[1.0] * 9]]
)
def test_who_tries_less_and_less_often_or_seldom_holds(deed: str, gaps: Sequence[float]) -> None:
    story = tried(deed, gaps)
    assert story.broken == []
    assert story.holds(DEEDS[deed]) is (deed != "refuse")


@pytest.mark.parametrize("deed", ["refuse", "close"])
def test_who_tries_for_ever_after_the_same_time_is_found(deed: str) -> None:
    story = tried(deed, [1.0, 1.05, 1.1, 1.0, 1.2])
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.kind, finding.observer) == ("LC-7", "steady", "a")
    assert finding.seen.startswith("5 times")
    assert not story.holds("LC-7")


@pytest.mark.parametrize(
    "gaps",
    [
        [1.0] * 4,
        [0.5, 1.0, 1.0, 1.0, 1.0, 1.0],
        [2.0, 0.5, 1.0, 1.0, 1.0],
        [1.0, 0.6, 0.9, 0.7, 0.8],
        [0.0, 1.0, 1.0, 1.0, 1.0],
    ],
)
def test_few_delays_those_that_grow_to_their_longest_and_those_that_are_drawn_are_not(gaps: Sequence[float]) -> None:
    assert tried("close", gaps).broken == []
    assert tried("close", gaps).holds("LC-7")


def test_what_is_asked_of_who_is_turned_away_is_less() -> None:
    assert tried("refusal", [1.0] * 6).broken == []


def test_what_was_not_watched_is_not_judged() -> None:
    story = PageStory().open("a").tab("a/1").fault("a#1")
    for _ in range(9):
        story.turned_away("a")
    assert story.watched(story.now_s + 1).broken == []


@pytest.mark.parametrize(("noticed", "after_s", "level"), [(True, 1.0, ""), (True, 2.5, "late"), (False, 3.5, "fail")])
def test_a_page_notices_that_its_connection_is_dead(*, noticed: bool, after_s: float, level: str) -> None:
    story = two_tabs().fault("a#1", "cut off").silence_ends("a#1", noticed=noticed, after_s=after_s)
    found = [(each.requirement, each.level) for each in story.judged().findings]
    assert found == ([("LC-6", level)] if level else [])
    assert story.holds("LC-6") is not bool(level)


@pytest.mark.parametrize(("ends_after_s", "broken"), [(6.0, []), (9.0, ["LC-6"])])
def test_a_page_whose_browser_was_stalled_meanwhile_is_not_judged(*, ends_after_s: float, broken: list[str]) -> None:
    story = two_tabs().fault("a#1", "cut off").silence_ends("a#1", noticed=False, after_s=3.5)
    assert story.lag(8.5, at_s=story.now_s + ends_after_s).broken == broken


@pytest.mark.parametrize(
    ("kind", "requirement"), [("reset", "LC-2"), ("cut off", "LC-6"), ("close", "LC-4"), ("refusal", "")]
)
def test_a_browser_that_never_comes_back_is_found(kind: str, requirement: str) -> None:
    story = two_tabs().fault("a#1", kind).says("a/1", "a/2", state=3)
    story.browser_settled("a", live=0).settle()
    assert story.broken == ([requirement] if requirement else [])


def test_nothing_is_owed_to_who_was_turned_away() -> None:
    story = two_tabs().fault("a#1", "refusal").says("a/1", "a/2", state=3)
    story.browser_settled("a", live=0).settle().broadcast().settle()
    assert story.broken == []

"""RT-4 and RT-5: what a client sends as if it were the server's reaches nobody."""

from __future__ import annotations

import pytest

from harness.checks.finding import Outcome
from harness.checks.verdict import classify
from tests.model.odd_stories import OddStory
from tests.model.stories import CHAT, NOTES, POSTS

SORTS = [("forged broadcast", POSTS, "RT-4"), ("forged private", NOTES, "RT-5"), ("forged reply", CHAT, "RT-5")]


def forged(sort: str, channel: str) -> OddStory:
    return OddStory().two().provoke(sort=sort, channel=channel, data={"note": "forged"}, name="it")


def looked_after(story: OddStory) -> OddStory:
    story.check("a#1", "b#1").done().settle()
    return story


@pytest.mark.parametrize(("sort", "channel", "name"), SORTS)
def test_what_reaches_nobody_holds(sort: str, channel: str, name: str) -> None:
    story = looked_after(forged(sort, channel))
    assert story.broken == []
    assert story.holds(name)


@pytest.mark.parametrize(("sort", "channel", "name"), SORTS)
def test_what_nothing_was_waited_for_after_does_not_hold(sort: str, channel: str, name: str) -> None:
    assert not forged(sort, channel).check("a#1", "b#1").holds(name)


@pytest.mark.parametrize(("sort", "channel", "name"), SORTS)
def test_what_nobody_else_could_have_received_does_not_hold(sort: str, channel: str, name: str) -> None:
    assert not forged(sort, channel).check("a#1").done().settle().holds(name)


@pytest.mark.parametrize(("sort", "channel", "name"), SORTS)
def test_what_others_receive_was_relayed_and_is_told_once(sort: str, channel: str, name: str) -> None:
    story = forged(sort, channel).arrives("b#1", "b#1", data={"some": "form"}, channel="any")
    (finding,) = looked_after(story).judged().findings
    assert (finding.requirement, finding.kind, finding.observer) == (name, "relay", "b#1")


@pytest.mark.parametrize(("sort", "channel", "name"), SORTS[:2])
def test_the_sender_does_not_get_it_back_as_if_it_were_the_servers(sort: str, channel: str, name: str) -> None:
    assert looked_after(forged(sort, channel).arrives("a#1")).broken == [name]


@pytest.mark.parametrize(("sort", "channel", "name"), SORTS)
def test_an_error_that_quotes_it_to_the_sender_is_an_answer(sort: str, channel: str, name: str) -> None:
    story = looked_after(forged(sort, channel).arrives("a#1", data={"error": "no"}, channel=channel))
    assert story.broken == []
    assert story.holds(name)


def test_an_echo_may_answer_what_looks_like_its_own_reply() -> None:
    assert looked_after(forged("forged reply", CHAT).arrives("a#1")).broken == []


def told(*stories: OddStory) -> list[str]:
    outcomes = [Outcome(test="t", world="wire", findings=each.judged().findings) for each in stories]
    return sorted({finding.requirement for outcome in classify(outcomes) for finding in outcome.findings})


def test_a_server_that_passes_on_everything_does_one_thing() -> None:
    broadcast = looked_after(forged("forged broadcast", POSTS).arrives("b#1"))
    private = looked_after(forged("forged private", NOTES).arrives("b#1"))
    stray = OddStory().open("a", "b").settle().stray("a#1").arrives("b#1", data={"message": "as sent"}).settle()
    echo = (
        OddStory()
        .open("a", "b")
        .settle()
        .echo("a#1")
        .arrives("a#1")
        .arrives("b#1", data={"message": "as sent"})
        .settle()
    )
    assert told(broadcast) == ["RT-4"]
    assert told(stray) == ["RT-2"]
    assert told(echo) == ["RT-6"]
    assert told(broadcast, private, stray, echo) == ["RT-5"]


def test_a_server_that_an_unknown_channel_harms_is_not_blamed_for_forged_messages() -> None:
    unknown = OddStory().two().provoke(sort="unknown channel").check("a#1").closes("b#1").done().settle()
    forging = forged("forged broadcast", POSTS).check("a#1").closes("b#1").done().settle()
    assert told(forging) == ["EN-3"]
    assert told(unknown, forging) == ["RT-3"]

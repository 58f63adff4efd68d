"""EN-2 and RT-1: whatever the server sends is an envelope, on the channel it was published on."""

from __future__ import annotations

from tests.model.stories import NOTES, POSTS, Story


def test_an_envelope_on_its_channel_holds() -> None:
    story = Story().open("a").settle().broadcast().arrives("a#1").settle()
    assert story.broken == []
    assert story.holds("EN-2")
    assert story.holds("RT-1")


def test_what_is_no_envelope_is_found_with_its_beginning() -> None:
    story = Story().open("a").settle().echo("a#1").arrives("a#1").arrives_malformed("a#1").settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.observer) == ("EN-2", "a#1")
    assert finding.seen.startswith("not JSON: '<osk")


def test_a_message_on_another_channel_is_found() -> None:
    assert Story().open("a").settle().broadcast().arrives("a#1", channel=NOTES).settle().broken == ["RT-1"]


def test_a_message_on_a_channel_without_a_name_is_found() -> None:
    assert Story().open("a").settle().broadcast().arrives("a#1", channel="").settle().broken == ["RT-1"]


def test_a_reply_on_another_channel_is_found() -> None:
    assert Story().open("a").settle().echo("a#1").arrives("a#1", channel=POSTS).settle().broken == ["RT-1"]


def test_what_answers_a_stray_has_no_channel_of_its_own() -> None:
    story = Story().open("a").settle().stray("a#1", expects=False)
    assert story.arrives("a#1", channel="errors").settle().broken == []


def test_a_page_may_list_data_without_its_channel() -> None:
    story = Story(world="page").tab("a/1").open("a").settle().broadcast().arrives("a#1").arrives("a/1", channel="")
    assert story.settle().broken == []


def test_a_tab_is_not_blamed_for_a_channel_that_the_server_mistook() -> None:
    story = Story(world="page").tab("a/1").open("a", "b").settle().broadcast().arrives("b#1")
    story.arrives("a#1", "a/1", channel=NOTES).settle()
    assert [(each.requirement, each.observer) for each in story.judged().findings] == [("RT-1", "a#1")]


def test_a_tab_that_mistakes_the_channel_is_found_however_quiet_the_connections_are() -> None:
    story = Story(world="page").tab("a/1").open("b", "a").settle().broadcast().arrives("a/1", channel=NOTES)
    assert "RT-1" in story.broken


def test_a_message_of_another_run_has_no_channel_to_compare() -> None:
    story = Story().open("a").settle()
    story.events += Story().broadcast().arrives("a#1").events[-1:]
    assert story.settle().broken == []
    assert story.holds("EN-2")

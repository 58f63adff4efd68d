"""EN-8: a text that looks like another value, or like nothing, comes through as it is."""

from __future__ import annotations

from tests.model.odd_stories import OddStory
from tests.model.stories import NOTES, POSTS


def two() -> OddStory:
    story = OddStory().sign_in("a", "ada").open("a", "b").echo("a#1").arrives("a#1")
    story.broadcast().arrives("a#1", "b#1").private("ada").arrives("a#1")
    return story.settle().step("bare texts")


def test_an_empty_text_that_comes_back_holds() -> None:
    story = two().bare("").says("a#1", {"reply": "You said: ", "n": 1}).done().settle()
    assert story.broken == []
    assert story.judged().held["EN-8"] == 1


def test_each_text_is_owed_by_itself() -> None:
    story = two().bare("0").bare("false").says("a#1", {"reply": "You said: 0"}).done().settle()
    (finding,) = story.judged().findings
    assert finding.requirement == "EN-8"
    assert "'false'" in finding.expected


def test_a_text_that_never_comes_was_dropped() -> None:
    (finding,) = two().bare("").done().judged().findings
    assert finding.seen == "nothing came"


def test_a_text_that_comes_as_another_was_changed() -> None:
    (finding,) = two().bare("1e3").says("a#1", {"reply": "You said: 1000"}).done().judged().findings
    assert "1000" in finding.seen


def test_a_text_that_is_refused_in_words_was_not_dropped() -> None:
    assert two().bare("").says("a#1", {"error": "say something"}).done().broken == []
    assert not two().bare("").says("a#1", {"error": "say something"}).done().holds("EN-8")


def test_a_text_that_comes_at_the_second_time_was_not_dropped() -> None:
    assert two().bare("").bare("").says("a#1", {"reply": "You said: "}).done().judged().held["EN-8"] == 1
    assert two().bare("").bare("").done().broken == ["EN-8"]


def test_a_text_on_another_channel_was_not_dropped() -> None:
    assert two().bare("").says("a#1", {"reply": "You said: "}, channel="other").done().broken == []


def test_who_hears_nothing_of_that_sort_is_not_asked() -> None:
    story = OddStory().open("a").settle().step("bare texts").bare("").done()
    assert story.broken == []
    assert not story.holds("EN-8")


def test_what_comes_too_late_or_to_somebody_else_is_not_it() -> None:
    story = two().says("a#1", {"reply": "You said: "}).bare("").says("b#1", {"reply": "You said: "}).done()
    assert story.says("a#1", {"reply": "You said: "}).broken == ["EN-8"]


def test_a_step_that_has_not_ended_is_judged_at_the_end() -> None:
    assert two().bare("").says("a#1", {"reply": "You said: "}).broken == []


def test_a_sender_that_was_closed_is_owed_nothing() -> None:
    assert two().bare("").closes("a#1").done().broken == []


def test_a_broadcast_of_it_reaches_everybody() -> None:
    story = two().bare("0", sender="control", kind="broadcast").bare_answered()
    story.says("a#1", {"note": "0"}, channel=POSTS)
    assert story.done().broken == ["EN-8"]
    story = two().bare("0", sender="control", kind="broadcast").bare_answered()
    for observer in ("a#1", "b#1"):
        story.says(observer, {"note": "0"}, channel=POSTS)
    assert story.done().judged().held["EN-8"] == 2


def test_a_private_message_of_it_reaches_its_user() -> None:
    story = two().bare("null", sender="control", kind="private", to_user="ada").bare_answered().done()
    (finding,) = story.judged().findings
    assert finding.observer == "a#1"
    story = two().bare("null", sender="control", kind="private", to_user="ada").bare_answered()
    assert story.says("a#1", {"note": "null"}, channel=NOTES).done().broken == []


def test_what_the_server_did_not_accept_is_owed_to_nobody() -> None:
    refused = two().bare("", sender="control", kind="broadcast").bare_answered(accepted=False).done()
    unanswered = two().bare("", sender="control", kind="broadcast").done()
    assert refused.broken == unanswered.broken == []

"""EN-3, EN-4, EN-5, EN-6 and RT-3: what a client sends wrongly harms nobody, and shows nowhere."""

from __future__ import annotations

import msgspec
import pytest

from harness.history import Received
from tests.model.odd_stories import OddStory
from tests.model.stories import CHAT


def fine(story: OddStory) -> OddStory:
    """Everybody is served after it."""
    story.check("a#1").check("b#1").check_broadcast("a#1", "b#1").done().settle()
    return story


@pytest.mark.parametrize(
    ("sort", "held"),
    [
        ("malformed", {"EN-3", "EN-5"}),
        ("hostile", {"EN-4", "EN-5"}),
        ("unknown channel", {"RT-3"}),
        ("throwing", {"EN-6"}),
        ("claim", {"EN-5"}),
    ],
)
def test_what_harms_nobody_holds(sort: str, held: set[str]) -> None:
    story = fine(OddStory().two().provoke(sort=sort))
    assert story.broken == []
    assert {name for name in ("EN-3", "EN-4", "EN-5", "EN-6", "RT-3") if story.holds(name)} == held


@pytest.mark.parametrize("sort", ["malformed", "hostile", "unknown channel", "throwing"])
def test_with_nobody_else_there_only_the_sender_is_spoken_of(sort: str) -> None:
    story = OddStory().two().provoke(sort=sort).check("a#1").done().settle()
    assert story.broken == []
    assert {name for name in ("EN-3", "EN-4", "EN-5", "EN-6", "RT-3") if story.holds(name)} <= {"EN-5"}


def test_what_nobody_was_asked_after_says_nothing() -> None:
    story = OddStory().two().provoke().done().settle()
    assert story.broken == []
    assert not story.holds("EN-5")


@pytest.mark.parametrize("sort", ["malformed", "hostile"])
def test_a_sender_that_was_closed_is_served_on_a_new_connection(sort: str) -> None:
    story = OddStory().two().provoke(sort=sort).check("a#1", answered=False).closes("a#1")
    story.open("a").check("a#2").check("b#1").done().settle()
    assert story.broken == []
    assert story.holds("EN-5")


def test_a_sender_that_stays_open_and_is_not_heard_was_poisoned() -> None:
    story = OddStory().two().provoke().check("a#1", answered=False).closing("a#1").closed("a#1", by="client")
    story.open("a").check("a#2").check("b#1").done().settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.seen) == ("EN-5", "the echo got no reply")


def test_a_sender_that_gets_another_reply_was_poisoned() -> None:
    story = OddStory().two().provoke().check("a#1", data={"reply": "You said: half of"}).done()
    (finding,) = story.judged().findings
    assert finding.requirement == "EN-5"
    assert "half of" in finding.seen


@pytest.mark.parametrize("status", [0, 500])
def test_a_server_that_serves_nobody_any_more_is_told_once(status: int) -> None:
    story = OddStory().two().provoke().check("a#1", answered=False).closes("a#1").closes("b#1")
    story.refused("a", status=status).reviving()
    story.restart().open("a", "b").settle()
    (finding,) = story.judged().findings
    assert finding.requirement == "EN-5"
    assert "a new connection was refused" in finding.seen


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_asks_for_patience_is_not_broken(status: int) -> None:
    story = OddStory().two().provoke().check("a#1", answered=False).closes("a#1").refused("a", status=status).done()
    assert story.broken == []
    assert not story.holds("EN-5")


def test_a_handshake_without_an_answer_is_no_service() -> None:
    story = OddStory().two().provoke().check("a#1", answered=False).closes("a#1").dial("a").reviving()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.seen) == ("EN-5", "a new connection got no answer to its handshake")


def test_a_new_connection_that_is_closed_at_once_is_no_service() -> None:
    story = OddStory().two().provoke().check("a#1", answered=False).closes("a#1").open("a").closes("a#2").reviving()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.seen) == ("EN-5", "a new connection was closed at once")


def test_a_new_connection_without_a_reply_is_no_service() -> None:
    story = OddStory().two().provoke().check("a#1", answered=False).closes("a#1").open("a")
    story.check("a#2", answered=False).reviving()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.seen) == ("EN-5", "on a new connection the echo got no reply")


def test_the_second_new_connection_may_be_the_one_that_is_served() -> None:
    story = OddStory().two().provoke().check("a#1", answered=False).closes("a#1").refused("a").open("a").check("a#3")
    assert story.check("b#1").done().settle().broken == []


@pytest.mark.parametrize(("sort", "name"), [("malformed", "EN-3"), ("unknown channel", "RT-3"), ("throwing", "EN-6")])
def test_somebody_else_who_is_closed_is_harmed(sort: str, name: str) -> None:
    story = OddStory().two().provoke(sort=sort).check("a#1").closes("b#1").done().settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.kind) == (name, f"harm:{sort}")
    assert finding.seen == "b#1, which had sent nothing, was closed"


def test_somebody_else_who_gets_no_reply_is_harmed() -> None:
    story = OddStory().two().provoke().check("a#1").check("b#1", answered=False).reviving()
    assert story.broken == ["EN-3"]


def test_somebody_else_who_hears_no_broadcast_is_harmed() -> None:
    story = OddStory().two().provoke().check("a#1", "b#1").check_broadcast("a#1").reviving()
    assert story.broken == ["EN-3"]


def test_a_broadcast_is_only_missed_where_one_was_heard_before() -> None:
    story = OddStory().open("a", "b").echo("a#1").arrives("a#1").settle().step("x")
    assert story.provoke().check("a#1", "b#1").check_broadcast("a#1").reviving().broken == []


def test_a_broadcast_that_was_not_accepted_is_not_missed() -> None:
    story = OddStory().two().provoke().check("a#1", "b#1").check_broadcast("a#1", accepted=False).reviving()
    assert story.broken == []


def test_who_was_not_there_yet_or_leaves_misses_no_broadcast() -> None:
    story = OddStory().two().provoke().check("a#1").dial("c").upgrade("c#1").check_broadcast("a#1")
    assert story.close("b").reviving().broken == []


def test_a_single_message_that_is_lost_is_told_as_such() -> None:
    story = OddStory().two().provoke().check("a#1", answered=False).check("a#1").check("b#1").done().settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.kind) == ("EN-5", "once:malformed")
    story = OddStory().two().provoke().check("a#1").check("b#1", answered=False).check("b#1").done().settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.kind) == ("EN-3", "once:malformed")
    story = OddStory().two().provoke().check("a#1", "b#1").check_broadcast("a#1").check_broadcast("a#1", "b#1").done()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.kind) == ("EN-3", "once:malformed")


def test_what_is_lost_for_good_is_told_before_what_is_lost_once() -> None:
    story = OddStory().two().provoke().check("a#1", answered=False).check("a#1").check("b#1", answered=False).done()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.kind) == ("EN-3", "harm:malformed")


def test_what_happens_after_the_step_is_not_its_doing() -> None:
    story = fine(OddStory().two().provoke())
    assert story.closes("b#1").closes("a#1").settle().broken == []


def test_a_foreign_page_is_not_asked() -> None:
    story = OddStory().two().open("c", origin="http://evil.example").provoke().check("a#1").closes("c#1").done()
    assert story.broken == []


def test_an_error_to_the_sender_on_a_channel_of_its_own_is_in_order() -> None:
    story = OddStory().two().provoke(addressed=False).says("a#1", {"error": "what?"}, channel="errors")
    assert fine(story).broken == []


def test_what_names_no_channel_is_not_answered_on_the_echos() -> None:
    story = OddStory().two().provoke(addressed=False).says("a#1", {"reply": "You said: undefined"})
    (finding,) = fine(story).judged().findings
    assert finding.requirement == "EN-3"
    assert "undefined" in finding.seen


def test_what_names_no_channel_is_not_answered_on_the_echos_with_its_text_either() -> None:
    story = OddStory().two().provoke(addressed=False).arrives("a#1", data={"reply": "what?"}, channel=CHAT)
    assert fine(story).broken == ["EN-3"]


def test_what_is_meant_for_the_echo_may_be_answered_there() -> None:
    assert fine(OddStory().two().provoke().says("a#1", {"reply": "You said: undefined"})).broken == []


def test_a_late_answer_to_what_was_meant_for_the_echo_is_not_held_against_the_next_message() -> None:
    story = fine(OddStory().two().provoke()).step("another")
    story.provoke(addressed=False).says("a#1", {"reply": "You said: undefined"})
    assert fine(story).broken == []


def test_what_others_say_meanwhile_is_no_answer() -> None:
    story = OddStory().two().provoke(addressed=False).says("b#1", {"reply": "You said: undefined"})
    assert fine(story).broken == []


@pytest.mark.parametrize(("sort", "name"), [("malformed", "EN-3"), ("hostile", "EN-4"), ("throwing", "EN-6")])
def test_nothing_of_it_reaches_others(sort: str, name: str) -> None:
    story = OddStory().two().provoke(sort=sort).arrives("b#1", data={"seen": "it"}, channel="errors")
    assert fine(story).broken == [name]


def test_a_handler_that_throws_answers_nobody_else() -> None:
    story = OddStory().two().provoke(sort="throwing", channel="failing").says("b#1", {"error": 1}, channel="failing")
    assert fine(story).broken == ["EN-6"]
    story = OddStory().two().provoke(sort="throwing", channel="failing").says("a#1", {"error": 1}, channel="failing")
    assert fine(story).broken == []
    story = fine(OddStory().two().says("b#1", 1, channel="failing").provoke(sort="throwing", channel="failing"))
    assert story.broken == []
    assert fine(OddStory().two().provoke(sort="throwing", channel="failing").says("b#1", 1)).broken == []


def test_nothing_of_it_reaches_others_in_another_shape() -> None:
    story = OddStory().two().provoke(sort="hostile").arrives_malformed("b#1")
    assert "EN-4" in fine(story).broken


def test_an_error_that_quotes_it_to_the_sender_is_in_order() -> None:
    for sort in ("malformed", "hostile", "throwing"):
        story = OddStory().two().provoke(sort=sort).arrives("a#1", data={"error": "it"}, channel="errors")
        assert fine(story).broken == []


def test_nothing_of_it_shows_in_a_later_reply() -> None:
    story = OddStory().two().provoke(sort="hostile", name="poison").check("a#1")
    later = story.events.pop()
    assert isinstance(later, Received)
    tokens = (*later.tokens, story.token("poison"))
    story.events.append(msgspec.structs.replace(later, tokens=tokens))
    story.check("b#1").done().settle()
    (finding,) = story.judged().findings
    assert finding.requirement == "EN-4"


def test_a_claim_may_show_in_a_reply_to_others_without_being_told_here() -> None:
    story = OddStory().two().provoke(sort="claim").arrives("b#1", data={"reply": "You said: it"}, channel=CHAT)
    assert fine(story).broken == []


@pytest.mark.parametrize("code", [1011, 4000, 4999])
def test_a_handler_that_throws_may_cost_the_connection_with_a_reason(code: int) -> None:
    story = OddStory().two().provoke(sort="throwing").check("a#1", answered=False).closes("a#1", code=code)
    story.open("a").check("a#2").check("b#1").done().settle()
    assert story.broken == []
    assert story.holds("EN-6")


@pytest.mark.parametrize("code", [None, 1000, 1001, 5000])
def test_a_handler_that_throws_may_not_cost_the_connection_without_one(code: int | None) -> None:
    story = OddStory().two().provoke(sort="throwing").check("a#1", answered=False).closes("a#1", code=code)
    story.open("a").check("a#2").check("b#1").done().settle()
    assert story.broken == ["EN-6"]


def test_an_answer_without_a_shape_is_in_order_for_what_had_none() -> None:
    story = OddStory().two().provoke(addressed=False).arrives_malformed("a#1")
    assert fine(story).broken == []


def test_an_answer_without_a_shape_to_a_channel_that_nobody_handles_is_in_order() -> None:
    story = OddStory().open("a", "b").settle().stray("a#1").arrives_malformed("a#1").settle()
    assert story.broken == []
    assert OddStory().open("a").settle().stray("a#1").arrives_malformed("a#1").broken == []


def test_an_answer_without_a_shape_is_wrong_at_any_other_time() -> None:
    story = OddStory().open("a", "b").settle().stray("a#1", "stray").settle().echo("a#1").arrives_malformed("a#1")
    assert "EN-2" in story.broken
    story = OddStory().open("a", "b").settle().stray("a#1").arrives_malformed("b#1")
    assert "EN-2" in story.broken

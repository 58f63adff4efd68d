"""BC-3, BC-4, FR-8, LC-5, ORD-4: what fails hurts nobody else, and is let go."""

from __future__ import annotations

import pytest

from harness.checks.finding import FAULTED
from harness.checks.network import FAULTED_EACH_TIME
from harness.checks.registry import judge
from tests.checks.faulted import Faulted
from tests.model.stories import Deadlines


def three() -> Faulted:
    """Three browsers that all got a broadcast."""
    return Faulted().open("a", "b", "c").settle().broadcast("0").arrives("a#1", "b#1", "c#1").settle()


@pytest.mark.parametrize("kind", ["reset", "half-close", "cut off"])
def test_what_others_get_after_a_connection_failed_holds(kind: str) -> None:
    story = three().fault("b#1", kind).broadcast().arrives("a#1", "c#1").settle()
    assert story.broken == []
    assert story.judged().held["BC-3"] == 2


def test_a_fault_that_never_bit_proves_nothing() -> None:
    story = three().fault("b#1", "stall", count=0).broadcast().arrives("a#1", "c#1").settle()
    assert story.broken == []
    assert not story.holds("BC-3")


def test_a_message_that_others_miss_after_a_connection_failed_is_filed_there() -> None:
    story = three().fault("b#1", "reset").broadcast().arrives("a#1").settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.kind, finding.told_as) == ("BC-3", f"{FAULTED}loss:some", "BC-1")
    assert finding.observer == "c#1"


def test_a_connection_that_was_dropped_without_a_close_frame_has_failed_too() -> None:
    assert three().drop("b#1").broadcast().arrives("a#1").settle().broken == ["BC-3"]


def test_a_polite_close_explains_no_loss() -> None:
    assert three().close("b").broadcast().arrives("a#1").settle().broken == ["BC-1"]


def failing_one_after_the_other(*missed: str) -> Faulted:
    """Three connections fail; after each, two broadcasts come, of which c misses those that are named."""
    everybody = [f"{browser}#1" for browser in "abcd"]
    story = Faulted().open(*"abcd").settle().broadcast("0").arrives(*everybody, name="0").settle()
    for number, name in enumerate("abd", start=1):
        everybody.remove(f"{name}#1")
        story.fault(f"{name}#1", "reset")
        for words in (f"first {number}", f"then {number}"):
            got = [each for each in everybody if each != "c#1" or words not in missed]
            story.broadcast(words).arrives(*got, name=words)
        story.settle()
    return story


def test_what_each_failure_costs_is_told_as_no_chance() -> None:
    story = failing_one_after_the_other("first 1", "first 2", "first 3")
    assert {each.kind for each in story.judged().findings} == {f"{FAULTED_EACH_TIME}loss:some"}
    story = failing_one_after_the_other("first 1", "first 3")
    assert {each.kind for each in story.judged().findings} == {f"{FAULTED}loss:some"}
    story = failing_one_after_the_other("first 1", "first 2", "first 3")
    for name in "123":
        story.broadcast(name).arrives("c#1", name=name)
    story.broadcast("later").settle()
    assert {each.kind for each in story.judged().findings} == {f"{FAULTED}loss:some"}


def test_what_those_miss_who_came_after_a_failure_is_not_what_each_failure_costs() -> None:
    story = Faulted().open(*"abcd").settle().broadcast("0").arrives("a#1", "b#1", "c#1", "d#1", name="0").settle()
    there = ["a#1", "b#1", "c#1", "d#1"]
    for number, (gone, come) in enumerate(zip("abd", "xyz", strict=True), start=1):
        there.remove(f"{gone}#1")
        story.fault(f"{gone}#1", "reset").open(come)
        story.broadcast(f"first {number}").arrives(*there, name=f"first {number}")
        there.append(f"{come}#1")
        story.broadcast(f"then {number}").arrives(*there, name=f"then {number}").settle()
    findings = story.judged().findings
    assert {each.observer for each in findings} == {"x#1", "y#1", "z#1"}
    assert {each.kind for each in findings} == {f"{FAULTED}loss:first"}


def test_what_was_lost_before_anything_failed_is_no_matter_of_the_failure() -> None:
    story = three().broadcast("1").arrives("a#1", "b#1", name="1").settle()
    story.fault("b#1", "reset").broadcast("2").arrives("a#1", name="2").settle()
    assert set(story.broken) == {"BC-1"}


def test_a_private_message_that_is_missed_beside_a_failure_is_filed_there() -> None:
    story = Faulted().sign_in("a", "ada").open("a", "b").settle().private("ada", "0").arrives("a#1", name="0").settle()
    story.fault("b#1", "reset").private("ada", "1").settle()
    assert story.broken == ["BC-3"]


def test_a_message_that_comes_twice_beside_a_failure_is_still_that() -> None:
    story = three().fault("b#1", "reset").broadcast().arrives("a#1", "c#1").arrives("a#1").settle()
    assert story.broken == ["ORD-2"]


def test_a_browser_that_came_back_misses_nothing_that_was_published_afterwards() -> None:
    story = three().fault("b#1", "cut off").broadcast("lost").arrives("a#1", "c#1").open("b").settle()
    story.broadcast("new").arrives("a#1", "b#2", "c#1").settle()
    assert story.broken == []
    assert story.judged().held["ORD-4"] == 1


def test_a_loss_on_the_connection_after_a_failure_is_told_with_the_account_of_the_stream() -> None:
    story = three().fault("b#1", "cut off").broadcast("lost").arrives("a#1", "c#1").open("b").settle()
    story.broadcast("new").arrives("a#1", "c#1").settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.observer) == ("ORD-4", "b#2")
    assert "of 3 broadcasts 1 arrived" in finding.seen
    assert "1 were lost while it was disconnected, 1 while it was not" in finding.seen


def test_nothing_is_owed_while_the_bytes_to_a_connection_are_stalled() -> None:
    story = three().fault("b#1", "stall").broadcast().arrives("a#1", "c#1").settle()
    assert story.broken == []
    assert story.judged().held["BC-3"] == 2


def test_a_request_that_fails_after_a_connection_did_is_a_finding() -> None:
    story = three().fault("b#1", "reset").ask_broadcast().answered(accepted=False, status=500).settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.kind, finding.told_as) == ("BC-3", "fault:refused", "BC-1")


@pytest.mark.parametrize("status", [413, 0])
def test_a_request_that_is_refused_is_none(status: int) -> None:
    story = three().fault("b#1", "reset").ask_broadcast().answered(accepted=False, status=status).settle()
    assert story.broken == []


def test_a_request_that_failed_before_anything_did_is_none_either() -> None:
    story = Faulted().open("a", "b").settle().fault("b#1", "reset").ask_broadcast().answered(accepted=False, status=500)
    assert story.settle().broken == []


def test_much_that_is_published_past_a_stalled_reader_without_waiting_holds() -> None:
    assert three().fault("b#1", "stall").broadcast().arrives("a#1", "c#1").volume().settle().holds("BC-4")


def test_little_that_is_published_past_it_proves_nothing() -> None:
    story = three().fault("b#1", "stall").broadcast().arrives("a#1", "c#1").volume(messages=10).settle()
    assert not story.holds("BC-4")


def test_much_that_is_published_when_everybody_reads_proves_nothing() -> None:
    story = three().fault("b#1", "reset").broadcast().arrives("a#1", "c#1").volume().settle()
    assert not story.holds("BC-4")


def test_a_request_that_waits_for_a_stalled_reader_when_all_others_have_the_message() -> None:
    story = three().fault("b#1", "stall").ask_broadcast("x").arrives("a#1", "c#1", name="x").unanswered("x")
    assert story.volume(unanswered=True).settle().broken == ["BC-4"]


def waited(seconds: float, *, late_s: float = 0.0, limit_s: float = 5.0) -> Faulted:
    """Three requests past a stalled reader, of which one takes that long."""
    story = three().fault("b#1", "stall").broadcast("1").ask_broadcast("2").wait(seconds).answered("2").broadcast("3")
    for name in "123":
        story.arrives("a#1", "c#1", name=name)
    return (story.late(late_s) if late_s else story).volume(limit_s=limit_s).settle()


def test_a_request_that_waits_until_the_stalled_reader_is_dropped_is_told() -> None:
    (finding,) = waited(4.0).judged().findings
    assert (finding.requirement, finding.seen[:20]) == ("BC-4", "one request took 4.0")


def test_a_request_that_takes_a_moment_or_that_our_machine_held_up_is_none() -> None:
    assert waited(1.0).holds("BC-4")
    assert waited(4.0, late_s=3.5).holds("BC-4")


def test_how_long_a_request_may_take_is_a_share_of_its_limit() -> None:
    assert waited(0.9, limit_s=1.0).broken == ["BC-4"]
    assert waited(0.3, limit_s=1.0).holds("BC-4")
    assert waited(0.9, limit_s=1.0, late_s=0.5).holds("BC-4")


def test_what_came_to_others_only_when_the_request_was_given_up_had_waited_too() -> None:
    story = three().fault("b#1", "stall").ask_broadcast("x").arrives("a#1", name="x").unanswered("x")
    story.volume(unanswered=True).arrives("c#1", name="x").settle()
    assert story.broken == ["BC-3"]


def test_a_stalled_reader_that_keeps_the_message_from_others() -> None:
    story = three().fault("b#1", "stall").ask_broadcast("x").arrives("a#1", name="x").unanswered("x")
    (finding,) = story.volume(unanswered=True).settle().judged().findings
    assert (finding.requirement, finding.observer) == ("BC-3", "c#1")


def test_a_request_without_an_answer_on_a_machine_that_was_late_is_no_finding() -> None:
    story = three().fault("b#1", "stall").ask_broadcast("x").late(3.0).unanswered("x")
    assert story.volume(unanswered=True).settle().broken == []


@pytest.mark.parametrize(("kind", "requirement"), [("cut off", "LC-5"), ("half-close", "FR-8")])
def test_a_peer_is_let_go_in_its_time(kind: str, requirement: str) -> None:
    assert three().fault("b#1", kind).freed("b#1").holds(requirement)
    (late,) = three().fault("b#1", kind).freed("b#1", after_s=2.5).judged().findings
    assert (late.requirement, late.level) == (requirement, "late")
    (never,) = three().fault("b#1", kind).kept("b#1").freed("b#1", after_s=9.0).judged().findings
    assert (never.requirement, never.level) == (requirement, "fail")


def test_the_lateness_of_our_machine_is_not_the_servers() -> None:
    assert three().fault("b#1", "cut off").late(1.0).freed("b#1", after_s=2.5).holds("LC-5")


def test_what_a_restart_or_a_death_ended_was_not_noticed() -> None:
    story = three().fault("b#1", "cut off").stopping().freed("b#1").back()
    assert not story.holds("LC-5")
    story = three().fault("b#1", "cut off").dies("BC-3").freed("b#1")
    assert not story.holds("LC-5")


def test_a_peer_that_was_reset_or_never_heard_of_again_is_not_judged() -> None:
    assert not three().fault("b#1", "reset").freed("b#1").holds("LC-5")
    assert not three().fault("b#1", "cut off").holds("LC-5")


def test_where_no_time_is_promised_nothing_is_judged() -> None:
    story = three().fault("b#1", "cut off").kept("b#1")
    assert judge(story, promises=Deadlines(half_open_s=None)).findings == ()


def test_a_death_explains_requests_and_volumes_that_fail() -> None:
    story = three().fault("b#1", "stall").ask_broadcast("x").unanswered("x").dies("BC-3").volume(unanswered=True)
    story.ask_broadcast("y").answered("y", accepted=False, status=502)
    assert story.settle().broken == ["BC-3"]

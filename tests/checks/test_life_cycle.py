"""LC-1, LC-8, and a process that ends by itself."""

from __future__ import annotations

import pytest

from harness.checks.finding import DIED
from harness.history import ConnectionId, Overwhelmed, StepFinished, StepStarted
from tests.checks.faulted import Faulted


def test_a_goodbye_to_everybody_holds() -> None:
    story = Faulted().open("a", "b").settle().stopping().closed("a#1", code=1001).closed("b#1", code=1012).stopped()
    assert story.back().broken == []
    assert story.judged().held["LC-1"] == 2


def test_a_connection_that_ends_without_a_close_frame_is_a_finding() -> None:
    story = Faulted().open("a").settle().stopping().closed("a#1", code=None).stopped()
    assert story.broken == ["LC-1"]


def test_a_process_that_had_to_be_killed_is_told() -> None:
    story = Faulted().open("a").settle().stopping().stopped(killed=True).closed("a#1", code=None)
    (finding,) = story.judged().findings
    assert "had to be killed" in finding.seen


def test_a_connection_of_which_no_end_was_seen_is_a_finding() -> None:
    assert Faulted().open("a").settle().stopping().stopped().broken == ["LC-1"]


@pytest.mark.parametrize("code", [1002, 1008])
def test_a_code_that_blames_the_client_is_a_finding(code: int) -> None:
    assert Faulted().open("a").settle().stopping().closed("a#1", code=code).stopped().broken == ["LC-1"]


@pytest.mark.parametrize("code", [1000, 1005, 1011, 1013, 4001])
def test_any_other_code_will_do(code: int) -> None:
    assert Faulted().open("a").settle().stopping().closed("a#1", code=code).stopped().holds("LC-1")


def test_a_goodbye_after_its_time_is_late_unless_our_machine_was() -> None:
    (finding,) = Faulted().open("a").stopping().wait(6.0).closed("a#1", code=1001).stopped().judged().findings
    assert (finding.requirement, finding.level) == ("LC-1", "late")
    story = Faulted().open("a").stopping().wait(6.0).late(2.0).closed("a#1", code=1001).stopped()
    assert story.holds("LC-1")


def test_who_was_gone_stalled_or_not_ready_is_owed_no_goodbye() -> None:
    story = Faulted().open("a", "b").fault("b#1", "stall").close("a").dial("c").stopping().stopped()
    assert story.broken == []
    assert not story.holds("LC-1")


def test_a_stop_that_was_cut_short_is_not_judged() -> None:
    assert Faulted().open("a").stopping().broken == []


def killed() -> Faulted:
    """A browser that got one of two broadcasts that were under way when the process was killed, and is back."""
    story = Faulted().open("a").settle().broadcast("1").arrives("a#1").ask_broadcast("2")
    return story.stopping(kill=True).stopped().closed("a#1", code=None).unanswered("2").back().open("a")


def test_what_was_under_way_and_came_once_or_never_holds() -> None:
    story = killed().settle()
    assert story.broken == []
    assert story.judged().held["LC-8"] == 2


def test_what_only_comes_afterwards_holds() -> None:
    assert killed().arrives("a#2", name="2").settle().broken == []


def test_what_came_before_and_comes_again_is_a_finding() -> None:
    (finding,) = killed().arrives("a#2", name="1").settle().judged().findings
    assert (finding.requirement, finding.observer) == ("LC-8", "a#2")


def test_what_comes_twice_afterwards_is_the_same_finding() -> None:
    story = killed().arrives("a#2", name="2").arrives("a#2", name="2").settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.told_as) == ("LC-8", "ORD-2")


def test_a_browser_that_never_came_back_and_a_server_that_did_not_prove_nothing() -> None:
    story = Faulted().open("a").broadcast("1").arrives("a#1").stopping(kill=True)
    assert not story.holds("LC-8")
    assert not story.back().holds("LC-8")


def step(story: Faulted, words: str) -> Faulted:
    return story.happens(StepStarted, index=0, step=words)


def test_a_death_is_filed_under_what_its_plan_was_to_show() -> None:
    (finding,) = step(Faulted().open("a"), "echo a/1").dies("EN-1", "RT-6", last_line="boom").judged().findings
    assert (finding.requirement, finding.kind) == ("EN-1", DIED)
    assert finding.seen.endswith("with code 1; its last line was: boom")


def test_a_death_without_a_plan_is_filed_under_what_any_browser_is_owed() -> None:
    assert Faulted().dies(step="").broken == ["BC-1"]


def test_a_death_just_after_a_connection_failed_is_filed_there() -> None:
    story = step(step(step(Faulted(), "reset a"), "settle"), "broadcast")
    assert story.dies("ORD-4").broken == ["BC-3"]
    story = step(step(step(Faulted(), "reset a"), "broadcast"), "broadcast")
    assert story.dies("ORD-4").broken == ["ORD-4"]


def test_a_death_that_another_finding_of_the_same_step_explains_is_not_told() -> None:
    story = step(Faulted().open("a", "b").settle(), "broadcast").broadcast().arrives("a#1").settle()
    assert story.dies("ORD-1").broken == ["BC-1"]
    (finding,) = step(Faulted().open("a"), "echo a/1").echo("a#1").settle().dies("ORD-1").judged().findings
    assert finding.requirement == "EN-1"


def test_a_step_that_was_left_out_since_does_not_part_a_death_from_what_explains_it() -> None:
    story = step(Faulted().open("a", "b").settle(), "broadcast").broadcast().arrives("a#1").settle()
    story.happens(StepStarted, index=1, step="echo a/1").happens(StepFinished, index=1, outcome="skipped")
    assert story.dies("ORD-1").broken == ["BC-1"]


def test_a_death_that_an_earlier_finding_does_not_explain_is_told() -> None:
    story = Faulted().open("a", "b").settle().broadcast().arrives("a#1").settle()
    assert step(story, "settle").dies("ORD-1").broken == ["BC-1", "ORD-1"]


def hung_up(*browsers: str) -> Faulted:
    story = Faulted()
    for each in browsers:
        story.dial(each).upgrade(f"{each}#1").closed(f"{each}#1", code=None)
    return story


def test_a_server_that_hangs_up_on_everybody_at_once_is_a_finding() -> None:
    assert hung_up("a", "b").broken == ["EN-1"]


def test_one_that_hangs_up_on_one_or_on_some_is_none() -> None:
    assert hung_up("a").broken == []
    assert hung_up("a", "b").open("c").broken == []
    assert hung_up("a", "b").dies("HS-2").broken == ["HS-2"]


def test_one_whose_connections_we_left_because_it_never_stopped_talking_is_a_finding() -> None:
    story = Faulted()
    for each in ("a", "b"):
        story.dial(each).upgrade(f"{each}#1").closing(f"{each}#1")
        assert story.broken == []
        story.happens(Overwhelmed, connection=ConnectionId(f"{each}#1"), messages=9, size_bytes=9)
        story.closed(f"{each}#1", by="client", code=None)
    assert story.broken == ["EN-1"]

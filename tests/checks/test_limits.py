"""LIM-2 to LIM-6: what goes past a limit is bounded, and costs nobody else."""

from __future__ import annotations

from harness.history import ConnectionId, Crowded, Flooded, HandlerBusy, ReaderResumed
from tests.checks.faulted import Faulted

A, B = ConnectionId("a#1"), ConnectionId("b#1")


def stalled() -> Faulted:
    """Two browsers, the first of which has stopped to read."""
    return Faulted().open("a", "b").settle().fault("a#1", "stall")


def resumed(story: Faulted, *, ended: bool = False) -> Faulted:
    story.heal("a#1")
    if ended:
        story.closed("a#1")
    return story.happens(ReaderResumed, connection=A, stopped_s=2.5, ended=ended)


def test_a_slow_reader_that_was_dropped_holds() -> None:
    story = stalled().broadcast("1").arrives("b#1").volume()
    assert resumed(story, ended=True).settle().holds("LIM-2")


def test_a_slow_reader_from_whom_something_was_shed_holds_and_has_a_gap() -> None:
    story = stalled().broadcast("1").arrives("b#1").volume()
    judged = resumed(story).settle().judged()
    assert judged.held["LIM-2"] == 1
    assert [each.requirement for each in judged.findings] == ["LIM-3"]


def test_a_slow_reader_for_whom_everything_was_kept_is_a_finding() -> None:
    story = stalled().broadcast("1").arrives("b#1").volume().heal("a#1").arrives("a#1")
    story.happens(ReaderResumed, connection=A, stopped_s=2.5, ended=False)
    assert story.settle().broken == ["LIM-2"]


def test_a_slow_reader_for_whom_no_more_was_kept_than_a_queue_may_hold_proves_nothing() -> None:
    story = stalled().broadcast("1").arrives("b#1").volume(messages=100).heal("a#1").arrives("a#1")
    story.happens(ReaderResumed, connection=A, stopped_s=2.5, ended=False)
    judged = story.settle().judged()
    assert not judged.findings
    assert "LIM-2" not in judged.held


def test_little_proves_nothing_about_a_slow_reader() -> None:
    story = stalled().broadcast("1").arrives("b#1").volume(messages=3)
    assert not resumed(story, ended=True).settle().holds("LIM-2")


def test_a_reader_that_wakes_and_misses_nothing_holds() -> None:
    story = stalled().broadcast("1").arrives("b#1").settle().heal("a#1").arrives("a#1").settle()
    assert story.broken == []
    assert story.holds("LIM-3")


def test_a_reader_that_wakes_to_a_closed_connection_holds() -> None:
    story = stalled().broadcast("1").arrives("b#1").settle().heal("a#1").closed("a#1").settle()
    assert story.holds("LIM-3")


def test_a_gap_in_a_stream_that_stays_open_is_a_finding() -> None:
    story = stalled().broadcast("1").broadcast("2").arrives("b#1", name="1").arrives("b#1", name="2").settle()
    story.heal("a#1").arrives("a#1", name="2").settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.token) == ("LIM-3", story.token("1"))
    assert "1 of 2" in finding.seen


def test_a_stall_in_which_nothing_was_published_or_that_never_ended_proves_nothing() -> None:
    assert not stalled().settle().heal("a#1").settle().holds("LIM-3")
    assert not stalled().broadcast("1").arrives("b#1").settle().holds("LIM-3")
    assert not stalled().broadcast("1").arrives("b#1").settle().heal("a#1").holds("LIM-3")


def flooded(*, answered: int, sent: int = 1000, ended: bool = False) -> Faulted:
    return (
        Faulted()
        .open("a", "b")
        .happens(Flooded, connection=A, sent=sent, answered=answered, allowed=100, seconds=1.0, ended=ended)
    )


def test_a_flood_that_is_slowed_down_or_ended_holds() -> None:
    assert flooded(answered=450).holds("LIM-4")
    assert flooded(answered=1000, ended=True).holds("LIM-4")


def test_a_flood_that_waits_before_the_server_holds() -> None:
    assert flooded(sent=400, answered=200).holds("LIM-4")


def test_a_flood_that_we_were_too_slow_to_send_proves_nothing() -> None:
    story = flooded(sent=400, answered=390)
    assert not story.holds("LIM-4")
    assert not story.broken


def test_a_flood_that_is_answered_whole_is_a_finding() -> None:
    assert flooded(answered=1000).broken == ["LIM-4"]


def crowded(*, tried: int, open_now: int) -> Faulted:
    return Faulted().open("a").happens(Crowded, browser="a", tried=tried, allowed=8, open_now=open_now)


def test_a_connection_too_many_is_not_kept() -> None:
    assert crowded(tried=9, open_now=8).holds("LIM-5")
    assert crowded(tried=9, open_now=9).broken == ["LIM-5"]
    assert not crowded(tried=5, open_now=4).holds("LIM-5")


def busy(*, echo_s: float, echoed: bool = True, answered: int = 4, busy_s: float = 2.0) -> Faulted:
    return (
        Faulted()
        .open("a", "b")
        .happens(
            HandlerBusy,
            connection=A,
            other=B,
            times=4,
            answered=answered,
            busy_s=busy_s,
            echo_s=echo_s,
            echoed=echoed,
        )
    )


def test_echoes_beside_a_busy_handler_hold() -> None:
    assert busy(echo_s=0.02).holds("LIM-6")


def test_a_handler_that_was_not_busy_proves_nothing() -> None:
    assert not busy(echo_s=0.02, busy_s=0.05).holds("LIM-6")
    assert not busy(echo_s=0.02, answered=0).holds("LIM-6")


def test_an_echo_that_waits_for_another_connections_handler_is_a_finding() -> None:
    assert busy(echo_s=0.45).broken == ["LIM-6"]
    (finding,) = busy(echo_s=0.0, echoed=False).judged().findings
    assert "did not come" in finding.seen


def test_an_echo_that_waited_for_our_own_machine_is_none() -> None:
    story = Faulted().open("a", "b").late(0.4)
    story.happens(HandlerBusy, connection=A, other=B, times=4, answered=4, busy_s=2.0, echo_s=0.6)
    assert story.broken == []

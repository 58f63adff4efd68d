"""A connection owes nothing while a fault keeps its bytes from passing, nor once its frames were changed."""

from __future__ import annotations

from harness.history import ConnectionId, FaultArmed, FrameFaulted
from harness.model.duty import gap, is_in_stream, must_reach_connection
from tests.checks.faulted import Faulted


def test_a_message_is_owed_again_when_the_stall_is_over_by_the_settle() -> None:
    story = Faulted().open("a").fault("a#1", "stall").broadcast("1")
    model = story.model
    message, connection = model.messages[story.token("1")], model.connections["a#1"]
    assert not must_reach_connection(model, connection, message)
    assert is_in_stream(model, connection, message, end=model.now)
    model = story.heal("a#1").model
    assert must_reach_connection(model, model.connections["a#1"], model.messages[story.token("1")])
    assert [each.token for each in gap(model, model.connections["a#1"])] == [story.token("1")]
    model = story.arrives("a#1").model
    assert not list(gap(model, model.connections["a#1"]))


def test_echoes_are_no_part_of_a_gap() -> None:
    model = Faulted().open("a").echo("a#1").model
    assert not list(gap(model, model.connections["a#1"]))


def test_a_connection_whose_frames_were_changed_owes_nothing() -> None:
    story = Faulted().open("a", "b").happens(FrameFaulted, connection=ConnectionId("a#1"), deed="drop")
    assert story.broadcast().arrives("b#1").settle().broken == []


def test_a_fault_on_a_browsers_way_says_nothing_of_its_connections() -> None:
    story = Faulted().open("a").happens(FaultArmed, browser="a", kind="hinder", fault="slice the bytes of a")
    assert story.broadcast().settle().broken == ["BC-1"]

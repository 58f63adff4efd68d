"""The fold from events to what happened."""

from __future__ import annotations

from harness.history import Lag, PageError, RunEnded, StepFinished, StepStarted
from harness.model.model import Model
from harness.model.state import Moment
from harness.wire.token import make_token
from tests.model.stories import USERS, Deadlines, Story


def test_event_by_event_and_all_at_once_give_the_same() -> None:
    story = Story().open("a").sign_in("a", "ada").private("ada").arrives("a#2").settle()
    step_by_step = Model(promises=Deadlines())
    for event in story:
        step_by_step.apply(event)
    assert step_by_step.now == story.model.now
    assert step_by_step.messages == story.model.messages
    assert step_by_step.deliveries == story.model.deliveries


def test_a_history_gives_the_ids_of_its_users() -> None:
    assert Story().model.ids == USERS


def test_events_that_are_told_for_people_change_nothing() -> None:
    story = Story().open("a").broadcast()
    model, before = story.model, story.model.messages
    for event in (
        StepStarted(at_s=1.0, index=0, step="settle"),
        StepFinished(at_s=1.0, index=0),
        PageError(at_s=1.0, tab="a/1", text="?"),
        Lag(at_s=1.0, lag_s=0.5),
        RunEnded(at_s=2.0),
    ):
        model.apply(event)
    assert model.messages == before
    assert model.now == Moment(len(story.events) + 4, 2.0)


def test_a_browser_is_a_guest_until_it_signs_in_and_both_meanwhile() -> None:
    story = Story().open("a")
    now = story.model.now
    assert story.model.browser("a").users(now, now) == {None}
    now = story.changing("a", "ada").model.now
    assert story.model.browser("a").users(now, now) == {None, "ada"}
    story.changed("a", "ada").open("a")
    now = story.model.now
    assert story.model.browser("a").users(now, now) == {"ada"}


def test_a_user_who_left_counts_for_the_grace() -> None:
    story = Story().sign_in("a", "ada").sign_out("a").wait(1.0).settle()
    now = story.model.now
    assert story.model.browser("a").users(now, now, grace_s=0.9) == {None}
    assert story.model.browser("a").users(now, now, grace_s=1.1) == {None, "ada"}


def test_a_restart_changes_nothing_about_a_browser_that_was_nobodys() -> None:
    story = Story().open("a").restart()
    assert len(story.model.browser("a").spans) == 1
    assert story.model.browser("a").cause == "restart"


def test_each_life_of_a_tab_has_its_own_deliveries() -> None:
    story = Story(world="page").tab("a/1").broadcast().arrives("a/1").end_tab("a/1", how="reload").tab("a/1")
    model = story.arrives("a/1").model
    assert [life.key for life in model.lives()] == ["a/1~1", "a/1~2"]
    assert all(len(model.delivered(life.key, story.token())) == 1 for life in model.lives())


def test_a_connection_ends_when_the_first_side_ended_it() -> None:
    model = Story().open("a").closing("a#1").closing("a#1").closed("a#1").closed("a#1").model
    connection = model.connections["a#1"]
    assert connection.closing is not None
    assert connection.closed is not None
    assert (connection.closing.index, connection.closed.index) == (4, 6)
    assert not connection.over_by(3)
    assert connection.over_by(4)


def test_a_refused_connection_is_over_from_the_start() -> None:
    connection = Story().dial("a").refuse("a#1").model.connections["a#1"]
    assert connection.over_by(0)


def test_tokens_that_no_message_has_are_no_uplink() -> None:
    story = Story(world="page").tab("a/1").open("a").echo("a/1").uplink("a#1")
    story.events.append(Story(world="page").echo("z/1").echo("z/1").uplink("a#1").events[-1])
    model = story.model
    assert [message.uplinks for message in model.messages.values()] == [1]


def test_what_never_arrived_has_no_deliveries() -> None:
    model = Story().open("a").broadcast().arrives("a#1").model
    assert model.delivered("b#1", make_token("0000cafe", 1)) == []
    assert model.delivered("a#1", make_token("0000cafe", 9)) == []


def test_messages_asked_for_at_the_same_time_are_concurrent() -> None:
    story = Story().open("a").ask_broadcast("x").ask_broadcast("y").answered("x").answered("y").broadcast("z")
    concurrent = {name: story.model.messages[story.token(name)].concurrent for name in "xyz"}
    assert concurrent == {"x": True, "y": True, "z": False}


def test_a_message_asked_for_beside_a_sign_in_is_concurrent() -> None:
    before = Story().open("a").ask_private("ada", "x").changing("a", "ada").answered("x").changed("a", "ada")
    assert before.model.messages[before.token("x")].concurrent
    after = Story().open("a").changing("a", "ada").private("ada", "x").changed("a", "ada").private("ada", "y")
    assert [after.model.messages[after.token(name)].concurrent for name in "xy"] == [True, False]

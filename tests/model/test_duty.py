"""What a settle waits for: exactly the messages that a finding would be about."""

from __future__ import annotations

from harness.model.duty import owed
from tests.checks.paged import down
from tests.model.stories import Story


def waited_for(story: Story) -> list[str]:
    return [each.observer for each in owed(story.model)]


def test_a_broadcast_is_waited_for_at_every_connection_that_must_get_it() -> None:
    story = Story().open("a", "b").dial("c").upgrade("c#1").broadcast()
    assert waited_for(story) == ["a#1", "b#1"]
    assert waited_for(story.arrives("a#1")) == ["b#1"]
    assert waited_for(story.arrives("b#1")) == []


def test_what_a_settle_waited_for_is_not_waited_for_again() -> None:
    assert waited_for(Story().open("a").broadcast().settle()) == []


def test_a_message_whose_request_is_still_under_way_is_not_waited_for() -> None:
    story = Story().open("a").ask_broadcast()
    assert waited_for(story) == []
    assert waited_for(story.settle().answered()) == ["a#1"]


def test_a_private_message_is_waited_for_where_its_user_is() -> None:
    story = Story().sign_in("a", "ada").open("a", "b").private("ada")
    assert waited_for(story) == ["a#1"]


def test_a_message_to_nobody_and_a_stray_are_not_waited_for() -> None:
    assert waited_for(Story().open("a").private_to_nobody("9").stray("a#1")) == []


def test_an_echo_is_waited_for_at_its_sender() -> None:
    assert waited_for(Story().open("a", "b").echo("b#1")) == ["b#1"]


def test_a_tab_is_waited_for_once_its_connection_got_the_message() -> None:
    story = Story(world="page").tab("a/1", "a/2").open("a").broadcast()
    assert waited_for(story) == ["a#1"]
    assert waited_for(story.arrives("a#1")) == ["a/1", "a/2"]
    assert waited_for(story.arrives("a/1")) == ["a/2"]
    assert waited_for(story.end_tab("a/2")) == []


def test_the_reply_to_a_tab_is_waited_for_there() -> None:
    story = Story(world="page").tab("a/1", "a/2").open("a").echo("a/2").uplink("a#1").arrives("a#1")
    assert waited_for(story) == ["a/2"]
    assert waited_for(story.arrives("a/2")) == []


def test_the_reply_to_a_tab_without_a_connection_is_not_waited_for() -> None:
    assert waited_for(Story(world="page").tab("a/1").echo("a/1")) == []


def test_a_tab_whose_browser_settled_without_a_connection_is_waited_for() -> None:
    story = Story(world="page").tab("a/1").open("a").closed("a#1").browser_settled("a", tabs=1, live=0).broadcast()
    assert waited_for(story) == ["a/1"]
    assert waited_for(story.arrives("a/1").stray("a/1")) == []


def test_a_settle_waits_for_what_was_sent_while_there_was_no_connection() -> None:
    story = down()
    story.echo("a/2")
    assert [each.observer for each in owed(story.model)] == []
    story.open("a")
    assert [(each.observer, each.token) for each in owed(story.model)] == [("a/2", story.token())]
    story.arrives("a#2", "a/2")
    assert not list(owed(story.model))


def test_a_settle_does_not_wait_for_it_where_the_user_has_changed() -> None:
    story = down()
    story.echo("a/2").changing("a", "ada").changed("a", "ada").open("a")
    assert not list(owed(story.model))

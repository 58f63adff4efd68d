"""EN-1, RT-2, RT-6 and RT-7: the reply goes to the sender, once, and a message that nobody handles has no effect."""

from __future__ import annotations

import pytest

from harness.checks.echo import EARLY
from tests.model.stories import Story


def two() -> Story:
    return Story().open("a", "b").settle()


def test_one_reply_to_the_sender_holds() -> None:
    story = two().echo("a#1").arrives("a#1").settle()
    assert story.broken == []
    assert story.holds("EN-1")
    assert story.holds("RT-6")
    assert not story.holds("RT-7")


def test_replies_to_two_senders_at_a_time_hold() -> None:
    story = two().echo("a#1", "one").echo("b#1", "two").arrives("b#1", name="two").arrives("a#1", name="one").settle()
    assert story.broken == []
    assert story.judged().held["RT-7"] == 2


def test_an_echo_without_a_reply_is_a_loss() -> None:
    story = two().echo("a#1").settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.kind) == ("EN-1", "loss:few")


def test_an_echo_is_judged_at_the_settle_after_it() -> None:
    assert two().echo("a#1").broken == []


def test_two_replies_are_one_too_many() -> None:
    assert two().echo("a#1").arrives("a#1", "a#1").settle().broken == ["EN-1"]


def test_a_reply_with_another_text_is_wrong() -> None:
    assert two().echo("a#1").arrives("a#1", data={"reply": "You said:"}).settle().broken == ["EN-1"]


def test_a_reply_that_others_get_too_is_not_the_senders_alone() -> None:
    assert two().echo("a#1").arrives("a#1", "b#1").settle().broken == ["RT-6"]


def test_a_reply_that_went_to_somebody_else_was_crossed() -> None:
    assert two().echo("a#1").arrives("b#1").settle().broken == ["RT-7"]


def test_a_reply_on_another_connection_of_the_same_browser_is_not_the_senders() -> None:
    story = Story().open("a").sign_in("a", "ada", keep_socket=True).settle()
    assert story.echo("a#2").arrives("a#2", "a#1").settle().broken == ["RT-6"]


@pytest.mark.parametrize("end", ["closing", "closed", "close"])
def test_a_sender_that_leaves_is_owed_no_reply(end: str) -> None:
    story = two().echo("a#1")
    getattr(story, end)("a" if end == "close" else "a#1", **({"code": 1001} if end == "closed" else {}))
    assert story.settle().broken == []


def test_a_sender_that_was_not_ready_is_owed_no_reply() -> None:
    assert Story().dial("a").upgrade("a#1").echo("a#1").ready("a#1").settle().broken == []


def test_a_message_that_nobody_handles_holds_when_echoes_work() -> None:
    story = two().echo("a#1").arrives("a#1").stray("a#1").settle()
    assert story.broken == []
    assert story.holds("RT-2")


def test_a_message_that_nobody_handles_proves_nothing_when_echoes_do_not_work() -> None:
    assert not two().stray("a#1").settle().holds("RT-2")


def test_a_message_that_nobody_handles_is_not_answered_as_an_echo() -> None:
    assert two().stray("a#1").arrives("a#1").settle().broken == ["RT-2"]


def test_a_message_that_nobody_handles_reaches_nobody_else() -> None:
    story = two().stray("a#1").arrives("b#1", data={"whatever": 1}).settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.observer) == ("RT-2", "b#1")


def test_an_error_that_quotes_the_message_to_its_sender_is_an_answer_and_no_delivery() -> None:
    story = two().echo("a#1", "echo").arrives("a#1").stray("a#1")
    story.arrives("a#1", data={"error": f"no handler for {story.token()}"}).settle()
    assert story.broken == []
    assert story.holds("RT-2")


def test_an_error_to_a_tab_may_come_on_its_browsers_connection_and_show_in_the_tab() -> None:
    story = Story(world="page").tab("a/1").open("a").settle().stray("a/1", expects=False)
    assert story.arrives("a#1", "a/1", data={"error": "?"}).settle().broken == []


def test_a_tabs_message_that_nobody_handles_reaches_no_other_browser() -> None:
    story = Story(world="page").tab("a/1", "b/1").open("a", "b").settle().stray("a/1", expects=False)
    assert story.arrives("b#1", data={"error": "?"}).settle().broken == ["RT-2"]


def test_the_reply_to_a_tab_belongs_to_the_connections_of_its_browser() -> None:
    story = Story(world="page").tab("a/1", "b/1").open("a", "b").settle().echo("a/1").uplink("a#1")
    assert story.arrives("a#1", "a/1").settle().broken == []
    assert story.arrives("b#1").broken == ["RT-6"]


def test_an_echo_of_somebody_unheard_of_is_not_judged() -> None:
    assert Story().open("a").echo("z/9").settle().broken == []


def early(*, probed: bool = False, origin: str | None = None, user: str | None = None) -> Story:
    """What a#1 said first was not answered, before it counted as ready."""
    story = Story().dial("a", origin=origin).upgrade("a#1").echo("a#1")
    if user is not None:
        story.sign_in("a", user, keep_socket=True)
    return story.ready("a#1", probed=probed).settle()


def test_what_is_said_as_soon_as_a_connection_is_open_is_answered_as_what_is_said_later() -> None:
    (finding,) = early().echo("a#1").arrives("a#1").settle().judged().findings
    assert (finding.requirement, finding.kind, finding.observer) == ("EN-1", EARLY, "a#1")


def test_what_is_said_first_may_go_unanswered_where_nothing_is_answered_or_somebody_else_speaks() -> None:
    assert early().settle().broken == []
    assert early(origin="http://evil.example").echo("a#1").arrives("a#1").settle().broken == []
    assert early(user="ada").echo("a#1").arrives("a#1").settle().broken == []
    assert early(probed=True).echo("a#1").arrives("a#1").settle().broken == []
    answered = Story().dial("a").upgrade("a#1").echo("a#1").ready("a#1", probed=False).arrives("a#1")
    assert answered.echo("a#1").arrives("a#1").settle().broken == []
    later = Story().dial("a").upgrade("a#1").ready("a#1", probed=False).echo("a#1").settle()
    assert EARLY not in {each.kind for each in later.echo("a#1").arrives("a#1").settle().judged().findings}


def test_a_reply_to_what_was_said_first_that_somebody_else_gets_is_told_as_that() -> None:
    story = Story().open("b").dial("a").upgrade("a#1").echo("a#1").arrives("b#1").ready("a#1", probed=False).settle()
    assert story.echo("a#1").arrives("a#1").settle().broken == ["RT-7"]

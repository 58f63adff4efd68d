"""Several instances act as one: what crosses, who is told of an end of a session, what befalls their broker."""

from __future__ import annotations

import pytest

from harness.checks.finding import Finding
from harness.checks.instances import across
from tests.model.several import Several
from tests.model.stories import Story


def pair() -> Several:
    """A guest g on the first instance, ada on the second, and a guest h there."""
    return Several().on(1).open("g").on(2).sign_in("a", "ada").open("a", "h").on(1).settle()


def test_a_broadcast_that_reaches_the_other_instance_once_holds() -> None:
    story = pair().broadcast().arrives("g#1", "a#1", "h#1").settle()
    assert story.broken == []
    assert story.holds("MI-1")
    assert not story.holds("MI-2")


def test_what_reaches_the_instance_that_was_asked_says_nothing_of_others() -> None:
    story = Several().open("g").settle().broadcast().arrives("g#1").settle()
    assert story.broken == []
    assert not story.holds("MI-1")


def test_what_no_settle_closed_is_not_judged() -> None:
    assert not pair().broadcast().arrives("a#1").holds("MI-1")


def test_an_echo_crosses_nothing() -> None:
    story = pair().echo("a#1").arrives("a#1").settle()
    assert story.broken == []
    assert not story.holds("MI-1")


def test_a_broadcast_that_stays_on_its_instance_breaks_mi_1() -> None:
    story = pair().broadcast().arrives("g#1").settle()
    assert story.broken == ["MI-1", "MI-1"]
    assert not story.holds("MI-1")


def test_a_broadcast_that_arrives_twice_breaks_mi_1_wherever_it_does() -> None:
    assert pair().broadcast().arrives("g#1", "g#1", "a#1", "h#1").settle().broken == ["MI-1"]
    assert pair().broadcast().arrives("g#1", "a#1", "a#1", "h#1").settle().broken == ["MI-1"]


def test_a_private_message_that_reaches_its_user_on_the_other_instance_holds() -> None:
    story = pair().private("ada").arrives("a#1").settle()
    assert story.broken == []
    assert story.holds("MI-2")
    assert not story.holds("MI-1")


def test_a_private_message_that_is_lost_or_leaks_between_instances_breaks_mi_2() -> None:
    assert pair().private("ada").settle().broken == ["MI-2"]
    assert pair().private("ada").arrives("a#1", "h#1").settle().broken == ["MI-2"]
    assert pair().private("ada").arrives("a#1", "g#1").settle().broken == ["MI-2"]


def test_messages_of_two_instances_have_no_order() -> None:
    story = pair().broadcast("one").on(2).broadcast("two")
    for name in ("two", "one"):
        story.arrives("g#1", "a#1", "h#1", name=name)
    assert story.settle().broken == []


def test_messages_of_one_instance_keep_their_order_on_the_other() -> None:
    story = pair().broadcast("one").broadcast("two").arrives("g#1", name="one").arrives("g#1", name="two")
    for name in ("two", "one"):
        story.arrives("a#1", "h#1", name=name)
    assert set(story.settle().broken) == {"ORD-1"}


def signed_out() -> Several:
    """The socket of ada on the second instance is kept over a sign-out on the first; ada is on the first in b too."""
    story = pair().sign_in("b", "ada").open("b").settle().on(1)
    return story.sign_in("a", None, keep_socket=True).wait(2.0)


def test_a_socket_that_the_other_instance_ends_after_the_sign_out_was_told() -> None:
    assert signed_out().closed("a#1").settle().holds("MI-3")


def test_a_socket_that_is_ended_before_the_sign_out_is_answered_was_told() -> None:
    assert pair().on(1).changing("a", None).closed("a#1").changed("a", None).settle().holds("MI-3")


def test_a_socket_that_gets_nothing_more_after_the_sign_out_was_told() -> None:
    story = signed_out().on(2).private("ada").arrives("b#1").settle()
    assert story.broken == []
    assert story.holds("MI-3")


def test_a_socket_that_goes_on_getting_private_messages_was_not_told() -> None:
    story = signed_out().on(2).private("ada").arrives("b#1", "a#1").settle()
    assert story.broken == ["MI-3"]
    assert not story.holds("MI-3")


@pytest.mark.parametrize(
    "story",
    [
        pytest.param(signed_out().settle(), id="nothing was sent to it"),
        pytest.param(signed_out().on(2).private("ada").settle(), id="nor to anybody"),
        pytest.param(signed_out().on(2).private("bob").settle(), id="nor to this user"),
        pytest.param(signed_out().on(2).broadcast().settle(), id="nor in private"),
        pytest.param(signed_out().on(2).private("ada").arrives("b#1"), id="no settle"),
        pytest.param(signed_out().closing("a#1").closed("a#1", by="client").settle(), id="closed by us"),
        pytest.param(
            signed_out().closing("a#1").closed("a#1", by="client").on(2).private("ada").arrives("b#1").settle(),
            id="closed by us before the message",
        ),
        pytest.param(
            pair().closing("a#1").closed("a#1", by="client").sign_out("a").settle(), id="closed before the sign-out"
        ),
        pytest.param(pair().changing("a", None).closed("a#1").settle(), id="the sign-out was not answered"),
        pytest.param(pair().on(2).sign_out("a", keep_socket=True).closed("a#1").settle(), id="handled by itself"),
        pytest.param(
            Several().on(2).open("a").on(1).sign_in("a", "ada", keep_socket=True).closed("a#1").settle(), id="a guest's"
        ),
        pytest.param(
            Several()
            .on(2)
            .open("a")
            .sign_in("a", "ada", keep_socket=True)
            .on(1)
            .sign_out("a", keep_socket=True)
            .closed("a#1")
            .settle(),
            id="opened as a guest before",
        ),
        pytest.param(pair().sign_in("a", "ada", keep_socket=True).closed("a#1").settle(), id="still the same user"),
    ],
)
def test_what_does_not_show_that_an_instance_was_told(story: Several) -> None:
    assert not story.holds("MI-3")


def test_while_the_broker_is_away_nothing_is_owed() -> None:
    story = pair().stop_broker().broadcast().settle().start_broker()
    assert story.broken == []
    assert story.holds("MI-4")


def test_what_is_published_while_the_broker_is_away_may_come_twice_or_late() -> None:
    story = pair().broadcast("before").stop_broker().broadcast("away").arrives("g#1", name="away")
    story.start_broker().arrives("g#1", "a#1", "h#1", name="before").arrives("g#1", name="away")
    assert story.settle().broken == []


def test_after_the_return_all_is_owed_again() -> None:
    story = pair().stop_broker().start_broker().broadcast().arrives("g#1").settle()
    assert story.broken == ["MI-1", "MI-1"]


def test_a_broker_whose_return_changes_nothing_breaks_mi_4_and_only_that() -> None:
    story = pair().stop_broker().start_broker(crossed=False, waited_s=11.0).broadcast().arrives("g#1").settle()
    assert story.broken == ["MI-4"]
    assert story.judged().findings[0].seen == "nothing crosses from 1 to 2, 11.00 s later"


def test_a_return_that_takes_longer_than_promised_is_late() -> None:
    (finding,) = pair().stop_broker().start_broker(waited_s=6.0).judged().findings
    assert (finding.requirement, finding.level) == ("MI-4", "late")


def test_garbage_that_reaches_nobody_and_stops_nothing_holds() -> None:
    story = pair().garbage().broadcast().digested().broadcast("after").arrives("g#1", "a#1", "h#1").settle()
    assert story.broken == []
    assert story.holds("MI-5")


def test_garbage_that_nobody_heard_says_nothing() -> None:
    story = pair().garbage().digested(heard=0)
    assert story.broken == []
    assert not story.holds("MI-5")


def test_garbage_that_ends_an_instance_breaks_mi_5_and_only_that() -> None:
    story = pair().garbage().digested(crossed=False).broadcast().settle()
    assert story.broken == ["MI-5"]


def test_garbage_that_reaches_somebody_breaks_mi_5() -> None:
    assert pair().garbage().foreign("h#1").digested().broken == ["MI-5"]
    assert set(pair().garbage().rubbish("h#1").digested().broken) == {"MI-5"}
    assert pair().garbage().rubbish("h#1", named=False).digested().broken == ["MI-5"]
    assert pair().garbage().foreign("h#1").digested(crossed=False).broken == ["MI-5", "MI-5"]


def test_what_is_malformed_without_garbage_is_the_servers_own() -> None:
    assert pair().rubbish("h#1", named=False).broken == ["EN-2"]
    assert pair().rubbish("h#1", named=False).garbage().digested().broken == ["EN-2"]


def test_another_application_that_is_not_heard_holds() -> None:
    story = pair().elsewhere().settle()
    assert story.broken == []
    assert story.holds("MI-5")


def test_another_application_that_is_heard_breaks_mi_5() -> None:
    assert pair().foreign("g#1").elsewhere().settle().broken == ["MI-5"]


def test_another_application_that_said_nothing_or_was_not_waited_for_shows_nothing() -> None:
    assert not pair().elsewhere(arrived=False).settle().holds("MI-5")
    assert not pair().elsewhere().holds("MI-5")


@pytest.mark.parametrize("requirement", ["BC-2", "ISO-4"])
def test_what_the_broker_kept_while_it_was_away_is_no_history(requirement: str) -> None:
    story = pair().broadcast("before").settle().stop_broker().broadcast("away").settle().start_broker()
    before, away = (
        Finding(requirement=requirement, check="staleness", expected="", seen="", token=story.token(name))
        for name in ("before", "away")
    )
    assert across(story.model, before) is before
    assert across(story.model, away) is None


def test_a_private_message_that_the_broker_kept_may_come_late() -> None:
    story = pair().stop_broker().private("ada", "away").settle().start_broker().sign_in("n", "ada").open("n")
    assert story.arrives("n#1", name="away").settle().broken == []


def test_what_one_instance_shows_is_not_filed_under_several() -> None:
    finding = Finding(requirement="BC-1", check="delivery", expected="", seen="")
    assert across(Story().model, finding) is finding
    other = Finding(requirement="RT-6", check="echo", expected="", seen="")
    assert across(Several().model, other) is other

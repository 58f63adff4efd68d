"""BC-1, ISO-1 and ID-1: who must get a message gets it; who opens, closes or changes user meanwhile may go without."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.checks.delivery import loss_shape
from tests.model.stories import NOTES, Story


def two_guests() -> Story:
    return Story().open("a", "b").settle()


def ada_and_a_guest() -> Story:
    """Ada is at a#2, a guest at b#1."""
    return Story().open("a", "b").sign_in("a", "ada").settle()


def test_a_broadcast_that_reaches_everybody_holds() -> None:
    story = two_guests().broadcast().arrives("a#1", "b#1").settle()
    assert story.broken == []
    assert story.judged().held["BC-1"] == story.judged().held["ORD-3"] == 2


def test_a_broadcast_that_misses_one_connection_is_a_loss() -> None:
    story = two_guests().broadcast().arrives("a#1").settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.kind, finding.observer) == ("BC-1", "loss:few", "b#1")
    assert finding.token == story.token()


def test_a_request_that_fails_inside_the_server_is_told_where_one_like_it_went_well() -> None:
    story = two_guests().broadcast().arrives("a#1", "b#1").settle().ask_broadcast("x").answered("x", accepted=False)
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.kind) == ("BC-1", "refused")
    assert finding.seen == "the request was answered with 500"
    gone = two_guests().broadcast().arrives("a#1", "b#1").settle().closed("b#1", by="client")
    (finding,) = gone.ask_broadcast("x").answered("x", accepted=False).judged().findings
    assert (finding.requirement, finding.kind, finding.told_as) == ("BC-3", "fault:refused", "BC-1")
    ada = Story().sign_in("a", "ada").open("a").settle().private("ada").arrives("a#1").settle()
    story = ada.ask_private("ada", "x").answered("x", accepted=False)
    assert [(each.requirement, each.kind) for each in story.judged().findings] == [("ISO-1", "refused")]


@pytest.mark.parametrize("status", [401, 403, 429, 502, 503, 504])
def test_a_request_that_is_refused_for_a_reason_is_not_told(status: int) -> None:
    story = two_guests().broadcast().arrives("a#1", "b#1").settle()
    assert story.ask_broadcast("x").answered("x", accepted=False, status=status).broken == []


def test_a_request_that_fails_is_not_told_where_none_went_well_or_the_server_was_disturbed() -> None:
    assert two_guests().ask_broadcast().answered(accepted=False).broken == []
    story = two_guests().broadcast().arrives("a#1", "b#1").settle()
    story = story.restart().ask_broadcast("x").answered("x", accepted=False)
    assert "refused" not in [each.kind for each in story.judged().findings]
    story = ada_and_a_guest().broadcast().arrives("a#2", "b#1").settle().ask_private("ada", "x")
    assert story.answered("x", accepted=False).broken == []


@pytest.mark.parametrize("more", ["x" * 1000, " \N{SNOWMAN}"])
def test_a_request_with_an_uncommon_text_may_be_refused_in_any_way(more: str) -> None:
    story = two_guests().broadcast().arrives("a#1", "b#1").settle()
    assert story.ask_broadcast("x", more=more).answered("x", accepted=False).broken == []


@pytest.mark.parametrize(
    ("missed", "kind"),
    [("1", "loss:first"), ("12", "loss:first"), ("13", "loss:some"), ("3", "loss:some"), ("123", "loss:all")],
)
def test_that_a_connection_missed_the_first_broadcasts_only_is_told(missed: str, kind: str) -> None:
    story = Story().open("a", "b")
    for name in "123":
        story.broadcast(name).arrives(*(("a#1",) if name in missed else ("a#1", "b#1")), name=name).settle()
    assert {(each.requirement, each.kind) for each in story.judged().findings} == {("BC-1", kind)}


def test_a_broadcast_with_other_data_is_no_loss_but_wrong() -> None:
    story = two_guests().broadcast().arrives("a#1").arrives("b#1", data={"note": "?"}).settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.kind, finding.observer) == ("BC-1", "", "b#1")


def test_a_broadcast_with_more_keys_than_published_holds() -> None:
    story = Story().open("a").settle().broadcast()
    assert story.arrives("a#1", data={"note": story.token(), "at": 3}).settle().broken == []


def test_a_broadcast_reaches_who_changed_user_before_it() -> None:
    story = ada_and_a_guest().broadcast().arrives("b#1").settle()
    assert story.broken == ["BC-1"]


def test_a_private_message_to_a_user_who_did_not_change_holds() -> None:
    story = Story().sign_in("a", "ada").open("a").settle().private("ada").arrives("a#1").settle()
    assert story.broken == []
    assert story.holds("ISO-1")
    assert not story.holds("ID-1")


def test_a_private_message_after_the_sign_in_of_an_open_browser_shows_the_connection_is_the_users() -> None:
    story = ada_and_a_guest().private("ada").arrives("a#2").settle()
    assert story.broken == []
    assert story.holds("ID-1")
    assert story.holds("ISO-1")


def test_a_private_message_that_reaches_nobody_is_lost() -> None:
    assert Story().sign_in("a", "ada").open("a").settle().private("ada").settle().broken == ["ISO-1"]


def test_a_private_message_that_misses_who_signed_in_with_a_connection_open_blames_the_sign_in() -> None:
    story = Story().sign_in("b", "ada").open("a", "b").sign_in("a", "ada").settle()
    story.private("ada").arrives("b#1").settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.observer, finding.kind) == ("ID-1", "a#2", "loss:all")


def test_a_private_message_reaches_every_browser_of_its_user() -> None:
    story = Story().sign_in("a", "ada").sign_in("b", "ada").open("a", "b").settle()
    assert story.private("ada").arrives("b#1").settle().broken == ["ISO-1"]


def test_a_message_that_arrives_after_it_was_waited_for_is_late_and_not_lost() -> None:
    story = two_guests().broadcast().arrives("a#1").settle().wait(4.0).arrives("b#1")
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.level, finding.kind) == ("BC-1", "late", "")
    assert finding.seen.startswith("it arrived 4.0")


@pytest.mark.parametrize(
    ("arrived", "shape"),
    [
        ([False], "loss:few"),
        ([False, False], "loss:few"),
        ([False, False, False], "loss:all"),
        ([False, True, False], "loss:some"),
    ],
)
def test_a_loss_tells_whether_its_connection_got_others(arrived: list[bool], shape: str) -> None:
    assert loss_shape(arrived) == shape
    story = Story().open("a").settle()
    for each in arrived:
        story.broadcast().arrives(*(["a#1"] if each else []))
    assert {each.kind for each in story.settle().judged().findings} == {shape}


def ada_on_two_browsers() -> Story:
    return Story().sign_in("a", "ada").sign_in("b", "ada").open("a", "b").settle()


def test_private_messages_that_each_miss_one_of_their_users_browsers_are_lost_as_a_rule() -> None:
    story = ada_on_two_browsers().private("ada").arrives("a#1").private("ada").arrives("b#1").settle()
    assert [(each.requirement, each.kind) for each in story.judged().findings] == [("ISO-1", "loss:all")] * 2


def test_private_messages_of_which_one_reached_every_browser_are_lost_as_an_exception() -> None:
    story = ada_on_two_browsers().private("ada").arrives("a#1", "b#1").private("ada").arrives("b#1").settle()
    assert [(each.requirement, each.kind) for each in story.judged().findings] == [("ISO-1", "loss:some")]


def test_private_messages_that_reach_no_browser_say_nothing_about_several() -> None:
    story = ada_on_two_browsers().private("ada").settle()
    assert [each.kind for each in story.judged().findings] == ["loss:few"] * 2


def test_a_message_is_judged_at_the_settle_after_it_and_not_before() -> None:
    assert two_guests().broadcast().broken == []


def test_a_message_whose_request_was_never_answered_is_owed_to_nobody() -> None:
    assert two_guests().ask_broadcast().settle().broken == []


def test_a_message_that_the_target_refused_is_owed_to_nobody() -> None:
    assert two_guests().ask_broadcast().answered(accepted=False).settle().broken == []


def test_a_refused_message_that_arrives_all_the_same_is_fine() -> None:
    assert two_guests().ask_broadcast().answered(accepted=False).arrives("a#1").settle().broken == []


MAYBE: dict[str, Callable[[], Story]] = {
    "opens while it is published": lambda: Story().ask_broadcast().open("a").answered().settle(),
    "opens after it": lambda: Story().broadcast().open("a").settle(),
    "is open but not yet ready": lambda: Story().dial("a").upgrade("a#1").broadcast().ready("a#1").settle(),
    "is refused": lambda: Story().dial("a").refuse("a#1").broadcast().settle(),
    "began to close before it": lambda: Story().open("a").closing("a#1").broadcast().closed("a#1").settle(),
    "closes while it is published": lambda: Story().open("a").ask_broadcast().close("a").answered().settle(),
    "closes after it and before the settle": lambda: Story().open("a").broadcast().close("a").settle(),
    "is ended by a server that goes away, before the settle": lambda: (
        Story().open("a").broadcast().closed("a#1", code=1001).settle()
    ),
    "was opened by a foreign page": lambda: Story().open("a", origin="http://evil.example").broadcast().settle(),
    "changes user while it is published": lambda: (
        Story().open("a").ask_broadcast().changing("a", "ada").changed("a", "ada").answered().settle()
    ),
    "is a socket kept from before a sign-in": lambda: (
        Story().open("a").sign_in("a", "ada", keep_socket=True).settle().broadcast().arrives("a#2").settle()
    ),
    "loses its server to a restart": lambda: Story().open("a").settle().broadcast().restart().settle(),
}


@pytest.mark.parametrize("story", MAYBE.values(), ids=MAYBE.keys())
def test_a_broadcast_may_miss_a_connection_that(story: Callable[[], Story]) -> None:
    assert story().broken == []


def test_what_happens_after_the_settle_excuses_nothing() -> None:
    for ended in (two_guests().broadcast().arrives("a#1").settle(), ada_and_a_guest().private("ada").settle()):
        broken = ended.broken
        assert broken
        assert ended.close("a").close("b").sign_in("a", "bob").restart().broken == broken


def test_nobody_knows_whether_a_session_survived_a_restart() -> None:
    story = ada_and_a_guest().restart().open("a", "b").settle().private("ada").settle()
    assert story.broken == []


def test_a_broadcast_after_a_restart_is_owed_again() -> None:
    story = ada_and_a_guest().restart().open("a", "b").settle().broadcast().arrives("a#3").settle()
    assert story.broken == ["BC-1"]


def test_a_sign_in_that_failed_leaves_open_who_the_browser_is() -> None:
    story = Story().open("a").changing("a", "ada").changed("a", "ada", ok=False).open("a").settle()
    assert story.private("ada").settle().broken == []
    assert story.private("ada").arrives("a#2").settle().broken == []


def test_a_sign_in_after_one_that_failed_makes_it_certain_again() -> None:
    story = Story().open("a").changing("a", "ada").changed("a", "ada", ok=False).sign_in("a", "ada").settle()
    assert story.private("ada").settle().broken == ["ID-1"]


def test_a_message_that_is_no_envelope_serves_nobody() -> None:
    story = ada_and_a_guest().private("ada").arrives_malformed("a#2").settle()
    assert story.broken == ["ID-1", "EN-2"]


def test_a_message_on_the_wrong_channel_is_filed_there_and_not_as_a_loss() -> None:
    assert two_guests().broadcast().arrives("a#1").arrives("b#1", channel=NOTES).settle().broken == ["RT-1"]

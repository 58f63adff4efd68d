"""How sessions end, at their own sockets and beside them: ID-4, ID-7, ID-8, ID-10, ID-12; and what is left of them."""

from __future__ import annotations

import pytest

from tests.model.stories import Story

EVIL = "http://evil.example"


def ada_twice() -> Story:
    """Ada is at a#1 and b#1, Bob at c#1, a guest at g#1."""
    story = Story().sign_in("a", "ada").sign_in("b", "ada").sign_in("c", "bob")
    return story.open("g", "a", "b", "c").settle()


def signed_out() -> Story:
    """Ada signed out in browser a and kept a#1; a#2 is a guest's."""
    return ada_twice().sign_out("a", keep_socket=True)


# -- ID-7: the others


def test_who_signs_out_in_one_browser_goes_on_receiving_in_the_others() -> None:
    story = signed_out().wait(1.5).settle().private("ada").arrives("b#1").settle()
    assert story.broken == []
    assert story.holds("ID-7")


@pytest.mark.parametrize("connection", ["b#1", "c#1"])
def test_a_sign_out_closes_no_socket_of_another_session(connection: str) -> None:
    story = signed_out().closed(connection).settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.observer, finding.kind) == ("ID-7", connection, "closed")
    assert "close code 4001" in finding.seen


def test_a_socket_that_was_closed_is_told_once() -> None:
    story = ada_twice().changing("a", None).closed("b#1", code=None).changed("a", None).sign_out("c").settle()
    (finding,) = story.judged().findings
    assert finding.requirement == "ID-7"
    assert "no close frame" in finding.seen


def test_a_server_that_closes_everybody_goes_away() -> None:
    story = Story().sign_in("a", "ada").sign_in("b", "ada").open("a", "b").settle()
    assert story.changing("a", None).closed("a#1").closed("b#1").changed("a", None).settle().broken == []


def test_who_closes_signs_out_or_was_a_guest_proves_nothing_about_the_sign_out_of_another() -> None:
    assert signed_out().closing("b#1").closed("b#1").settle().broken == []
    assert signed_out().close("b").settle().broken == []
    assert signed_out().sign_out("b").settle().broken == []
    assert ada_twice().changing("a", None).closed("g#1").changed("a", None).settle().broken == []
    assert (
        ada_twice().sign_in("d", "ada").open("d", origin=EVIL).changing("a", None).closed("d#1").settle().broken == []
    )
    assert signed_out().settle().closed("b#1").settle().broken == []


def test_after_the_sign_out_of_another_browser_a_lost_message_blames_that() -> None:
    story = ada_twice().private("ada").arrives("a#1", "b#1").settle().sign_out("a").settle()
    story.private("ada").private("ada").settle()
    assert [(each.requirement, each.kind) for each in story.judged().findings] == [("ID-7", "loss:few")] * 2


def test_a_message_that_is_lost_beside_the_sign_out_of_another_browser_blames_that_too() -> None:
    story = ada_twice().ask_private("ada", "x").changing("a", None).answered("x").changed("a", None).settle()
    assert [(each.requirement, each.kind) for each in story.judged().findings] == [("ID-7", "loss:few")]


def test_a_message_lost_before_the_sign_out_of_another_browser_is_a_plain_loss() -> None:
    story = ada_twice().private("ada").arrives("a#1").settle().sign_out("a").settle()
    assert story.broken == ["ISO-1"]


def test_who_is_signed_in_and_may_not_connect_any_more_was_signed_out_with_the_other_browser() -> None:
    story = ada_twice().sign_out("a").settle().close("b").dial("b").refuse("b#2", status=401).settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.observer, finding.kind) == ("ID-7", "b#2", "refused")


def test_a_refused_handshake_says_nothing_where_nothing_befell_the_session() -> None:
    assert ada_twice().dial("b").refuse("b#2").settle().broken == []
    assert ada_twice().sign_out("a").dial("b", origin=EVIL).refuse("b#2").dial("g").refuse("g#2").settle().broken == []


def test_a_sign_out_before_the_sign_in_of_another_browser_has_nothing_to_do_with_it() -> None:
    story = Story().sign_in("a", "ada").open("a", "g").sign_out("a").sign_in("b", "ada").open("b").settle()
    assert story.private("ada").settle().broken == ["ISO-1"]


# -- ID-8: revocation


def test_after_the_revocation_nothing_reaches_the_sockets_and_the_old_cookies() -> None:
    story = ada_twice().revoke("ada").wait(1.5).settle().sign_in("d", "ada").open("d", "a").settle()
    assert story.private("ada").arrives("d#1").settle().broken == []
    assert story.holds("ID-8")


@pytest.mark.parametrize("connection", ["a#1", "a#2"])
def test_a_revoked_users_connection_that_still_gets_messages_is_found(connection: str) -> None:
    story = ada_twice().revoke("ada").sign_in("d", "ada").open("d", "a").wait(1.5).settle()
    assert story.private("ada").arrives("d#1", connection).settle().broken == ["ID-8"]


@pytest.mark.parametrize("connection", ["a#1", "a#2"])
def test_up_to_the_promise_a_revoked_user_may_still_get_messages(connection: str) -> None:
    story = ada_twice().revoke("ada").sign_in("d", "ada").open("d", "a").settle()
    assert story.private("ada").arrives("d#1", connection).settle().broken == []


def test_a_revocation_closes_no_socket_of_another_user() -> None:
    story = ada_twice().revoke("ada").closed("c#1").settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.observer) == ("ID-8", "c#1")
    assert ada_twice().revoke("ada").closed("a#1").closed("b#1").settle().broken == []


def test_a_message_that_another_user_misses_after_the_revocation_blames_that() -> None:
    story = ada_twice().revoke("ada").wait(1.5).settle().private("bob").settle()
    assert story.broken == ["ID-8"]
    story = ada_twice().revoke("ada").wait(1.5).settle().private("bob").arrives("c#1").settle()
    assert story.holds("ID-8")


# -- ID-9: expiry


def expired() -> Story:
    story = Story().sign_in("b", "ada").changing("a", "ada", lasts_s=2.0).changed("a", "ada").open("g", "b", "a")
    return story.settle().private("ada").arrives("a#1", "b#1").settle().expire("a")


def test_a_session_that_expired_gets_nothing_more() -> None:
    story = expired().closed("a#1").settle().private("ada").arrives("b#1").settle()
    assert story.broken == []
    assert story.holds("ID-9")


def test_a_session_that_expired_and_still_gets_messages_is_found() -> None:
    assert expired().wait(1.5).settle().private("ada").arrives("b#1", "a#1").settle().broken == ["ID-9"]
    assert expired().settle().private("ada").arrives("b#1", "a#1").settle().broken == []


# -- ID-10: renewal


def renewed() -> Story:
    return ada_twice().rotate("a").settle()


def test_a_renewed_session_stays_its_users_and_gets_each_message_once() -> None:
    story = renewed().private("ada").arrives("a#1", "b#1").settle()
    assert story.broken == []
    assert story.holds("ID-10")


def test_a_renewed_session_that_drops_to_a_guest_is_found() -> None:
    (finding,) = renewed().private("ada").arrives("b#1").settle().judged().findings
    assert (finding.requirement, finding.observer) == ("ID-10", "a#1")


def test_a_renewed_session_that_gets_messages_twice_is_found() -> None:
    story = renewed().private("ada").arrives("a#1", "a#1", "b#1").settle()
    assert [(each.requirement, each.kind) for each in story.judged().findings] == [("ID-10", "double")]
    assert renewed().private("ada").arrives("a#1", "b#1", "b#1").settle().broken == ["ORD-2"]


def test_a_renewal_that_failed_changes_nothing() -> None:
    assert ada_twice().rotate("a", ok=False).settle().private("ada").arrives("b#1").settle().broken == ["ISO-1"]


def test_a_renewed_session_that_may_not_connect_is_found() -> None:
    assert renewed().close("a").dial("a").refuse("a#2").settle().broken == ["ID-10"]


def test_what_befell_last_is_what_a_loss_is_a_matter_of() -> None:
    assert renewed().sign_out("b").settle().private("ada").settle().broken == ["ID-7"]
    assert ada_twice().sign_out("b").rotate("a").settle().private("ada").settle().broken == ["ID-10"]


# -- ID-4: handlers


def asked(*, before: str | None = "1") -> Story:
    return ada_twice().who("a#1", before).sign_out("a", keep_socket=True)


@pytest.mark.parametrize("answer", [None, "2"])
def test_a_kept_socket_that_is_nobodys_or_another_users_to_a_handler_holds(answer: str | None) -> None:
    story = asked().wait(1.5).settle().who("a#1", answer).settle()
    assert story.broken == []
    assert story.holds("ID-4")


def test_a_handler_that_works_for_who_signed_out_is_found() -> None:
    (finding,) = asked().wait(1.5).settle().who("a#1", "1").settle().judged().findings
    assert (finding.requirement, finding.observer, finding.kind) == ("ID-4", "a#1", "context")


def test_within_the_grace_a_handler_may_work_for_who_signed_out() -> None:
    story = asked().who("a#1", "1").settle()
    assert story.broken == []
    assert not story.holds("ID-4")


def test_a_socket_that_the_server_closed_has_no_handlers() -> None:
    assert asked().closed("a#1").settle().holds("ID-4")


def test_a_socket_that_never_said_whose_it_was_proves_nothing() -> None:
    assert not asked(before=None).closed("a#1").settle().holds("ID-4")
    assert not asked(before=None).wait(1.5).settle().who("a#1", None).settle().holds("ID-4")


def test_who_is_that_user_again_is_that_user() -> None:
    story = asked().wait(1.5).sign_in("a", "ada", keep_socket=True).settle().who("a#1", "1").settle()
    assert story.broken == []


# -- ID-12: close codes


@pytest.mark.parametrize("code", [1008, 3000, 4001, 4999])
def test_a_close_that_tells_holds(code: int) -> None:
    story = signed_out().closed("a#1", code=code).settle()
    assert story.broken == []
    assert story.holds("ID-12")


@pytest.mark.parametrize("code", [None, 1000, 1001, 1006, 1011, 2999, 5000])
def test_a_close_that_looks_like_a_loss_of_the_network_is_found(code: int | None) -> None:
    assert signed_out().closed("a#1", code=code).settle().broken == ["ID-12"]


def test_a_close_that_is_not_about_the_session_says_nothing() -> None:
    assert not signed_out().closing("a#1").closed("a#1", by="client", code=1000).settle().holds("ID-12")
    assert signed_out().closed("a#2", code=1001).settle().broken == []
    assert signed_out().settle().closed("a#1", code=1001).settle().broken == []
    story = Story().sign_in("a", "ada").open("a").settle().changing("a", None).closed("a#1", code=1001)
    assert story.changed("a", None).settle().broken == []
    story = Story().sign_in("a", "ada").open("g").open("a", origin=EVIL).changing("a", None).closed("a#1", code=1000)
    assert story.changed("a", None).settle().broken == []
    story = Story().sign_in("a", "ada").open("g").dial("a").changing("a", None).closed("a#1", code=None)
    assert story.changed("a", None).settle().broken == []


# -- ID-5, ID-6, ID-11, ISO-8: leaks to who was the user before


def test_the_cookies_of_before_the_sign_out_are_nobodys() -> None:
    story = ada_twice().sign_out("a").open("a", replayed=True).wait(1.5).settle()
    assert story.private("ada").arrives("b#1").settle().broken == []
    assert story.holds("ID-5")
    story = ada_twice().sign_out("a").open("a", replayed=True).wait(1.5).settle()
    assert story.private("ada").arrives("b#1", "a#3").settle().broken == ["ID-5"]


def test_the_cookies_of_before_have_the_time_that_old_sockets_have() -> None:
    story = ada_twice().sign_out("a").open("a", replayed=True).settle()
    assert story.private("ada").arrives("b#1", "a#3").settle().broken == []
    assert not story.holds("ID-5")


def test_nothing_private_is_owed_to_the_cookies_of_before() -> None:
    story = ada_twice().sign_in("a", "bob").open("a", replayed=True).settle()
    assert story.private("bob").arrives("a#2", "c#1").settle().broken == []
    assert story.broadcast().arrives("a#2", "b#1", "c#1", "g#1").settle().broken == ["BC-1"]


def test_who_became_another_user_gets_nothing_of_the_first_and_all_of_the_second() -> None:
    story = ada_twice().sign_in("a", "bob").settle().private("ada").arrives("b#1").private("bob").arrives("a#2", "c#1")
    assert story.settle().broken == []
    assert story.holds("ID-6")
    story = ada_twice().sign_in("a", "bob").settle().private("bob").arrives("c#1").settle()
    assert story.broken == ["ID-6"]


def test_a_guest_who_becomes_a_user_is_a_matter_of_the_sign_in() -> None:
    story = ada_twice().sign_in("a", "bob").sign_out("a").sign_in("a", "bob").settle()
    assert story.private("bob").arrives("c#1").settle().broken == ["ID-1"]


def racing(user: str | None) -> Story:
    """The handshake of a#2 was under way when browser a became another; a#3 is its next connection."""
    story = ada_twice().close("a").dial("a").changing("a", user).changed("a", user).upgrade("a#2").ready("a#2")
    return story.open("a").settle()


def test_a_handshake_during_the_sign_out_is_nobodys_after_it() -> None:
    story = racing(None).wait(1.5).settle().private("ada").arrives("b#1").settle()
    assert story.broken == []
    assert story.holds("ID-11")
    assert racing(None).wait(1.5).settle().private("ada").arrives("b#1", "a#2").settle().broken == ["ID-11"]


def test_a_handshake_during_the_sign_out_has_the_time_that_old_sockets_have() -> None:
    assert racing(None).private("ada").arrives("b#1", "a#2").settle().broken == []


def test_the_connection_after_a_handshake_during_the_sign_in_is_the_users() -> None:
    story = racing("bob").private("bob").arrives("c#1", "a#3").settle()
    assert story.broken == []
    assert story.holds("ID-11")
    assert racing("bob").private("bob").arrives("c#1").settle().broken == ["ID-11"]
    assert racing("bob").private("bob").arrives("c#1", "a#2", "a#3").settle().broken == []


def test_who_makes_room_for_the_next_of_the_same_user_is_not_closed_for_the_sign_out() -> None:
    story = ada_twice().changing("a", None).changed("a", None).open("b").closed("b#1").settle()
    assert story.broken == []


def after_a_crash() -> Story:
    """Ada was at a#1 too, which ended; c#1, d#1 are a guest's and Bob's and came after, g#1 before."""
    story = Story().open("g").sign_in("a", "ada").sign_in("z", "ada").sign_in("d", "bob").open("a", "z").settle()
    return story.closed("a#1", by="client").open("c", "d").settle()


def test_who_comes_after_a_user_gets_nothing_of_theirs() -> None:
    story = after_a_crash().private("ada").arrives("z#1").settle()
    assert story.broken == []
    assert story.judged().held["ISO-8"] == 2


@pytest.mark.parametrize("connection", ["c#1", "d#1"])
def test_who_comes_after_a_user_and_gets_what_was_theirs_took_their_place(connection: str) -> None:
    assert after_a_crash().private("ada").arrives("z#1", connection).settle().broken == ["ISO-8"]


def test_a_leak_that_reaches_who_was_there_before_is_no_matter_of_places() -> None:
    assert after_a_crash().private("ada").arrives("z#1", "c#1", "g#1").settle().broken == ["ISO-5", "ISO-5"]


def test_sockets_that_end_with_the_server_say_nothing_about_sessions() -> None:
    story = signed_out().settle().restart()
    assert story.sign_in("b", "ada").open("g", "b").settle().broken == []

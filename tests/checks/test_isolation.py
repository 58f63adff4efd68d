"""ISO-2, ISO-3, ISO-5, ID-2, ID-3 and HS-4: a private message reaches nobody who is not its user now."""

from __future__ import annotations

import pytest

from tests.model.stories import Story

EVIL = "http://evil.example"


def everybody() -> Story:
    """Ada is at a#1, Bob at b#1, Cyd, whose id begins like Ada's, at c#1, a guest at g#1."""
    story = Story().sign_in("a", "ada").sign_in("b", "bob").sign_in("c", "cyd")
    return story.open("a", "b", "c", "g").settle()


def ada_signed_out() -> Story:
    """Ada was at a#1 and is at d#1; browser a is a guest's at a#2."""
    return Story().sign_in("a", "ada").sign_in("d", "ada").open("a", "d").sign_out("a").settle()


def ghost(*, as_user: str | None = None) -> Story:
    """Browser a kept Ada's socket a#1 when it became somebody else, at a#2; Ada is at d#1."""
    story = Story().sign_in("a", "ada").sign_in("d", "ada").open("a", "d")
    return story.sign_in("a", as_user, keep_socket=True)


def test_a_private_message_that_reaches_only_its_user_holds() -> None:
    story = everybody().private("ada").arrives("a#1").settle()
    assert story.broken == []
    assert story.judged().held == {"ISO-1": 1, "ORD-3": 1, "ISO-2": 2, "ISO-3": 1, "ISO-5": 1} | {
        "EN-2": 1,
        "RT-1": 1,
        "ORD-2": 1,
    }


def test_a_message_that_reaches_nobody_proves_no_isolation() -> None:
    story = everybody().private("ada").settle()
    assert not any(story.holds(each) for each in ("ISO-2", "ISO-3", "ISO-5"))


def test_a_private_message_never_reaches_another_user() -> None:
    story = everybody().private("ada").arrives("a#1", "b#1").settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.observer, finding.kind) == ("ISO-2", "b#1", "leak:look-alike")
    assert "bob (id 2)" in finding.seen


def test_a_private_message_never_reaches_a_user_whose_id_looks_alike() -> None:
    assert everybody().private("ada").arrives("a#1", "c#1").settle().broken == ["ISO-3"]


def test_guest_never_sees_user_message() -> None:
    story = everybody().private("ada").arrives("a#1", "g#1").settle()
    assert story.broken == ["ISO-5"]
    assert "a guest" in story.judged().findings[0].seen


def test_one_leak_to_guests_and_users_is_filed_for_each_under_its_root() -> None:
    assert everybody().private("ada").arrives("a#1", "b#1", "g#1").settle().broken == ["ISO-2", "ISO-5"]


def test_a_leak_counts_also_before_any_settle() -> None:
    assert everybody().private("ada").arrives("b#1").broken == ["ISO-2"]


def test_a_leak_counts_also_when_the_target_refused_the_message() -> None:
    assert everybody().ask_private("ada").answered(accepted=False).arrives("b#1").settle().broken == ["ISO-2"]


def test_a_leak_that_is_no_envelope_is_a_leak() -> None:
    story = everybody().private("ada").arrives("a#1").arrives_malformed("b#1").settle()
    assert story.broken == ["ISO-2", "EN-2"]


def test_a_leak_is_told_once_a_connection() -> None:
    story = everybody().private("ada").arrives("a#1").arrives("b#1").arrives_malformed("b#1").settle()
    assert story.broken.count("ISO-2") == 1


def test_a_message_to_an_id_of_nobody_reaches_nobody() -> None:
    story = everybody().private("ada").arrives("a#1").private_to_nobody("111").settle()
    assert story.broken == []
    assert story.holds("ISO-3")


def test_a_message_to_an_id_of_nobody_proves_nothing_when_no_other_arrived() -> None:
    assert not everybody().private_to_nobody("111").settle().holds("ISO-3")


def test_a_message_to_an_id_of_nobody_that_reaches_a_user_mistook_the_id() -> None:
    story = everybody().private_to_nobody("111").arrives("a#1").settle()
    assert (story.broken, story.judged().findings[0].kind) == (["ISO-3"], "leak")
    assert "'111', which nobody has" in story.judged().findings[0].expected


def test_a_message_to_an_id_of_nobody_that_reaches_a_user_with_quite_another_id_is_a_plain_leak() -> None:
    assert everybody().private_to_nobody("777").arrives("b#1").settle().broken == ["ISO-2"]


def test_a_message_to_an_id_of_nobody_that_reaches_who_signed_out_mistook_the_id() -> None:
    story = Story().sign_in("a", "ada").open("a").sign_out("a").settle()
    assert story.private_to_nobody("777").arrives("a#2").settle().broken == ["ISO-3"]


def test_a_guest_who_was_somebody_else_before_is_a_guest() -> None:
    story = Story().sign_in("b", "bob").open("b").sign_out("b").settle()
    assert story.private("ada").arrives("b#2").settle().broken == ["ISO-5"]


def test_a_message_to_an_id_of_nobody_that_reaches_a_guest_is_a_guests_leak() -> None:
    assert everybody().private_to_nobody("null").arrives("g#1").settle().broken == ["ISO-5"]


def test_what_is_no_id_is_nobodys_guests_least_of_all() -> None:
    story = everybody().private("ada").arrives("a#1").settle()
    before = story.judged().held["ISO-5"]
    story.private_to_nobody("null").settle()
    assert story.broken == []
    assert story.judged().held["ISO-5"] == before + 1
    assert story.private_to_nobody("left out").arrives("g#1").settle().broken == ["ISO-5"]


def test_what_guests_get_is_theirs_too_on_a_socket_that_was_kept_over_a_sign_in() -> None:
    story = Story().sign_in("b", "bob").open("a", "b", "g").sign_in("a", "ada", keep_socket=True).settle()
    assert story.private_to_nobody("null").arrives("a#1", "g#1").settle().broken == ["ISO-5", "ISO-5"]
    assert story.private("bob").arrives("a#1").settle().broken == ["ISO-5", "ISO-5", "ISO-2"]


def test_another_form_of_an_id_may_be_read_as_that_one_and_as_no_other() -> None:
    story = everybody().private("ada").arrives("a#1").settle()
    before = story.judged().held["ISO-3"]
    story.private_to_nobody("with a zero before it", may_be="ada").arrives("a#1").settle()
    assert story.broken == []
    assert story.judged().held["ISO-3"] == before + 2  # bob and cyd; that ada got it proves nothing
    assert story.private_to_nobody("in a list", may_be="ada").arrives("b#1").settle().broken == ["ISO-2"]
    assert story.private_to_nobody("true", may_be="ada").arrives("g#1").settle().broken == ["ISO-2", "ISO-5"]


def test_another_form_of_an_id_is_owed_to_nobody() -> None:
    assert everybody().private("ada").arrives("a#1").private_to_nobody("01", may_be="ada").settle().broken == []


def test_after_the_sign_out_the_new_connection_gets_nothing_and_the_users_others_do() -> None:
    story = ada_signed_out().private("ada").arrives("d#1").settle()
    assert story.broken == []
    assert story.holds("ID-2")
    assert story.holds("ISO-1")


def test_after_the_sign_out_the_new_connection_is_not_the_users() -> None:
    assert ada_signed_out().private("ada").arrives("d#1", "a#2").settle().broken == ["ID-2"]


def test_a_new_connection_has_no_grace() -> None:
    story = Story().sign_in("a", "ada").open("a").sign_out("a").private("ada").arrives("a#2").settle()
    assert story.broken == ["ID-2"]


def test_a_new_connection_never_gets_what_was_meant_for_the_one_before_the_sign_out() -> None:
    story = Story().sign_in("a", "ada").open("a").private("ada").sign_out("a").arrives("a#2").settle()
    assert story.broken == ["ID-2"]


def test_a_user_who_follows_another_in_a_browser_gets_none_of_the_first_ones_messages() -> None:
    story = Story().sign_in("a", "ada").open("a").sign_in("a", "bob").settle()
    assert story.private("ada").arrives("a#2").settle().broken == ["ID-6"]


def test_a_socket_that_was_kept_over_the_sign_out_gets_nothing_once_the_grace_is_over() -> None:
    story = ghost().wait(1.5).private("ada").arrives("d#1").settle()
    assert story.broken == []
    assert story.holds("ID-3")


@pytest.mark.parametrize("as_user", [None, "bob"])
def test_a_socket_that_was_kept_and_still_gets_the_users_messages_is_found(as_user: str | None) -> None:
    assert ghost(as_user=as_user).wait(1.5).private("ada").arrives("d#1", "a#1").settle().broken == ["ID-3"]


def test_within_the_grace_a_kept_socket_may_get_the_users_messages() -> None:
    story = ghost().wait(0.5).private("ada").arrives("d#1", "a#1").settle()
    assert story.broken == []
    assert not story.holds("ID-3")


def test_within_the_grace_a_socket_that_got_nothing_proves_nothing_yet() -> None:
    story = ghost().wait(0.5).private("ada").arrives("d#1").settle().close("a")
    assert not story.holds("ID-3")


def test_a_kept_socket_that_the_server_ended_in_time_holds() -> None:
    story = ghost().wait(0.5).closed("a#1").private("ada").arrives("d#1").settle()
    assert story.broken == []
    assert story.holds("ID-3")


def test_a_kept_socket_that_we_ended_ourselves_proves_nothing() -> None:
    story = ghost().wait(1.5).closing("a#1").closed("a#1", by="client").private("ada").arrives("d#1").settle()
    assert story.broken == []
    assert not story.holds("ID-3")


def test_a_message_asked_for_before_the_sign_out_may_still_come_on_the_old_socket() -> None:
    story = Story().sign_in("a", "ada").open("a").settle().ask_private("ada")
    story.sign_out("a", keep_socket=True).wait(3.0).arrives("a#1").answered().settle()
    assert story.broken == []


def test_a_message_asked_for_while_the_user_signs_in_may_come_or_not() -> None:
    signing_in = Story().open("a").changing("a", "ada").private("ada").changed("a", "ada").settle()
    assert signing_in.broken == []
    assert signing_in.arrives("a#1").broken == []


def test_a_message_asked_for_before_the_sign_in_may_come_after_it() -> None:
    story = Story().open("a").private("ada").sign_in("a", "ada").arrives("a#2").settle()
    assert story.broken == []


def test_a_connection_that_was_opened_during_the_sign_out_may_be_either() -> None:
    story = Story().sign_in("a", "ada").open("a").changing("a", None).open("a").private("ada").changed("a", None)
    assert story.arrives("a#2").settle().broken == []


def test_after_a_restart_a_browser_may_still_be_its_user() -> None:
    story = Story().sign_in("a", "ada").open("a").restart().open("a").settle()
    assert story.private("ada").arrives("a#2").settle().broken == []
    assert story.private("bob").arrives("a#2").settle().broken == ["ISO-2"]


def test_a_connection_that_opened_after_the_message_proves_nothing() -> None:
    story = Story().sign_in("a", "ada").open("a").settle().private("ada").open("g").arrives("a#1").settle()
    assert not story.holds("ISO-5")


def test_a_connection_that_ended_before_the_settle_proves_nothing() -> None:
    story = Story().sign_in("a", "ada").open("a", "g").private("ada").arrives("a#1").close("g").settle()
    assert not story.holds("ISO-5")


def test_a_browser_that_changed_user_meanwhile_proves_nothing() -> None:
    story = Story().sign_in("a", "ada").open("a", "g").private("ada").arrives("a#1").changing("g", "bob").settle()
    assert not any(story.holds(each) for each in ("ISO-2", "ISO-5"))


def test_a_refused_foreign_page_holds_when_our_own_is_accepted() -> None:
    story = Story().sign_in("a", "ada").open("a").dial("a", origin=EVIL).refuse("a#2").settle()
    assert story.broken == []
    assert story.holds("HS-4")


def test_a_refused_foreign_page_proves_nothing_when_everybody_is_refused() -> None:
    assert not Story().dial("a").refuse("a#1").dial("a", origin=EVIL).refuse("a#2").settle().holds("HS-4")


def test_a_foreign_page_that_is_let_in_as_a_guest_holds() -> None:
    story = Story().sign_in("a", "ada").open("a").open("a", origin=EVIL).settle()
    assert story.private("ada").arrives("a#1").settle().broken == []
    assert story.holds("HS-4")


def test_a_foreign_page_of_somebody_else_proves_nothing() -> None:
    story = Story().sign_in("a", "ada").open("a").open("g", origin=EVIL).settle().private("ada").arrives("a#1").settle()
    assert not story.holds("HS-4")


def test_a_foreign_page_never_gets_its_victims_messages() -> None:
    story = Story().sign_in("a", "ada").open("a").open("a", origin=EVIL).settle()
    story.private("ada").arrives("a#1", "a#2").settle()
    (finding,) = story.judged().findings
    assert (finding.requirement, finding.observer) == ("HS-4", "a#2")
    assert EVIL in finding.seen


def test_a_foreign_page_is_not_blamed_for_a_leak_to_every_guest() -> None:
    story = Story().sign_in("a", "ada").open("a", "g").open("a", origin=EVIL).settle()
    assert story.private("ada").arrives("a#1", "a#2", "g#1").settle().broken == ["ISO-5", "ISO-5"]


def test_a_foreign_page_is_not_blamed_for_a_leak_to_every_user() -> None:
    story = Story().sign_in("a", "ada").sign_in("b", "bob").open("a", "b").open("a", origin=EVIL).settle()
    assert story.private("ada").arrives("a#1", "a#2", "b#1").settle().broken == ["ISO-2", "ISO-2"]


def test_each_hold_is_a_connection_that_could_have_leaked_and_did_not() -> None:
    leaky = everybody().private("ada").arrives("a#1", "b#1").settle()
    assert leaky.judged().held["ISO-2"] == 1
    assert ghost().wait(1.5).private("ada").arrives("d#1").settle().judged().held["ID-2"] == 1


def test_what_happens_after_the_settle_takes_nothing_back() -> None:
    story = everybody().private("ada").arrives("a#1").settle().close("b").close("c").close("g")
    assert all(story.holds(each) for each in ("ISO-2", "ISO-3", "ISO-5"))
    assert ghost().wait(1.5).private("ada").arrives("d#1").settle().close("a").holds("ID-3")


def test_a_message_proves_isolation_only_once_it_was_waited_for() -> None:
    assert not everybody().private("ada").arrives("a#1").holds("ISO-2")


def test_a_message_that_went_missing_proves_nothing_though_another_arrived() -> None:
    story = everybody().private("ada").arrives("a#1").settle()
    before = story.judged().held["ISO-5"]
    assert story.private("bob").settle().judged().held["ISO-5"] == before


def test_only_a_foreign_page_that_is_refused_says_something_about_origins() -> None:
    assert not Story().open("a").dial("b").refuse("b#1").settle().holds("HS-4")
    assert not Story().open("a", origin=EVIL).dial("b", origin=EVIL).refuse("b#1").settle().holds("HS-4")


def test_a_leak_to_foreign_pages_only_is_the_origins_whoever_their_victims_are() -> None:
    story = Story().sign_in("a", "ada").sign_in("b", "bob").open("a").open("a", "b", origin=EVIL).settle()
    assert story.private("ada").arrives("a#1", "a#2", "b#1").settle().broken == ["HS-4", "HS-4"]


def test_messages_that_were_asked_for_at_the_same_time_and_stay_apart_hold_as_such() -> None:
    story = everybody().ask_private("ada", "one").ask_private("bob", "other").answered("one").answered("other")
    story.arrives("a#1", name="one").arrives("b#1", name="other").settle()
    assert story.broken == []
    assert story.holds("ISO-7")

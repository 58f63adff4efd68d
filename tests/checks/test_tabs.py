"""TAB-2, TAB-3, TAB-6 and TAB-7: tabs share what their browser's connection gets, and only that."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.checks.filing_tabs import LOST, LOST_AFTER_CHANGE, UNSENT_AFTER_CHANGE
from harness.history import PublishFinished, Received
from tests.model.stories import NOTES, Story


def two_tabs() -> Story:
    """A guest's browser with two tabs at a#1, at rest."""
    return Story(world="page").tab("a/1", "a/2").open("a").browser_settled("a").settle()


def ada_and_bob() -> Story:
    """Two tabs of Ada at a#1, one tab of Bob at b#1, at rest."""
    story = Story(world="page").sign_in("a", "ada").sign_in("b", "bob").tab("a/1", "a/2", "b/1").open("a", "b")
    return story.browser_settled("a").browser_settled("b", tabs=1).settle()


def test_every_tab_that_is_handed_the_message_once_holds() -> None:
    story = two_tabs().broadcast().arrives("a#1", "a/1", "a/2").settle()
    assert story.broken == []
    assert story.judged().held["TAB-2"] == 2


def test_a_single_tab_proves_nothing_about_sharing() -> None:
    story = Story(world="page").tab("a/1").open("a").settle().broadcast().arrives("a#1", "a/1").settle()
    assert story.broken == []
    assert not story.holds("TAB-2")


def test_a_tab_that_misses_what_its_connection_got_is_found() -> None:
    story = two_tabs().broadcast().arrives("a#1", "a/1").settle()
    assert [(each.requirement, each.observer) for each in story.judged().findings] == [("TAB-2", "a/2")]


def test_a_tab_that_is_handed_a_message_twice_is_found() -> None:
    assert two_tabs().broadcast().arrives("a#1", "a/1", "a/2", "a/2").settle().broken == ["TAB-2"]


def test_a_tab_is_not_blamed_for_what_its_connection_got_twice() -> None:
    story = two_tabs().broadcast().arrives("a#1", "a#1", "a/1", "a/1", "a/2", "a/2").settle()
    assert story.broken == ["ORD-2"]


def test_a_tab_that_is_handed_other_data_than_its_connection_is_found() -> None:
    story = two_tabs().broadcast().arrives("a#1", "a/1").arrives("a/2", data={"note": "?"}).settle()
    assert [(each.requirement, each.observer) for each in story.judged().findings] == [("TAB-2", "a/2")]


def test_a_tab_is_not_blamed_for_how_its_page_words_what_it_shows() -> None:
    story = two_tabs().broadcast().arrives("a#1", "a/1")
    token = story.token()
    at_s = story.events[-1].at_s
    story.events.append(
        Received(at_s=at_s, observer="a/2", channel="", data=f"news: {token}!", tokens=(token,), shown=True)
    )
    story.settle()
    assert story.broken == []
    assert story.judged().held["TAB-2"] == 2


def test_a_tab_is_not_blamed_for_data_that_its_connection_got_wrong() -> None:
    assert two_tabs().broadcast().arrives("a#1", "a/1", "a/2", data={"note": "?"}).settle().broken == ["BC-1"]


def test_a_tab_is_not_blamed_for_a_message_on_a_channel_that_it_did_not_mount() -> None:
    assert two_tabs().broadcast().arrives("a#1", channel=NOTES).settle().broken == ["RT-1"]


def test_a_tab_is_not_blamed_for_what_its_connection_never_got() -> None:
    assert two_tabs().broadcast().settle().broken == ["BC-1"]


TAB_MAYBE: dict[str, Callable[[], Story]] = {
    "is loaded again meanwhile": lambda: (
        two_tabs().broadcast().arrives("a#1", "a/1").end_tab("a/2", how="reload").tab("a/2").settle()
    ),
    "is closed meanwhile": lambda: two_tabs().broadcast().arrives("a#1", "a/1").end_tab("a/2").settle(),
    "loses its leader meanwhile": lambda: (
        two_tabs().broadcast().arrives("a#1").end_tab("a/1", how="crash").open("a").settle()
    ),
    "was opened after it": lambda: two_tabs().broadcast().tab("a/3").arrives("a#1", "a/1", "a/2").settle(),
    "was not ready yet": lambda: two_tabs().tab("a/3", ready=False).broadcast().arrives("a#1", "a/1", "a/2").settle(),
    "changes user meanwhile": lambda: (
        two_tabs().broadcast().arrives("a#1", "a/1").changing("a", "ada").changed("a", "ada").settle()
    ),
    "was closed long before": lambda: two_tabs().end_tab("a/2").settle().broadcast().arrives("a#1", "a/1").settle(),
    "loses the connection it came on": lambda: (
        two_tabs().broadcast().arrives("a#1").closing("a#1").closed("a#1", by="client").open("a").settle()
    ),
    "has no settle after it": lambda: two_tabs().broadcast().arrives("a#1"),
}


@pytest.mark.parametrize("story", TAB_MAYBE.values(), ids=TAB_MAYBE.keys())
def test_a_tab_may_miss_a_message_when_it(story: Callable[[], Story]) -> None:
    assert story().broken == []


def test_a_private_message_shows_in_its_users_tabs_only() -> None:
    story = ada_and_bob().private("ada").arrives("a#1", "a/1", "a/2").settle()
    assert story.broken == []
    assert story.holds("TAB-6")


def test_isolation_of_tabs_is_still_known_when_the_browsers_were_closed_at_the_end() -> None:
    story = ada_and_bob().private("ada").arrives("a#1", "a/1", "a/2").settle()
    assert story.end_tab("a/1").end_tab("a/2").end_tab("b/1").holds("TAB-6")


def test_a_private_message_that_shows_nowhere_proves_nothing() -> None:
    assert not ada_and_bob().private("ada").arrives("a#1").settle().holds("TAB-6")


def test_a_tab_that_shows_another_browsers_private_message_is_found() -> None:
    story = ada_and_bob().private("ada").arrives("a#1", "a/1", "a/2", "b/1").settle()
    assert [(each.requirement, each.observer) for each in story.judged().findings] == [("TAB-6", "b/1")]


def test_a_tab_is_not_blamed_for_a_leak_on_its_connection() -> None:
    assert ada_and_bob().private("ada").arrives("a#1", "a/1", "a/2", "b#1", "b/1").settle().broken == ["ISO-2"]


def test_a_tab_that_shows_a_message_to_nobody_is_found() -> None:
    assert ada_and_bob().private_to_nobody("9").arrives("b/1").settle().broken == ["TAB-6"]


def test_a_tab_shows_no_messages_of_who_was_signed_in_before() -> None:
    story = Story(world="page").sign_in("a", "ada").tab("a/1").open("a").settle().sign_out("a").wait(2.0)
    assert story.private("ada").arrives("a/1").settle().broken == ["TAB-7"]


def test_a_tab_may_show_what_was_sent_before_the_sign_out() -> None:
    story = Story(world="page").sign_in("a", "ada").tab("a/1").open("a").settle().private("ada").sign_out("a")
    assert story.arrives("a/1").settle().broken == []


def test_a_tab_may_show_what_came_within_the_grace_of_a_socket_that_was_just_ended() -> None:
    story = Story(world="page").sign_in("a", "ada").tab("a/1").open("a").settle().changing("a", None).changed("a", None)
    assert story.private("ada").arrives("a/1").close("a").settle().broken == []


def test_tabs_that_follow_a_sign_in_hold() -> None:
    story = two_tabs().sign_in("a", "ada").browser_settled("a").settle().private("ada")
    story.arrives("a#2", "a/1", "a/2").settle()
    assert story.broken == []
    assert story.holds("TAB-7")


def test_a_tab_that_does_not_follow_the_sign_in_is_found() -> None:
    story = two_tabs().sign_in("a", "ada").browser_settled("a").settle().private("ada").arrives("a#2", "a/1").settle()
    assert [(each.requirement, each.observer) for each in story.judged().findings] == [("TAB-7", "a/2")]


def kept_socket(*, tabs: int = 2) -> Story:
    """A browser whose page signed in and went on with its guest's socket a#1."""
    story = Story(world="page").tab(*(f"a/{number + 1}" for number in range(tabs))).open("a")
    return story.changing("a", "ada").changed("a", "ada").browser_settled("a", tabs=tabs).settle()


def test_what_was_under_way_when_a_connection_of_its_users_ended_may_have_gone_there() -> None:
    story = two_tabs().sign_in("a", "ada").browser_settled("a").settle()
    assert story.private("ada").close("a").open("a").browser_settled("a").settle().broken == []
    story = two_tabs().browser_settled("a").settle()
    assert story.broadcast().close("a").open("a").browser_settled("a").settle().broken == []


def test_the_end_of_a_socket_that_was_never_the_users_explains_nothing() -> None:
    story = kept_socket().private("ada").close("a").open("a").browser_settled("a").settle()
    assert story.broken == ["TAB-7", "TAB-7"]
    story = kept_socket().private("ada").open("a").closing("a#2").closed("a#2").browser_settled("a").settle()
    assert story.broken == ["TAB-7", "TAB-7"]  # nor does that of one which came after


def test_a_socket_that_was_not_opened_anew_and_is_not_the_users_is_found() -> None:
    story = kept_socket().private("ada").settle()
    assert story.broken == ["TAB-7", "TAB-7"]
    assert "belongs to whom it was before" in story.judged().findings[0].seen
    assert kept_socket(tabs=1).private("ada").settle().broken == ["ID-1"]


def test_a_socket_that_was_told_of_the_sign_in_need_not_be_opened_anew() -> None:
    assert kept_socket().private("ada").arrives("a#1", "a/1", "a/2").settle().broken == []


def test_a_message_to_another_user_is_not_missed() -> None:
    assert kept_socket().private("bob").settle().broken == []


def test_a_broadcast_may_miss_a_socket_of_which_nobody_knows_whether_it_counts() -> None:
    assert kept_socket().broadcast().settle().broken == []


def test_a_private_message_may_miss_a_socket_of_which_nobody_knows_whose_it_is() -> None:
    story = kept_socket().end_tab("a/2").browser_settled("a", tabs=1).settle()
    assert story.private("ada").settle().broken == []


def no_socket(how: str) -> Story:
    """A browser that settled without a connection after one of its two tabs ended."""
    return two_tabs().end_tab("a/2", how=how).closed("a#1").browser_settled("a", tabs=1, live=0).settle()


def test_a_users_browser_without_a_connection_misses_broadcasts_too() -> None:
    story = Story(world="page").sign_in("a", "ada").tab("a/1", "a/2").open("a").end_tab("a/2").closed("a#1")
    story.browser_settled("a", tabs=1, live=0).settle()
    assert story.broadcast().settle().broken == ["TAB-4", "TAB-4"]
    assert story.private("bob").settle().broken == ["TAB-4", "TAB-4"]
    assert story.private("ada").settle().broken == ["TAB-4", "TAB-4", "TAB-4"]


@pytest.mark.parametrize("how", ["close", "crash"])
def test_a_message_that_a_browser_without_a_connection_misses_is_the_hand_overs(how: str) -> None:
    story = no_socket(how).broadcast().settle()
    assert story.broken == ["TAB-4", "TAB-4"]
    assert story.judged().findings[1].seen == "it was not: its browser has no connection"


def test_a_message_to_nobody_is_missed_by_no_guest() -> None:
    assert no_socket("close").private_to_nobody("9").settle().broken == no_socket("close").broken == ["TAB-4"]


def test_a_message_published_while_the_browsers_connection_is_being_replaced_may_be_missed() -> None:
    assert two_tabs().restart().broadcast().open("a").browser_settled("a").settle().broken == []
    assert two_tabs().closed("a#1").broadcast().open("a").browser_settled("a").settle().broken == []
    assert two_tabs().closing("a#1").broadcast().closed("a#1").open("a").browser_settled("a").settle().broken == []


def test_a_message_published_before_the_browser_settled_may_be_missed() -> None:
    story = Story(world="page").tab("a/1").open("a").closed("a#1").broadcast().settle()
    assert story.broken == []


def test_a_browser_whose_sockets_were_never_seen_is_not_judged() -> None:
    assert (
        Story(world="page").tab("a/1").browser_settled("a", tabs=1, live=0).settle().broadcast().settle().broken == []
    )


def test_what_a_tab_sends_once_and_is_answered_holds() -> None:
    story = two_tabs().echo("a/2").uplink("a#1").arrives("a#1", "a/1", "a/2").settle()
    assert story.broken == []
    assert story.holds("TAB-3")


def test_what_a_single_tab_sends_proves_nothing_about_sharing() -> None:
    story = Story(world="page").tab("a/1").open("a").settle().echo("a/1").uplink("a#1").arrives("a#1", "a/1").settle()
    assert story.broken == []
    assert not story.holds("TAB-3")


def test_what_a_tab_sends_must_reach_the_server() -> None:
    story = two_tabs().echo("a/2").settle()
    assert story.broken == ["TAB-3"]
    assert story.judged().findings[0].seen == "it was sent to the server never"
    assert [each.kind for each in ada_and_bob().echo("a/1").settle().judged().findings] == [UNSENT_AFTER_CHANGE]


def test_what_a_tab_sends_must_not_reach_the_server_twice() -> None:
    assert two_tabs().echo("a/2").uplink("a#1").uplink("a#1").arrives("a#1", "a#1", "a/2").settle().broken == ["TAB-3"]


def test_what_the_server_knew_when_it_came_again_was_sent_once() -> None:
    story = two_tabs().echo("a/2").uplink("a#1").uplink("a#1").arrives("a#1", "a/2").settle()
    assert story.broken == []
    assert story.holds("TAB-3")


def test_a_server_that_does_not_answer_a_tab_owes_the_echo() -> None:
    story = two_tabs().echo("a/2").uplink("a#1").settle()
    assert [(each.requirement, each.kind) for each in story.judged().findings] == [("EN-1", "loss:few")]


def test_a_tab_is_not_blamed_for_two_replies_of_the_server() -> None:
    story = two_tabs().echo("a/2").uplink("a#1").arrives("a#1", "a#1", "a/2", "a/2").settle()
    assert [(each.requirement, each.kind) for each in story.judged().findings] == [("EN-1", "")]


@pytest.mark.parametrize("times", [0, 2])
def test_the_reply_must_come_back_to_the_tab_once(times: int) -> None:
    story = two_tabs().echo("a/2").uplink("a#1").arrives("a#1").arrives(*["a/2"] * times).settle()
    assert story.broken == ["TAB-3"]


def test_what_happens_after_the_settle_excuses_nothing() -> None:
    for story in (two_tabs().broadcast().arrives("a#1", "a/1").settle(), two_tabs().echo("a/2").settle()):
        broken = story.broken
        assert broken
        assert story.close("a").end_tab("a/1").end_tab("a/2").sign_in("a", "ada").broken == broken


def refused_aloud(story: Story) -> Story:
    story.events.append(PublishFinished(at_s=9.0, token=story.token(), accepted=False))
    return story


SEND_MAYBE: dict[str, Callable[[], Story]] = {
    "is closed meanwhile": lambda: two_tabs().echo("a/2").end_tab("a/2").settle(),
    "is loaded again meanwhile": lambda: two_tabs().echo("a/2").end_tab("a/2", how="reload").tab("a/2").settle(),
    "loses its leader meanwhile": lambda: two_tabs().echo("a/2").end_tab("a/1", how="crash").open("a").settle(),
    "changes user meanwhile": lambda: two_tabs().echo("a/2").sign_in("a", "ada").settle(),
    "loses its server meanwhile": lambda: two_tabs().echo("a/2").restart().open("a").settle(),
    "has no connection to send it on": lambda: two_tabs().restart().echo("a/2").open("a").settle(),
    "sends before its connection is ready": lambda: (
        two_tabs().restart().dial("a").upgrade("a#2").echo("a/2").ready("a#2").settle()
    ),
    "was not ready": lambda: two_tabs().tab("a/3", ready=False).echo("a/3").settle(),
    "refuses aloud to send it": lambda: refused_aloud(two_tabs().echo("a/2")).settle(),
    "was never seen to connect": lambda: Story(world="page").tab("a/1").settle().echo("a/1").settle(),
}


@pytest.mark.parametrize("story", SEND_MAYBE.values(), ids=SEND_MAYBE.keys())
def test_a_tab_may_go_without_an_answer_when_it(story: Callable[[], Story]) -> None:
    assert story().broken == []


def test_a_tab_that_opened_after_the_switch_may_not_show_what_the_first_user_was_sent() -> None:
    story = Story(world="page").sign_in("a", "ada").tab("a/1").open("a").browser_settled("a", tabs=1).settle()
    story = story.private("ada", "m").arrives("a#1", "a/1", name="m").settle().sign_in("a", "bob")
    story = story.browser_settled("a", tabs=1).settle().tab("a/2").browser_settled("a").settle()
    assert story.broken == []
    assert story.arrives("a/2", name="m").settle().broken == ["TAB-7"]


def test_a_miss_says_whether_the_user_had_changed_before_it() -> None:
    before = two_tabs().broadcast().arrives("a#1", "a/1").settle().sign_in("a", "ada").settle()
    assert [each.kind for each in before.judged().findings] == [LOST]
    after = ada_and_bob().broadcast().arrives("a#1", "a/1", "b#1", "b/1").settle()
    assert [each.kind for each in after.judged().findings] == [LOST_AFTER_CHANGE]


def test_a_page_that_keeps_the_socket_of_a_user_who_signed_out_is_found() -> None:
    story = Story(world="page").sign_in("a", "ada").sign_in("b", "ada").tab("a/1", "a/2", "b/1").open("a", "b")
    story.browser_settled("a").settle().changing("a", None).changed("a", None).wait(3).settle()
    assert story.private("ada").arrives("a#1", "b#1", "b/1").settle().broken == ["TAB-7"]

"""Claimed cookies and origins are nobody's, and the cookie that counts is kept from scripts."""

from __future__ import annotations

import msgspec
import pytest

from harness.checks.finding import Finding, Outcome
from harness.checks.registry import Judgement, judge
from harness.checks.verdict import classify
from harness.history import AnyEvent, ConnectionId, CookieClaimed, CookieSeen, OriginClaimed
from tests.model.stories import Deadlines, Story

H = ConnectionId("h#1")


def claim(**changes: object) -> CookieClaimed:
    return msgspec.structs.replace(CookieClaimed(at_s=0.1, connection=H, of="a", forgery="garbage"), **changes)


def seen(**changes: object) -> CookieSeen:
    good = CookieSeen(at_s=0.1, browser="a", cookie="sid", http_only=True, same_site="lax", secure=False, tls=False)
    return msgspec.structs.replace(good, **changes)


def judged(story: Story, *facts: AnyEvent) -> Judgement:
    """Judge a story with these facts told at its beginning."""
    first, *rest = list(story)
    return judge([first, *facts, *rest], promises=Deadlines())


def two_users() -> Story:
    return Story().sign_in("a", "ada").sign_in("b", "bob").open("a", "b", "h").settle()


def broken(judgement: Judgement) -> list[tuple[str, str]]:
    return [(each.requirement, each.level) for each in judgement.findings]


def test_a_forged_cookie_that_shows_nothing_holds() -> None:
    judgement = judged(two_users().private("ada").arrives("a#1").settle(), claim())
    assert broken(judgement) == []
    assert judgement.held["HS-7"] == 1


def test_a_forged_cookie_that_shows_a_private_message_is_told_once() -> None:
    judgement = judged(two_users().private("ada").arrives("a#1", "h#1").settle(), claim())
    (finding,) = judgement.findings
    assert (finding.requirement, finding.observer, finding.kind) == ("HS-7", "h#1", "leak")
    assert "HS-7" not in judgement.held


def test_what_a_forged_cookie_is_shown_of_nobodys_is_told_too() -> None:
    assert broken(judged(two_users().private_to_nobody("77").arrives("h#1").settle(), claim())) == [("HS-7", "fail")]


def test_a_cookie_with_the_real_one_beside_it_may_be_its_user() -> None:
    story = two_users().private("ada").arrives("a#1", "h#1").settle()
    assert broken(judged(story, claim(may_be=("ada",)))) == []


def test_two_cookies_may_be_either_user_and_not_both() -> None:
    both = claim(may_be=("ada", "bob"), forgery="both")
    one = two_users().private("bob").arrives("b#1", "h#1").private("ada").arrives("a#1").settle()
    assert broken(judged(one, both)) == []
    merged = two_users().private("bob").arrives("b#1", "h#1").private("ada").arrives("a#1", "h#1").settle()
    assert broken(judged(merged, both)) == [("HS-7", "fail")]


@pytest.mark.parametrize(
    "changes", [{"status": 500}, {"status": 502}, {"answered": False}, {"afterwards": "unreachable", "answered": False}]
)
def test_a_server_that_fails_on_a_cookie_is_told(changes: dict[str, object]) -> None:
    assert broken(judged(Story().dial("h").refuse("h#1", status=500), claim(**changes))) == [("HS-7", "fail")]


@pytest.mark.parametrize(("status", "held"), [(401, 1), (400, 1), (503, 0), (302, 0), (0, 0)])
def test_a_refusal_holds_and_what_is_none_says_nothing(status: int, held: int) -> None:
    judgement = judged(Story().dial("h").refuse("h#1", status=status), claim(status=status, afterwards="upgraded"))
    assert (broken(judgement), judgement.held.get("HS-7", 0)) == ([], held)


def test_a_claim_without_a_connection_proves_nothing() -> None:
    assert "HS-7" not in judged(Story(), claim()).held


def test_a_forged_cookie_says_nothing_of_guests() -> None:
    story = Story().sign_in("a", "ada").open("a", "h").settle().private("ada").arrives("a#1").settle()
    assert judged(story).held["ISO-5"] == 1
    assert "ISO-5" not in judged(story, claim()).held


def leaving_out(*arrived: str) -> Story:
    return Story().sign_in("a", "ada").open("a", "h").settle().private("ada").arrives(*arrived).settle()


LEFT_OUT = claim(forgery="left out", left_out="sid", may_be=("ada",))


@pytest.mark.parametrize(
    ("cookie", "lacking"),
    [
        (seen(), ""),
        (seen(same_site="strict"), ""),
        (seen(tls=True, secure=True), ""),
        (seen(http_only=False), "HttpOnly"),
        (seen(same_site="none"), "SameSite"),
        (seen(same_site=""), "SameSite"),
        (seen(tls=True), "Secure"),
    ],
)
def test_the_cookie_that_counts_is_kept_from_scripts(cookie: CookieSeen, lacking: str) -> None:
    judgement = judged(leaving_out("a#1"), cookie, LEFT_OUT)
    assert [each.requirement for each in judgement.findings] == (["HS-8"] if lacking else [])
    assert judgement.held.get("HS-8", 0) == (0 if lacking else 1)
    assert all(lacking in each.seen for each in judgement.findings)


def test_a_cookie_that_is_not_needed_or_was_not_seen_to_be_set_is_not_judged() -> None:
    assert broken(judged(leaving_out("a#1", "h#1"), seen(http_only=False), LEFT_OUT)) == []
    assert broken(judged(leaving_out(), seen(http_only=False), LEFT_OUT)) == [("ISO-1", "fail")]
    assert broken(judged(leaving_out("a#1"), LEFT_OUT)) == []
    without = Story().sign_in("a", "ada").open("a").settle().private("ada").arrives("a#1").settle()
    assert broken(judged(without, seen(http_only=False), LEFT_OUT)) == []


def test_one_needed_cookie_that_is_kept_from_scripts_is_enough() -> None:
    csrf = seen(cookie="csrf", http_only=False)
    also = claim(forgery="left out", left_out="csrf", may_be=("ada",))
    assert judged(leaving_out("a#1"), seen(), csrf, LEFT_OUT, also).held["HS-8"] == 1


def look_alike(name: str) -> OriginClaimed:
    return OriginClaimed(at_s=0.1, connection=ConnectionId("a#2"), look_alike=name, origins=("http://x",))


def from_elsewhere(*arrived: str) -> Story:
    story = Story().sign_in("a", "ada").open("a").open("a", origin="http://x").settle()
    return story.private("ada").arrives(*arrived).settle()


def test_a_look_alike_that_is_let_in_as_a_guest_or_refused_holds() -> None:
    assert judged(from_elsewhere("a#1"), look_alike("null")).held["HS-5"] == 1
    refused = Story().open("a").dial("a", origin="http://x").refuse("a#2")
    assert judged(refused, look_alike("null")).held["HS-5"] == 1


@pytest.mark.parametrize(("name", "level"), [("null", "fail"), ("other port", "fail"), ("other scheme", "warn")])
def test_a_look_alike_that_gets_the_users_messages_is_told(name: str, level: str) -> None:
    assert broken(judged(from_elsewhere("a#1", "a#2"), look_alike(name))) == [("HS-5", level)]
    assert broken(judged(from_elsewhere("a#1", "a#2"), claim(connection="z#1"))) == [("HS-4", "fail")]
    other = OriginClaimed(at_s=0.1, connection=ConnectionId("a#9"), look_alike=name, origins=("http://x",))
    assert broken(judged(from_elsewhere("a#1", "a#2"), other)) == [("HS-4", "fail")]


def test_a_socket_with_two_origins_is_not_said_to_come_from_its_own() -> None:
    both = OriginClaimed(
        at_s=0.1, connection=ConnectionId("a#2"), look_alike="own, then foreign", origins=("http://x", "http://evil")
    )
    (two,) = judged(from_elsewhere("a#1", "a#2"), both).findings
    assert two.seen.endswith("opened with the Origin headers http://x and http://evil, of which no browser sends two")
    (one,) = judged(from_elsewhere("a#1", "a#2"), look_alike("null")).findings
    assert one.seen.endswith("its socket opened from the foreign origin http://x")


def filed(*named: str) -> list[str]:
    """Return under which requirements leaks of one run are filed."""
    found = tuple(Finding(requirement=each, check="c", expected="", seen="", kind="leak") for each in named)
    (outcome,) = classify([Outcome(test="t", world="wire", findings=found)])
    return [each.requirement for each in outcome.findings]


def test_a_server_that_minds_no_origin_is_not_told_of_each_look_alike() -> None:
    assert filed("HS-5") == ["HS-5"]
    assert filed("HS-4", "HS-5") == ["HS-4", "HS-4"]
    assert filed("HS-5", "ISO-5") == ["ISO-5", "ISO-5"]


def test_a_leak_between_users_is_no_forged_cookies() -> None:
    assert filed("HS-7") == ["HS-7"]
    assert filed("HS-7", "ISO-3") == ["ISO-3", "ISO-3"]
    assert filed("HS-7", "ISO-2") == ["ISO-2", "ISO-2"]
    assert filed("HS-7", "ISO-5") == ["ISO-5", "ISO-5"]

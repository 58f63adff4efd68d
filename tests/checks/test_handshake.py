"""Each knock is judged by what the table lets it end in, and by what became of everybody else."""

from __future__ import annotations

import msgspec
import pytest

from harness.checks.registry import Judgement, judge
from harness.history import AnyEvent, Knocked, Knocking, Lag
from harness.wire.handshake import SAMPLE_KEY, accept_for
from tests.model.stories import Deadlines, Story

GOOD = Knocked(
    at_s=0.0,
    browser="a",
    knock="plain",
    outcome="upgraded",
    waited_s=0.01,
    status=101,
    key=SAMPLE_KEY,
    accept=accept_for(SAMPLE_KEY),
    afterwards="upgraded",
)
REFUSED = msgspec.structs.replace(GOOD, knock="no key", outcome="answered", status=400, accept="", key="")
OTHER_VERSION = msgspec.structs.replace(REFUSED, knock="version 99", status=426, versions="13")
DROPPED = msgspec.structs.replace(
    REFUSED, knock="silence", outcome="closed", status=0, waited_s=2.0, limit_s=2.0, afterwards=""
)


def judged(*knocks: Knocked, story: Story | None = None) -> Judgement:
    events: list[AnyEvent] = list(story or Story())
    at_s = events[-1].at_s
    for knock in knocks:
        events += [
            Knocking(at_s=at_s, browser=knock.browser, knock=knock.knock),
            msgspec.structs.replace(knock, at_s=at_s),
        ]
    return judge(events, promises=Deadlines())


def told(ended: Knocked, /, **changes: object) -> tuple[str, str] | None:
    """Return requirement and level of the one finding about a knock that ended otherwise; None when there is none."""
    found = judged(msgspec.structs.replace(ended, **changes)).findings
    assert len(found) < 2
    return (found[0].requirement, found[0].level) if found else None


@pytest.mark.parametrize(
    ("knock", "requirement"),
    [(GOOD, "HS-1"), (REFUSED, "HS-2"), (OTHER_VERSION, "HS-3"), (DROPPED, "HS-9")],
    ids=lambda each: str(getattr(each, "knock", each)),
)
def test_what_ends_as_it_may_holds(knock: Knocked, requirement: str) -> None:
    judgement = judged(knock)
    assert (judgement.findings, judgement.held) == ((), {requirement: 1})


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "answered", "status": 400},
        {"outcome": "closed"},
        {"outcome": "silent"},
        {"accept": "s3pPLMBiTxaQ9kYGzzhZRbK-xOo="},
        {"protocol": "chat"},
        {"offered": "soap, wamp", "protocol": "chat"},
        {"extensions_offered": "x-a; b=1", "extensions": "permessage-deflate; x"},
    ],
)
def test_a_right_handshake_that_is_answered_otherwise_is_told(changes: dict[str, object]) -> None:
    assert told(GOOD, **changes) == ("HS-1", "fail")


@pytest.mark.parametrize(
    "changes",
    [
        {"offered": "soap, wamp", "protocol": "wamp"},
        {"extensions_offered": "x-a; b=1", "extensions": "x-a"},
        {"knock": "unknown subprotocols", "outcome": "answered", "status": 400},
        {"outcome": "answered", "status": 503},
    ],
)
def test_a_right_handshake_may_be_answered_so(changes: dict[str, object]) -> None:
    assert told(GOOD, **changes) is None


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({"outcome": "upgraded", "status": 101}, "fail"),
        ({"outcome": "silent", "status": 0}, "fail"),
        ({"status": 500}, "warn"),
        ({"knock": "Upgrade to another protocol", "outcome": "silent"}, "warn"),
        ({"knock": "no Connection", "outcome": "upgraded"}, "warn"),
        ({"afterwards": "unreachable"}, "fail"),
        ({"outcome": "closed", "afterwards": "silent"}, "fail"),
    ],
)
def test_a_wrong_handshake_that_is_not_refused_is_told(changes: dict[str, object], level: str) -> None:
    assert told(REFUSED, **changes) == ("HS-2", level)


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "closed", "status": 0},
        {"knock": "no Upgrade", "status": 200},
        {"knock": "a short key", "outcome": "upgraded"},
        {"knock": "a very long header", "outcome": "silent"},
        {"status": 501},
    ],
)
def test_a_wrong_handshake_may_be_answered_so(changes: dict[str, object]) -> None:
    assert told(REFUSED, **changes) is None


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({"outcome": "upgraded", "status": 101}, "fail"),
        ({"outcome": "silent"}, "fail"),
        ({"versions": ""}, "warn"),
        ({"outcome": "closed", "status": 0, "versions": ""}, "warn"),
        ({"status": 200}, "warn"),
    ],
)
def test_another_version_that_is_not_refused_in_full_is_told(changes: dict[str, object], level: str) -> None:
    assert told(OTHER_VERSION, **changes) == ("HS-3", level)


def test_a_missing_version_is_owed_no_word_and_a_busy_server_none_at_all() -> None:
    assert told(OTHER_VERSION, knock="no version", versions="") is None
    assert told(OTHER_VERSION, status=429, versions="") is None


def test_a_server_that_upgrades_nothing_proves_nothing_by_refusing() -> None:
    assert judged(msgspec.structs.replace(REFUSED, afterwards="answered")).held == {}
    assert judged(msgspec.structs.replace(REFUSED, status=503)).held == {}


@pytest.mark.parametrize(
    ("changes", "level"),
    [({"outcome": "silent", "waited_s": 3.0}, "fail"), ({"waited_s": 2.9}, "late"), ({"waited_s": 2.3}, "")],
)
def test_an_unfinished_handshake_is_dropped_in_its_time(changes: dict[str, object], level: str) -> None:
    assert told(DROPPED, **changes) == (("HS-9", level) if level else None)


def test_our_own_lateness_is_not_the_servers() -> None:
    late = msgspec.structs.replace(DROPPED, at_s=3.0, outcome="silent", waited_s=3.0)
    assert judge([Lag(at_s=1.0, lag_s=0.6), late], promises=Deadlines()).findings == ()
    assert judge([Lag(at_s=1.0, lag_s=0.4), late], promises=Deadlines()).findings[0].level == "fail"


def test_an_unfinished_handshake_for_which_no_connection_could_be_made_proves_nothing() -> None:
    assert judged(msgspec.structs.replace(DROPPED, outcome="unreachable")).held == {}


def no_origin(outcome: str, status: int = 101, browser: str = "a") -> Knocked:
    return msgspec.structs.replace(REFUSED, knock="no Origin", outcome=outcome, status=status, browser=browser)


def test_no_origin_has_the_same_answer_every_time() -> None:
    assert judged(no_origin("upgraded"), no_origin("upgraded")).held == {"HS-6": 1}
    assert judged(no_origin("answered", 403), no_origin("closed", 0)).held == {"HS-6": 1}
    (finding,) = judged(no_origin("upgraded"), no_origin("answered", 403), no_origin("unreachable", 0)).findings
    assert finding.requirement == "HS-6"


def test_one_answer_or_that_of_a_busy_server_says_nothing_of_no_origin() -> None:
    assert judged(no_origin("upgraded")).held == {}
    assert judged(no_origin("upgraded"), no_origin("answered", 429)).held == {}


def test_each_browser_has_its_own_answer_to_no_origin() -> None:
    judgement = judged(no_origin("upgraded"), no_origin("answered", 401, "g"))
    assert (judgement.findings, judgement.held) == ((), {})


def meanwhile(story: Story) -> Judgement:
    """Judge a wrong handshake during which what `story` adds happened."""
    end = list(story)[-1]
    events: list[AnyEvent] = list(story)[:-1]
    begin = Knocking(at_s=end.at_s, browser="a", knock="no key")
    return judge([*events, begin, end, msgspec.structs.replace(REFUSED, at_s=end.at_s)], promises=Deadlines())


def test_a_connection_that_ends_during_a_knock_is_told_of_it() -> None:
    (finding,) = meanwhile(Story().open("b").closed("b#1")).findings
    assert finding.requirement == "HS-2"
    assert "b#1" in finding.seen


def test_a_connection_that_ends_for_a_cause_of_its_own_is_not_the_knocks() -> None:
    assert meanwhile(Story().open("b").closing("b#1").closed("b#1")).findings == ()
    assert meanwhile(Story().open("b").sign_in("b", "bob").closed("b#1")).findings == ()
    assert meanwhile(Story().dial("b").upgrade("b#1").closed("b#1")).findings == ()
    assert judged(REFUSED, story=Story().open("b").closed("b#1").open("c")).findings == ()


def test_a_server_may_bound_the_connections_of_the_user_who_knocks() -> None:
    assert meanwhile(Story().open("a").closed("a#1")).findings == ()
    of_one_user = Story().sign_in("a", "ada").sign_in("b", "ada").open("b")
    assert meanwhile(of_one_user.closed("b#1")).findings == ()


def test_an_end_is_no_knocks_whose_beginning_was_not_told() -> None:
    assert judge([*Story().open("b").closed("b#1"), REFUSED], promises=Deadlines()).findings == ()

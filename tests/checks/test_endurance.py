"""EN-1 and ORD-3: a connection goes on being answered, whatever it said before and however much."""

from __future__ import annotations

import pytest

from harness.history import ConnectionId, EchoedAgain, HeardAgain, TalkedLong
from tests.checks.faulted import Faulted

A = ConnectionId("a#1")


def again(*answered: int, ended: bool = False) -> Faulted:
    """The same text, three times, as often as there are counts of its replies."""
    return Faulted().open("a").settle().happens(EchoedAgain, connection=A, times=3, came=answered, ended=ended)


def talked(
    *, answered: int = 400, ended: bool = False, silent: bool = False, promised: bool = True, code: int | None = None
) -> Faulted:
    """Four hundred echoes of one connection, which the server ended with `code` if it did."""
    story = Faulted().open("a").settle()
    if ended:
        story.closed("a#1", code=code)
    return story.happens(
        TalkedLong,
        connection=A,
        sent=400,
        answered=answered,
        per_s=150,
        promised=promised,
        ended=ended,
        silent=silent,
        waited_s=1.0,
    )


@pytest.mark.parametrize("answered", [(3,), (2, 3), (1, 1, 3)])
def test_a_reply_to_each_of_the_same_holds_where_it_came_once(answered: tuple[int, ...]) -> None:
    story = again(*answered)
    assert story.broken == []
    assert story.holds("EN-1")


def test_the_same_text_that_is_never_answered_again_is_told_once() -> None:
    (finding,) = again(1, 1, 2).judged().findings
    assert (finding.requirement, finding.observer, finding.kind) == ("EN-1", A, "once:same text")
    assert finding.seen == "1 of 3, then 1 of 3, then 2 of 3 were answered"


def test_the_same_broadcast_that_never_comes_again_is_told_once() -> None:
    story = Faulted().open("a").settle()
    (finding,) = story.happens(HeardAgain, connection=A, times=3, came=(1, 1, 1)).judged().findings
    assert (finding.requirement, finding.observer, finding.kind) == ("BC-1", A, "once:same text")
    assert finding.seen == "1 of 3, then 1 of 3, then 1 of 3 came"
    assert Faulted().open("a").settle().happens(HeardAgain, connection=A, times=3, came=(2, 3)).holds("BC-1")


@pytest.mark.parametrize(("answered", "ended"), [((0, 0, 0), False), ((1,), True), ((), True)])
def test_who_answers_nothing_or_ends_it_proves_nothing_of_the_same_text(
    answered: tuple[int, ...], *, ended: bool
) -> None:
    story = again(*answered, ended=ended)
    assert story.broken == []
    assert not story.holds("EN-1")


def test_a_connection_that_is_answered_to_the_last_holds() -> None:
    story = talked()
    assert story.broken == []
    assert story.judged().held["ORD-3"] == 1


def test_a_message_that_went_missing_on_the_way_is_for_others_to_tell() -> None:
    story = talked(answered=399)
    assert story.broken == []
    assert not story.holds("ORD-3")


@pytest.mark.parametrize("promised", [True, False])
def test_a_connection_that_is_not_answered_any_more_is_told(*, promised: bool) -> None:
    (finding,) = talked(answered=300, silent=True, promised=promised).judged().findings
    assert (finding.requirement, finding.observer) == ("ORD-3", A)
    assert finding.seen == "after 300 replies nothing was answered any more, for 1.0 s"
    assert ("flood_per_s" in finding.expected) is not promised


@pytest.mark.parametrize(("code", "how"), [(None, "without a close frame"), (1000, "with 1000"), (1011, "with 1011")])
@pytest.mark.parametrize("promised", [True, False])
def test_a_connection_that_is_ended_after_very_many_messages_is_told(
    code: int | None, how: str, *, promised: bool
) -> None:
    (finding,) = talked(answered=300, ended=True, code=code, promised=promised).judged().findings
    assert finding.requirement == "ORD-3"
    assert finding.seen == f"after 300 replies the server ended it {how}"


@pytest.mark.parametrize("code", [1008, 1013, 4429])
def test_who_promises_no_rate_may_have_one(code: int) -> None:
    assert talked(answered=300, ended=True, code=code, promised=False).broken == []
    assert talked(answered=300, ended=True, code=code).broken == ["ORD-3"]


@pytest.mark.parametrize("code", [1001, 1012])
def test_a_server_that_goes_away_may_end_it(code: int) -> None:
    story = talked(answered=300, ended=True, code=code)
    assert story.broken == []
    assert not story.holds("ORD-3")


def test_a_bad_network_and_a_server_that_died_explain_everything() -> None:
    bad = Faulted().open("a").settle().fault("a#1", "stall")
    bad.happens(EchoedAgain, connection=A, times=2, came=(1, 1, 1))
    bad.happens(TalkedLong, connection=A, sent=9, answered=3, per_s=9, promised=True, silent=True)
    assert bad.broken == []
    dead = Faulted().open("a").settle().dies("BC-3")
    dead.happens(TalkedLong, connection=A, sent=9, answered=3, per_s=9, promised=True, silent=True)
    assert dead.broken == ["BC-3"]

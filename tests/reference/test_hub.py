"""The hub alone: who gets what, without sockets and with a clock of our own."""

from __future__ import annotations

import json

import pytest

from harness.reference.channel import ChannelId
from harness.reference.hub import (
    SESSION_ENDED,
    TOO_MANY_CONNECTIONS,
    TOO_MANY_MESSAGES,
    TOO_SLOW,
    Connection,
    Frame,
    Hub,
    Session,
    SessionId,
    UserId,
)
from harness.reference.settings import Limits

NEWS = ChannelId("p_m_news")
ADA, CYD = UserId(1), UserId(11)
NOW_S = 100.0


def nothing() -> None: ...


def signed_in(hub: Hub, user: UserId, session: str, *, expires_at_s: float = 1000.0) -> Connection:
    return hub.connect(Session(SessionId(session), user, expires_at_s), wake=nothing)


def heard(hub: Hub, connection: Connection) -> list[object]:
    data = []
    while (frame := hub.take(connection)) is not None:
        data.append(json.loads(frame.text)["data"])
    return data


def test_a_broadcast_reaches_users_and_guests_once_in_order() -> None:
    hub = Hub()
    everyone = [signed_in(hub, ADA, "a"), signed_in(hub, ADA, "b"), hub.connect(None, wake=nothing)]
    for number in range(3):
        hub.broadcast(NEWS, number)
    assert [heard(hub, connection) for connection in everyone] == [[0, 1, 2]] * 3


def test_a_broadcast_is_encoded_once() -> None:
    hub = Hub()
    connections = [hub.connect(None, wake=nothing) for _ in range(3)]
    hub.broadcast(NEWS, "x")
    assert len({id(hub.take(connection)) for connection in connections}) == 1


def test_a_private_message_reaches_every_connection_of_the_user_and_nobody_else() -> None:
    hub = Hub()
    first, second = signed_in(hub, ADA, "a"), signed_in(hub, ADA, "b")
    other, guest = signed_in(hub, CYD, "c"), hub.connect(None, wake=nothing)
    hub.send_to_user(ADA, NEWS, "secret", now_s=NOW_S)
    assert [heard(hub, one) for one in (first, second, other, guest)] == [["secret"], ["secret"], [], []]


@pytest.mark.parametrize("wrong", ["1", "01", " 1", True, 1.0, 0, -1, None, "", 11, 10**30])
def test_user_ids_compare_exactly_with_their_type(wrong: object) -> None:
    hub = Hub()
    ada, guest = signed_in(hub, ADA, "a"), hub.connect(None, wake=nothing)
    hub.send_to_user(wrong, NEWS, "secret", now_s=NOW_S)  # type: ignore[arg-type]  # that is the point
    assert (heard(hub, ada), heard(hub, guest)) == ([], [])


@pytest.mark.parametrize("payload", [False, None, 0, "", [], {}])
def test_falsy_payloads_are_delivered(payload: object) -> None:
    hub = Hub()
    ada = signed_in(hub, ADA, "a")
    hub.broadcast(NEWS, payload)
    hub.send_to_user(ADA, NEWS, payload, now_s=NOW_S)
    hub.reply(ada, NEWS, payload)
    assert heard(hub, ada) == [payload] * 3


def test_sign_out_ends_one_session_and_leaves_the_users_other_browsers() -> None:
    hub = Hub()
    gone, stays = signed_in(hub, ADA, "a"), signed_in(hub, ADA, "b")
    hub.end_session(SessionId("a"))
    hub.send_to_user(ADA, NEWS, "secret", now_s=NOW_S)
    assert (gone.closing, gone.user_id, heard(hub, gone)) == (SESSION_ENDED, None, [])
    assert (stays.closing, heard(hub, stays)) == (None, ["secret"])


def test_what_is_private_and_still_queued_is_dropped_at_sign_out_and_the_rest_goes_out() -> None:
    hub = Hub()
    ada = signed_in(hub, ADA, "a")
    hub.broadcast(NEWS, "public")
    hub.send_to_user(ADA, NEWS, "secret", now_s=NOW_S)
    hub.reply(ada, NEWS, "answer")
    hub.end_session(SessionId("a"))
    hub.broadcast(NEWS, "too late")
    assert heard(hub, ada) == ["public"]
    assert ada.queued_bytes == 0


def test_revocation_ends_every_session_of_the_user_and_no_other() -> None:
    hub = Hub()
    connections = [signed_in(hub, ADA, "a"), signed_in(hub, ADA, "b"), signed_in(hub, CYD, "c")]
    hub.end_user(ADA)
    assert [connection.closing for connection in connections] == [SESSION_ENDED, SESSION_ENDED, None]
    assert hub.live_sessions() == ["c"]


def test_nothing_private_is_sent_to_a_session_whose_time_is_over() -> None:
    hub = Hub()
    ada = signed_in(hub, ADA, "a", expires_at_s=NOW_S)
    hub.send_to_user(ADA, NEWS, "in time", now_s=NOW_S - 0.001)
    assert heard(hub, ada) == ["in time"]
    hub.send_to_user(ADA, NEWS, "late", now_s=NOW_S)
    assert (ada.closing, heard(hub, ada)) == (SESSION_ENDED, [])


def test_a_connection_of_an_ended_session_is_not_heard() -> None:
    hub = Hub()
    hub.handled = {NEWS}
    ada = signed_in(hub, ADA, "a", expires_at_s=NOW_S)
    assert hub.receive(ada, '{"id":"p_m_news","data":1}', now_s=NOW_S - 1) is not None
    assert hub.receive(ada, '{"id":"p_m_news","data":1}', now_s=NOW_S) is None


def test_a_new_connection_never_gets_what_was_queued_for_one_that_closed() -> None:
    hub = Hub()
    old = signed_in(hub, ADA, "a")
    hub.send_to_user(ADA, NEWS, "secret", now_s=NOW_S)
    hub.disconnect(old)
    hub.disconnect(old)
    new = signed_in(hub, CYD, "c")
    assert new.id != old.id
    assert (heard(hub, new), heard(hub, old)) == ([], [])


def test_nothing_is_kept_for_connections_that_are_gone() -> None:
    hub = Hub()
    for _ in range(100):
        hub.disconnect(signed_in(hub, ADA, "a"))
    assert (hub.connections, hub._by_user, hub._by_session, len(hub._expiries)) == ({}, {}, {}, 1)


@pytest.mark.parametrize("limits", [Limits(outbox_frames=2), Limits(outbox_bytes=60)])
def test_a_reader_that_is_too_slow_is_closed_and_the_others_hear_all(limits: Limits) -> None:
    hub = Hub(limits=limits)
    slow, quick = hub.connect(None, wake=nothing), hub.connect(None, wake=nothing)
    got = []
    for number in range(5):
        hub.broadcast(NEWS, number)
        got += heard(hub, quick)
    assert (slow.closing, heard(hub, slow)) == (TOO_SLOW, [])
    assert (quick.closing, got) == (None, [0, 1, 2, 3, 4])


def test_a_flood_is_closed_and_a_steady_talker_is_not() -> None:
    hub = Hub(limits=Limits(burst_messages=10, messages_per_s=10))
    hub.handled = {NEWS}
    flood, steady = hub.connect(None, wake=nothing), hub.connect(None, wake=nothing)
    for number in range(50):
        hub.receive(steady, '{"id":"p_m_news","data":1}', now_s=NOW_S + number * 0.1)
    for _ in range(11):
        hub.receive(flood, b"binary counts too", now_s=NOW_S)
    assert (steady.closing, flood.closing) == (None, TOO_MANY_MESSAGES)


def test_a_session_with_a_connection_too_many_loses_its_oldest() -> None:
    hub = Hub(limits=Limits(session_connections=2))
    oldest, other, third = (signed_in(hub, ADA, "s1") for _ in range(3))
    elsewhere = signed_in(hub, ADA, "s2")
    assert oldest.closing == TOO_MANY_CONNECTIONS
    assert [each.closing for each in (other, third, elsewhere)] == [None, None, None]
    signed_in(hub, ADA, "s1")
    assert (other.closing, third.closing) == (TOO_MANY_CONNECTIONS, None)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "not json",
        "null",
        "1",
        "[]",
        '"text"',
        "{}",
        '{"id":"p_m_news"}',
        '{"data":1}',
        '{"id":1,"data":1}',
        '{"id":null,"data":1}',
        '{"id":"p_m_news ","data":1}',
        '{"id":"P_M_NEWS","data":1}',
        '{"id":"p_m_new","data":1}',
        '{"id":"*","data":1}',
        '{"id":"__proto__","data":1}',
        '{"id":"p_m_news","data":' + "[" * 100_000,
        '{"id":"p_m_news","data":1}trailing',
        b'{"id":"p_m_news","data":1}',
    ],
)
def test_what_is_not_an_envelope_for_a_handled_channel_is_ignored(message: str | bytes) -> None:
    hub = Hub()
    hub.handled = {NEWS}
    connection = hub.connect(None, wake=nothing)
    assert hub.receive(connection, message, now_s=NOW_S) is None
    assert connection.closing is None


def test_wake_is_called_for_a_message_and_for_a_close() -> None:
    hub = Hub()
    woken: list[int | None] = []
    connection = hub.connect(None, wake=lambda: woken.append(connection.closing))
    hub.broadcast(NEWS, 1)
    hub.close(connection, 4000)
    hub.close(connection, 4001)
    assert woken == [None, 4000]


def test_a_renewed_session_keeps_its_connections_and_ends_under_its_new_name() -> None:
    hub = Hub()
    mine, other = signed_in(hub, ADA, "old", expires_at_s=200.0), signed_in(hub, ADA, "other")
    hub.renew_session(SessionId("old"), Session(SessionId("new"), ADA, 200.0))
    hub.send_to_user(ADA, NEWS, 1, now_s=NOW_S)
    assert (heard(hub, mine), heard(hub, other)) == ([1], [1])
    hub.end_session(SessionId("old"))
    hub.send_to_user(ADA, NEWS, 2, now_s=NOW_S)
    assert heard(hub, mine) == [2]
    hub.end_session(SessionId("new"))
    assert (mine.closing, other.closing) == (SESSION_ENDED, None)


def test_a_renewed_session_expires_when_it_was_to() -> None:
    hub = Hub()
    mine = signed_in(hub, ADA, "old", expires_at_s=NOW_S + 1)
    hub.renew_session(SessionId("old"), Session(SessionId("new"), ADA, NOW_S + 1))
    hub.expire(now_s=NOW_S + 1)
    assert mine.closing == SESSION_ENDED


def test_a_session_without_connections_is_renewed_too() -> None:
    Hub().renew_session(SessionId("old"), Session(SessionId("new"), ADA, 200.0))


def test_a_runtime_that_spreads_later_is_asked_once_and_finds_everything_in_order() -> None:
    hub = Hub()
    asked: list[None] = []
    hub.later = lambda: asked.append(None)
    ada, guest = signed_in(hub, ADA, "a"), hub.connect(None, wake=nothing)
    hub.broadcast(NEWS, 1)
    hub.broadcast(NEWS, 2)
    assert (len(asked), len(ada.outbox)) == (1, 0)
    hub.spread()
    hub.spread()
    assert [heard(hub, each) for each in (ada, guest)] == [[1, 2]] * 2


def test_what_was_said_before_goes_before_whatever_is_one_connections_alone() -> None:
    hub = Hub()
    hub.later = nothing
    ada, cyd, guest = signed_in(hub, ADA, "a"), signed_in(hub, CYD, "c"), hub.connect(None, wake=nothing)
    hub.broadcast(NEWS, 1)
    hub.send_to_user(ADA, NEWS, 2, now_s=NOW_S)
    hub.broadcast(NEWS, 3)
    hub.reply(guest, NEWS, 4)
    hub.broadcast(NEWS, 5)
    late = hub.connect(None, wake=nothing)
    hub.broadcast(NEWS, 6)
    hub.end_session(SessionId("c"))
    hub.broadcast(NEWS, 7)
    hub.close(guest, 4000)
    hub.broadcast(NEWS, 8)
    hub.spread()
    assert [heard(hub, each) for each in (ada, cyd, guest, late)] == [
        [1, 2, 3, 5, 6, 7, 8],
        [1, 3, 5, 6],
        [1, 3, 4, 5, 6, 7],
        [6, 7, 8],
    ]


def test_a_connection_that_takes_at_once_is_given_nothing_out_of_turn() -> None:
    hub = Hub()
    taken: list[list[str]] = []
    connection = hub.connect(None, wake=nothing)

    def take(frames: list[Frame]) -> bool:
        taken.append([frame.text for frame in frames])
        return len(taken) < 3

    connection.take = take
    hub.broadcast(NEWS, 1)
    hub.reply(connection, NEWS, 2)
    hub.broadcast(NEWS, 3)
    assert (len(taken), heard(hub, connection)) == (1, [2, 3])
    hub.broadcast(NEWS, 4)
    hub.broadcast(NEWS, 5)
    assert (len(taken), heard(hub, connection)) == (3, [5])


def test_frames_are_taken_up_to_a_size_and_at_least_one() -> None:
    hub = Hub()
    connection = hub.connect(None, wake=nothing)
    for number in range(5):
        hub.broadcast(NEWS, number)
    size = len(connection.outbox[0].text)
    assert len(hub.take_some(connection, about_bytes=1)) == 1
    assert len(hub.take_some(connection, about_bytes=2 * size)) == 2
    assert connection.queued_bytes == 2 * size
    assert len(hub.take_some(connection, about_bytes=100 * size)) == 2
    assert connection.queued_bytes == 0

"""The socket over a real server: identity, routing, isolation, limits, and how connections end."""

from __future__ import annotations

import json
from collections.abc import Callable

import anyio
import msgspec
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from harness.reference.app import DEMO_MODULES
from harness.reference.channel import channel
from harness.reference.context import Context
from harness.reference.hub import SESSION_ENDED, TOO_MANY_MESSAGES, TOO_SLOW, SessionId, UserId
from harness.reference.module import Module, websocket
from harness.reference.serve import RUNTIMES
from harness.reference.settings import Limits, Settings
from tests.reference.running import (
    DEADLINE_S,
    ECHO,
    NOTIFICATIONS,
    POSTS,
    WHOAMI,
    close_code,
    hear,
    hears_only,
    running,
    say,
    until,
)

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True, params=RUNTIMES)
def runtime(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it holds whichever way sockets are spoken."""
    monkeypatch.setattr("tests.reference.running.RUNTIME", request.param)


async def test_echo_answers_once_on_its_channel_to_its_connection_only() -> None:
    async with running() as server, server.socket() as one, server.socket() as other:
        for text in ("", "\0", "é👋\u200fש", "x" * 65_536, "a\\u0000"):
            await say(one, ECHO, {"message": text})
            assert await hear(one) == (ECHO, {"reply": f"You said: {text}"})
        assert await hears_only(other)


@pytest.mark.parametrize(
    "message",
    [
        "not json",
        "[]",
        "{}",
        json.dumps({"id": ECHO}),
        json.dumps({"id": ECHO, "data": {"message": 1}}),
        json.dumps({"id": ECHO, "data": {}}),
        json.dumps({"id": ECHO + " ", "data": {"message": "x"}}),
        json.dumps({"id": POSTS, "data": {"action": "created"}}),
        json.dumps({"id": NOTIFICATIONS, "data": {"title": "forged"}}),
        b"\x00\xff",
    ],
)
async def test_what_cannot_be_read_or_may_not_be_said_is_ignored(message: str | bytes) -> None:
    async with running() as server, server.socket() as speaker, server.socket() as other:
        await speaker.send(message)
        assert await hears_only(speaker)
        assert await hears_only(other)


async def test_a_broadcast_reaches_guests_users_and_the_one_who_caused_it() -> None:
    async with (
        running() as server,
        server.browser("ada") as ada,
        server.browser() as guest,
        server.socket(ada) as first,
        server.socket(guest) as second,
    ):
        await ada.post("/api/posts", json={"action": "created", "note": "n"})
        expected = (POSTS, {"action": "created", "note": "n"})
        assert await hears_only(first, expected)
        assert await hears_only(second, expected)


async def test_a_notification_reaches_every_browser_of_one_user_and_nobody_else() -> None:
    async with (
        running() as server,
        server.browser("admin") as admin,
        server.browser("ada") as laptop,
        server.browser("ada") as phone,
        server.browser("cyd") as cyd,
        server.socket(laptop) as first,
        server.socket(phone) as second,
        server.socket(cyd) as other,
        server.socket() as guest,
    ):
        assert (await admin.post("/api/notify/1", json={"title": "secret"})).status_code == 202
        assert await hears_only(first, (NOTIFICATIONS, {"title": "secret"}))
        assert await hears_only(second, (NOTIFICATIONS, {"title": "secret"}))
        assert await hears_only(other)
        assert await hears_only(guest)


@pytest.mark.parametrize("cookie", ["onesocket_session=garbage", "onesocket_session=", "x=y", "onesocket_session"])
async def test_a_cookie_that_stands_for_no_session_opens_a_guests_socket(cookie: str) -> None:
    async with running() as server, server.socket(headers={"Cookie": cookie}) as socket:
        await say(socket, WHOAMI, {})
        assert await hear(socket) == (WHOAMI, {"user_id": None})


async def test_only_the_cookie_says_who_somebody_is() -> None:
    async with (
        running() as server,
        server.browser("admin") as admin,
        server.socket(query="?userId=1&user_id=1&token=1", headers={"Authorization": "1", "X-User": "1"}) as liar,
    ):
        await liar.send(json.dumps({"id": WHOAMI, "data": {"user_id": 1}, "userId": 1, "user_id": 1}))
        assert await hear(liar) == (WHOAMI, {"user_id": None})
        await admin.post("/api/notify/1", json={"title": "secret"})
        assert await hears_only(liar)


@pytest.mark.parametrize("origin", ["null", "http://evil.test", "http://127.0.0.1", "http://127.0.0.1:1"])
async def test_a_foreign_page_gets_no_socket(origin: str) -> None:
    async with running() as server, server.browser("ada") as ada:
        with pytest.raises(InvalidStatus) as refused:
            async with server.socket(ada, headers={"Origin": origin}):
                pass
        assert refused.value.response.status_code == 403
        assert not server.hub.connections


async def test_own_pages_and_listed_pages_get_one() -> None:
    async with running(Settings(allowed_origins=frozenset({"http://friend.test"}))) as server:
        for origin in (server.url, "http://friend.test"):
            async with server.socket(headers={"Origin": origin}) as socket:
                assert await hears_only(socket)


async def test_sign_out_ends_private_delivery_before_it_is_answered_and_closes_the_socket() -> None:
    async with (
        running() as server,
        server.browser("ada") as ada,
        server.browser("ada") as other,
        server.socket(ada) as stubborn,
        server.socket(other) as stays,
    ):
        await ada.post("/api/sign_out")
        assert len(list(server.hub.connections_of(UserId(1)))) == 1
        assert await close_code(stubborn) == SESSION_ENDED
        await say(stays, WHOAMI, {})
        assert await hear(stays) == (WHOAMI, {"user_id": 1})


async def test_signing_in_as_somebody_else_ends_the_old_session() -> None:
    async with running() as server, server.browser("ada") as browser, server.socket(browser) as old:
        await browser.post("/api/sign_in", json={"user": "bob"})
        assert not list(server.hub.connections_of(UserId(1)))
        assert await close_code(old) == SESSION_ENDED
        async with server.socket(browser) as new:
            await say(new, WHOAMI, {})
            assert await hear(new) == (WHOAMI, {"user_id": 2})


async def test_revocation_closes_every_socket_of_the_user() -> None:
    async with running() as server, server.browser("admin") as admin, server.browser("ada") as ada:
        async with server.socket(ada) as one, server.socket(ada) as two:
            assert (await admin.post("/api/revoke/1")).status_code == 200
            assert not list(server.hub.connections_of(UserId(1)))
            assert [await close_code(one), await close_code(two)] == [SESSION_ENDED] * 2
        assert (await ada.get("/api/me")).json() == {"user": None}


@pytest.mark.slow
async def test_a_session_that_expires_closes_its_socket_without_anybody_acting() -> None:
    async with running(Settings(session_ttl_s=0.3)) as server, server.browser("ada") as ada:
        async with server.socket(ada) as socket:
            assert await close_code(socket) == SESSION_ENDED
        assert (await ada.get("/api/me")).json() == {"user": None}


async def test_a_message_that_is_too_long_closes_with_1009_also_in_fragments() -> None:
    async with running(Settings(limits=Limits(max_message_bytes=1000))) as server:
        async with server.socket() as whole, server.socket() as parts:
            await whole.send("x" * 1001)
            assert await close_code(whole) == 1009
            await parts.send(["x" * 400] * 3)
            assert await close_code(parts) == 1009
        async with server.socket() as socket:
            assert await hears_only(socket)


async def test_a_flood_closes_the_one_who_floods() -> None:
    limits = Limits(burst_messages=20, messages_per_s=0.001)
    async with running(Settings(limits=limits)) as server, server.socket() as flood, server.socket() as calm:
        for _ in range(25):
            await flood.send("x")
        assert await close_code(flood) == TOO_MANY_MESSAGES
        assert await hears_only(calm)


@pytest.mark.slow
async def test_a_reader_that_stops_is_closed_while_the_others_hear_all() -> None:
    settings = Settings(limits=Limits(outbox_bytes=2_000_000), close_timeout_s=0.2)
    async with (
        running(settings) as server,
        server.browser() as browser,
        server.socket() as stalled,
        server.socket() as reader,
    ):
        stalled.transport.pause_reading()
        note = "x" * 500_000
        posted = 0
        while len(server.hub.connections) == 2 and posted < 60:
            await browser.post("/api/posts", json={"action": "updated", "note": note})
            assert await hear(reader) == (POSTS, {"action": "updated", "note": note})
            posted += 1
        await until(lambda: len(server.hub.connections) == 1)
        assert posted < 60
        stalled.transport.resume_reading()
        assert await close_code(stalled) in {TOO_SLOW, None}
        assert await hears_only(reader)


class _Order(msgspec.Struct, frozen=True):
    what: str


async def test_a_handler_that_fails_is_answered_to_nobody_and_the_connection_stays(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fragile = channel("fragile", plugin="onesocket", module="test", send=_Order, receive=_Order)

    async def fail(*, data: _Order, send: Callable[[_Order], None], context: Context) -> None:  # noqa: ARG001
        raise ZeroDivisionError(data.what)

    module = Module("onesocket", "test", sockets=[websocket(fragile, on_message=fail, description="fails")])
    async with running(modules=(*DEMO_MODULES, module)) as server, server.socket() as socket:
        await say(socket, fragile.id, {"what": "now"})
        assert await hears_only(socket)
    assert "handler of channel onesocket_test_fragile failed" in caplog.text


async def test_an_answer_given_after_sign_out_goes_nowhere() -> None:
    slow = channel("slow", plugin="onesocket", module="test", send=_Order, receive=_Order)
    names: list[str | None] = []

    async def answer(*, data: _Order, send: Callable[[_Order], None], context: Context) -> None:
        session = context.session
        assert session is not None
        await context.realtime.end_session(SessionId(session.id))
        names.append(None if context.user is None else context.user.name)
        send(data)

    module = Module("onesocket", "test", sockets=[websocket(slow, on_message=answer, description="late")])
    async with (
        running(modules=(*DEMO_MODULES, module)) as server,
        server.browser("ada") as ada,
        server.socket(ada) as socket,
    ):
        await say(socket, slow.id, {"what": "secret"})
        with pytest.raises(ConnectionClosed) as closed, anyio.fail_after(DEADLINE_S):
            await socket.recv()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, names) == (SESSION_ENDED, [None])

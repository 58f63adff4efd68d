"""What a browser makes of what its proxy tells: no socket is opened and no page."""

from __future__ import annotations

from typing import cast

import anyio
import pytest
from playwright.async_api import BrowserContext

from harness.errors import EngineLost
from harness.faults.socket_event import (
    ProxyEvent,
    RequestAnswered,
    SocketClosed,
    SocketClosing,
    SocketOpened,
    SocketOpening,
    SocketRefused,
    SocketText,
)
from harness.history import (
    AnyEvent,
    ConnectionClosed,
    ConnectionClosing,
    ConnectionId,
    ConnectionOpened,
    ConnectionOpening,
    ConnectionRefused,
    IdentityChanged,
    IdentityChanging,
    Malformed,
    Received,
    Uplink,
)
from harness.targets.file import parse_target
from harness.wire.template import Json
from harness.wire.token import make_token
from harness.worlds.page_browser import PageBrowser
from harness.worlds.world import Recorder

FIRST = ConnectionId("a#1")
TOKEN = make_token("0" * 8, 1)
_ACTION: Json = {"path": "/post", "json": {"note": "{text}"}, "channel": "c", "receive": {"note": "{text}"}}
TARGET = parse_target(
    {
        "name": "paper",
        "url": "http://127.0.0.1:1",
        "users": {"ann": {"id": 1}, "ben": {"id": 2}},
        "sign_in": {"path": "/in"},
        "sign_out": {"path": "/out"},
        "echo": {"channel": "e", "send": "{text}", "receive": "{text}"},
        "broadcast": _ACTION,
        "send_to_user": _ACTION,
    },
    where="test_page_browser",
)


def _browser() -> tuple[PageBrowser, Recorder]:
    recorder = Recorder(TARGET, world="page", plan="test", clock=lambda: 0.0)
    return PageBrowser("a", recorder=recorder, target_url=TARGET.url), recorder


def _told(*events: ProxyEvent) -> list[AnyEvent]:
    browser, recorder = _browser()
    for event in events:
        browser.hear(event)
    return list(recorder.history)[1:]


def test_a_socket_becomes_a_connection() -> None:
    seen = _told(
        SocketOpening(1, None),
        SocketOpened(1, 101),
        SocketText(1, "client", f"say {TOKEN}"),
        SocketText(1, "client", "nothing of ours"),
        SocketText(1, "server", f'{{"id": "c", "data": "{TOKEN}"}}'),
        SocketClosing(1, "client"),
        SocketClosed(1, 1001, "bye", "client"),
    )
    assert seen == [
        ConnectionOpening(at_s=0.0, connection=FIRST, browser="a"),
        ConnectionOpened(at_s=0.0, connection=FIRST),
        Uplink(at_s=0.0, connection=FIRST, tokens=(TOKEN,)),
        Received(at_s=0.0, observer="a#1", channel="c", data=str(TOKEN), tokens=(TOKEN,)),
        ConnectionClosing(at_s=0.0, connection=FIRST),
        ConnectionClosed(at_s=0.0, connection=FIRST, code=1001, reason="bye", by="client"),
    ]


def test_an_end_that_the_server_began_is_no_closing_of_ours() -> None:
    seen = _told(
        SocketOpening(1, None), SocketOpened(1, 101), SocketClosing(1, "server"), SocketClosed(1, None, "", "server")
    )
    assert [type(event) for event in seen] == [ConnectionOpening, ConnectionOpened, ConnectionClosed]


def test_a_refused_handshake_keeps_its_status_and_origin() -> None:
    opening, refused = _told(SocketOpening(1, "http://evil.example"), SocketRefused(1, 403, "HTTP/1.1 403 Forbidden"))
    assert isinstance(opening, ConnectionOpening)
    assert opening.origin == "http://evil.example"
    assert isinstance(refused, ConnectionRefused)
    assert refused.status == 403


def test_what_is_no_envelope_is_malformed() -> None:
    seen = _told(SocketOpening(1, None), SocketOpened(1, 101), SocketText(1, "server", f"not JSON {TOKEN} \ud800"))
    assert isinstance(seen[-1], Malformed)
    assert seen[-1].tokens == (TOKEN,)


def test_an_identity_has_changed_when_the_answer_passes() -> None:
    browser, recorder = _browser()
    browser.identity_changing("ann")
    for unlike in (RequestAnswered("GET", "/in", 200), RequestAnswered("POST", "/in", 500)):
        browser.hear(unlike)
    assert [type(event) for event in list(recorder.history)[1:]] == [IdentityChanging]
    browser.hear(RequestAnswered("POST", "/in", 204))
    browser.identity_changed(ok=True)
    assert [type(event) for event in list(recorder.history)[1:]] == [IdentityChanging, IdentityChanged]
    assert browser.user == "ann"


def test_an_identity_that_failed_to_change_is_recorded_as_such() -> None:
    browser, recorder = _browser()
    browser.identity_changing("ann")
    browser.identity_changed(ok=False)
    assert browser.user is None
    assert recorder.history[-1] == IdentityChanged(at_s=0.0, browser="a", user="ann", ok=False)


@pytest.mark.parametrize("closed", [True, False])
def test_a_closed_browser_hears_nothing_more(closed: bool) -> None:  # noqa: FBT001 # a parameter of the test
    browser, recorder = _browser()
    browser.closed = closed
    browser.hear(SocketOpening(1, None))
    assert len(recorder.history) == (1 if closed else 2)


class _GoneContext:
    """A context whose engine went down."""

    async def close(self) -> None:
        raise LOST


LOST = EngineLost("it answers no more", where="here", todo="try again")


@pytest.mark.anyio
async def test_an_engine_that_went_down_is_kept_for_who_closes_the_world() -> None:
    browser, _ = _browser()
    browser.context = cast(BrowserContext, _GoneContext())
    async with anyio.create_task_group() as group:
        await browser.close(evidence=None, group=group)
    assert browser.lost is LOST
    assert browser.closed

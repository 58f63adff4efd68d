"""Cookies are looked for in all that is received, and only that they were seen is written down."""

from __future__ import annotations

import pytest

from harness.history import AnyEvent, ConnectionClosed, ConnectionId, ConnectionOpened, Malformed, Received, SecretShown
from harness.targets.control import Session
from harness.targets.file import load_target
from harness.trials import reference_file
from harness.worlds.secret_watch import SecretWatch
from harness.worlds.wire_browser import WireBrowser
from harness.worlds.world import Recorder

A, SECRET = ConnectionId("a#1"), "f3b1c2d4e5a697887766"


def seen(event: AnyEvent, **cookies: str) -> list[SecretShown]:
    """Return what is written down when this is received by a browser with these cookies."""
    target = load_target(reference_file())
    recorder = Recorder(target, world="wire", plan="p", clock=lambda: 0.0)
    session = Session(target, base_url="http://127.0.0.1:1")
    session.adopt(cookies)
    watch = SecretWatch(recorder, browsers=lambda: [WireBrowser("a", session)])
    watch.look(ConnectionOpened(at_s=0.0, connection=A))
    watch.look(event)
    return [each for each in recorder.history if isinstance(each, SecretShown)]


EVENTS: list[AnyEvent] = [
    Received(at_s=0.0, observer=A, channel="c", data={"debug": [{"cookie": f"sid={SECRET}"}]}),
    Malformed(at_s=0.0, observer=A, raw=f"<{SECRET}>", why="not JSON"),
    ConnectionClosed(at_s=0.0, connection=A, code=1008, reason=f"no session {SECRET}"),
]


@pytest.mark.parametrize("event", EVENTS)
def test_a_cookie_in_what_is_received_is_seen(event: AnyEvent) -> None:
    (shown,) = seen(event, sid=SECRET)
    assert (shown.observer, shown.browser, shown.name) == ("a#1", "a", "sid")
    assert SECRET not in repr(shown)


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize(
    "cookies", [{}, {"sid": SECRET[::-1]}, {"sid": SECRET[:8]}, {"csrf_token": SECRET}, {"sid": ""}]
)
def test_what_is_no_secret_is_not_seen(event: AnyEvent, cookies: dict[str, str]) -> None:
    assert seen(event, **cookies) == []

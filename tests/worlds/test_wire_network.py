"""Whose end it is that a proxy tells of: the connections of two browsers may have the same port."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from anyio.abc import SocketAttribute

from harness.faults.link import Link
from harness.faults.socket_event import ProxyEvent, SocketFreed, SocketOpening
from harness.history import Event, PeerFreed
from harness.plan import BrowserId, CutOff, Disturb
from harness.worlds import wire_network
from harness.worlds.wire_network import WireNetwork

PORT, HOME = 40_000, "http://target"


class FakeProxy:
    """A way on which every browser's connection has the same port."""

    made: list[FakeProxy]
    url = "http://proxy"

    def __init__(self, _home: str, *, listener: Callable[[ProxyEvent], None], **_others: object) -> None:
        self.listener, self.link = listener, Link()
        self.socket = SimpleNamespace(port=PORT, severed=False, sever=_nothing)
        self.made.append(self)

    async def serve(self) -> None:
        raise AssertionError

    def socket_at(self, port: int) -> object:
        return self.socket if port == PORT else None


async def _nothing(*_arguments: object) -> None:
    """Stand for what the test does not look at."""


def clients_of(recorded: list[Event]) -> Any:
    """Return clients of two browsers with a connection each, both from the same port."""

    def browser(name: str) -> object:
        stream = SimpleNamespace(extra={SocketAttribute.local_port: PORT}.get)
        peer = SimpleNamespace(id=f"{name}#1", connection=SimpleNamespace(stream=stream, drop=_nothing))
        return SimpleNamespace(name=name, open_peers=[peer])

    return SimpleNamespace(
        target=SimpleNamespace(socket=SimpleNamespace(path="/ws")),
        tasks=SimpleNamespace(start=_nothing),
        recorder=SimpleNamespace(now=lambda: 0.0, record=recorded.append),
        browser=browser,
    )


def test_the_end_of_a_connection_is_its_browsers_though_another_has_the_same_port(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire_network, "Proxy", FakeProxy)
    FakeProxy.made = []
    recorded: list[Event] = []
    network = WireNetwork(clients_of(recorded), disturbed=("a", "b"))

    async def both_cut_off() -> None:
        for name in "ab":
            await network.way(name, HOME)
            FakeProxy.made[-1].listener(SocketOpening(1, None, PORT))
        for name in "ab":
            await network.perform(Disturb(BrowserId(name), CutOff()))
        for proxy in FakeProxy.made:
            proxy.listener(SocketFreed(1, "end of bytes", None))

    anyio.run(both_cut_off)
    assert [each.connection for each in recorded if isinstance(each, PeerFreed)] == ["a#1", "b#1"]

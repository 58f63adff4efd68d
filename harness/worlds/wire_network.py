"""The ways of browsers that faults are put on: a proxy each, what is armed on it, and what the server does meanwhile.

Only browsers that are named beforehand go through a proxy, all others straight. Records, judges nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from urllib.parse import urlsplit

import anyio
from anyio.abc import SocketAttribute

from harness.errors import OnesocketError
from harness.faults.link import Armed
from harness.faults.proxy import Proxy
from harness.faults.socket_event import ProxyEvent, SocketFreed, SocketOpening, SocketTampered
from harness.faults.watched_socket import WatchedSocket
from harness.history import (
    ConnectionClosing,
    ConnectionId,
    FaultArmed,
    FaultBit,
    FaultHealed,
    FrameFaulted,
    PeerFreed,
    PeerKept,
)
from harness.model.duty import gap
from harness.model.state import Connection
from harness.plan import AwaitEnd, Disturb, Heal, NetworkFault, NetworkStep, Reset, Stall
from harness.plan.network import EVERY, CloseWith, CutOff, HalfClose, Tamper
from harness.wire.token import find_tokens
from harness.worlds.wire_browser import NO_CONNECTION, Peer, WireBrowser
from harness.worlds.wire_clients import WireClients

RECEIVE_BUFFER_BYTES = 64 * 1024
"""How much the kernel takes from the server for a reader that stopped: little, so that the server notices soon."""
LAST_WORD_S, LATE_S = 1.0, 1.0


class WireNetwork:
    """The proxies of one world. `disturbed` are the browsers that its plan puts faults on.

    `faults` are on every browser's way from the beginning.
    """

    def __init__(self, clients: WireClients, *, disturbed: Collection[str] = (), faults: Sequence[NetworkFault] = ()):
        self._clients = clients
        self._disturbed = frozenset(disturbed)
        self._faults = tuple(faults)
        self._proxies: dict[tuple[str, str], Proxy] = {}
        self._ports: dict[tuple[str, str, int], int] = {}
        self._severed: dict[tuple[str, int], tuple[ConnectionId, float]] = {}
        self._waiting: dict[str, dict[ConnectionId, float]] = {}
        clients.way = self.way

    def expect(self, browsers: Collection[str]) -> None:
        """Have these browsers go through proxies too, from their next connection on."""
        self._disturbed |= frozenset(browsers)

    async def way(self, browser: str, home: str) -> str:
        """Return where `browser` finds the server that is at `home`."""
        if browser not in self._disturbed and not self._faults:
            return home
        if (browser, home) not in self._proxies:
            path = urlsplit(self._clients.target.socket.path).path
            proxy = Proxy(
                home,
                socket_path=path,
                listener=lambda event: self._hear((browser, home), event),
                receive_buffer_bytes=RECEIVE_BUFFER_BYTES,
            )
            self._proxies[browser, home] = proxy
            await self._clients.tasks.start(proxy.serve)
            for fault in self._faults:
                proxy.link.arm(fault)
                self._record_armed(browser, fault, words=fault.on(EVERY))
        return self._proxies[browser, home].url

    async def perform(self, step: NetworkStep) -> str | None:
        """Carry out one step; the note says why it was left out."""
        browser = self._clients.browser(step.browser)
        match step:
            case Disturb(_, fault):
                return await self._disturb(browser, fault)
            case Heal():
                return await self._heal(browser)
            case AwaitEnd():
                return await self._await_end(browser)

    def stalled_at_s(self, peer: Peer) -> float | None:
        """Return since when the bytes to a connection are stalled, if they are."""
        connection = self._clients.recorder.model.connections[peer.id]
        return next((each.since.at_s for each in connection.stalls if each.until is None), None)

    async def resume(self, peer: Peer) -> None:
        """Let the bytes of one connection pass again, and wait until it has caught up or is over."""
        clients, model = self._clients, self._clients.recorder.model
        for other, socket in self._sockets(self._browser_of(peer)):
            if other is peer:
                socket.resume()
        clients.recorder.record(FaultHealed(at_s=clients.recorder.now(), connection=peer.id, kind="stall"))
        connection = model.connections[peer.id]
        left = len(list(gap(model, connection)))
        while left and connection.closed is None:

            def moved(before: int = left) -> bool:
                return connection.closed is not None or len(list(gap(model, connection))) < before

            if not await clients.until(moved, timeout_s=clients.patience_s):
                break
            left = len(list(gap(model, connection)))

    async def finish(self) -> None:
        """Tell how often each fault bit that was never healed, and let the server notice what it had not yet.

        Else a connection that failed in this plan would be found dead during the next one.
        """
        for (browser, _), proxy in self._proxies.items():
            self._tell_bites(browser, proxy.link.heal())
            await proxy.reset_all()
        clients = self._clients
        if any(_failed(each) for each in clients.recorder.model.connections.values()):
            with contextlib.suppress(OnesocketError), anyio.move_on_after(LAST_WORD_S):
                await clients.control.broadcast(clients.recorder.token())

    async def _disturb(self, browser: WireBrowser, fault: NetworkFault) -> str | None:
        if isinstance(fault, CloseWith):
            return "only a page has to make something of it"
        proxies = [proxy for (name, _), proxy in self._proxies.items() if name == browser.name]
        if isinstance(fault, Reset | HalfClose | CutOff | Stall):
            sockets = list(self._sockets(browser))
            if not sockets:
                return NO_CONNECTION
            for peer, socket in sockets:
                if isinstance(fault, Stall):
                    socket.stall(fault.way)
                    self._record_armed(browser.name, fault, connection=peer.id)
                else:
                    await self._sever(browser, peer, socket, fault)
            # Of which of its ways bytes are kept, is for the way to count.
            for proxy in proxies if isinstance(fault, Stall) else proxies[:1]:
                proxy.link.arm(fault, bites=0 if isinstance(fault, Stall) else len(sockets))
            return None
        if not proxies:
            await self.way(browser.name, self._clients.place.url(1))
            proxies = [proxy for (name, _), proxy in self._proxies.items() if name == browser.name]
        for proxy in proxies:
            proxy.link.arm(fault)
        self._record_armed(browser.name, fault)
        return None

    async def _sever(
        self, browser: WireBrowser, peer: Peer, socket: WatchedSocket, fault: Reset | HalfClose | CutOff
    ) -> None:
        recorder = self._clients.recorder
        recorder.record(ConnectionClosing(at_s=recorder.now(), connection=peer.id))
        self._record_armed(browser.name, fault, connection=peer.id)
        # Two browsers have a proxy each, and the same port may be the end of a connection to both.
        self._severed[browser.name, socket.port] = (peer.id, recorder.now())
        if not isinstance(fault, Reset):
            self._waiting.setdefault(browser.name, {})[peer.id] = recorder.now()
        await socket.sever(fault)
        if peer.connection is not None:
            await peer.connection.drop()

    async def _heal(self, browser: WireBrowser) -> str | None:
        for peer, socket in list(self._sockets(browser)):
            if socket.stalled:
                await self.resume(peer)
        ways = [proxy for (name, _), proxy in self._proxies.items() if name == browser.name]
        armed = [each for proxy in ways for each in proxy.link.heal()]
        self._tell_bites(browser.name, armed)
        return None if armed else "nothing is the matter with it"

    async def _await_end(self, browser: WireBrowser) -> str | None:
        clients, waiting = self._clients, self._waiting.get(browser.name)
        if not waiting:
            return "the server holds nothing of it"
        promise_s = clients.target.promises.half_open_s or 0.0
        # Somewhat longer than is promised, to tell what comes late from what never comes.
        until_s = max(waiting.values()) + promise_s + max(LATE_S, promise_s / 2)
        await clients.until(lambda: not waiting, timeout_s=until_s - clients.recorder.now())
        for connection, since_s in waiting.items():
            now_s = clients.recorder.now()
            clients.recorder.record(PeerKept(at_s=now_s, connection=connection, after_s=round(now_s - since_s, 3)))
        waiting.clear()
        return None

    def _sockets(self, browser: WireBrowser) -> Iterator[tuple[Peer, WatchedSocket]]:
        proxies = [proxy for (name, _), proxy in self._proxies.items() if name == browser.name]
        for peer in browser.open_peers:
            port = _port(peer)
            for proxy in proxies:
                socket = proxy.socket_at(port)
                if socket is not None and not socket.severed:
                    yield peer, socket

    def _browser_of(self, peer: Peer) -> WireBrowser:
        return self._clients.browsers[self._clients.recorder.model.connections[peer.id].browser]

    def _record_armed(
        self, browser: str, fault: NetworkFault, *, connection: ConnectionId | None = None, words: str = ""
    ) -> None:
        recorder = self._clients.recorder
        recorder.record(
            FaultArmed(
                at_s=recorder.now(),
                browser=browser,
                connection=connection,
                kind=_kind(fault),
                fault=words or fault.on(browser),
            )
        )

    def _tell_bites(self, browser: str, armed: Sequence[Armed]) -> None:
        recorder = self._clients.recorder
        for each in armed:
            recorder.record(
                FaultBit(at_s=recorder.now(), browser=browser, fault=each.fault.on(browser), count=each.count)
            )

    def _hear(self, way: tuple[str, str], event: ProxyEvent) -> None:
        recorder, browser = self._clients.recorder, way[0]
        match event:
            case SocketOpening():
                self._ports[*way, event.socket] = event.port
            case SocketFreed():
                severed = self._severed.get((browser, self._ports[*way, event.socket]))
                if severed is not None:
                    connection, since_s = severed
                    self._waiting.get(browser, {}).pop(connection, None)
                    recorder.record(
                        PeerFreed(
                            at_s=recorder.now(),
                            connection=connection,
                            how=event.how,
                            code=event.code,
                            after_s=round(recorder.now() - since_s, 3),
                        )
                    )
            case SocketTampered():
                port = self._ports[*way, event.socket]
                for peer in self._clients.browser(browser).open_peers:
                    if _port(peer) == port:
                        tokens = find_tokens(event.payload.decode("utf-8", "replace"))
                        recorder.record(
                            FrameFaulted(at_s=recorder.now(), connection=peer.id, deed=event.deed, tokens=tokens)
                        )
            case _:
                pass


def _failed(connection: Connection) -> bool:
    """Whether it ended by our doing and without a close frame."""
    return connection.closing is not None and connection.code is None


def _port(peer: Peer) -> int:
    return int(peer.connection.stream.extra(SocketAttribute.local_port)) if peer.connection is not None else 0


def _kind(fault: NetworkFault) -> str:
    match fault:
        case Reset():
            return "reset"
        case HalfClose():
            return "half-close"
        case CutOff():
            return "cut off"
        case Stall():
            return "stall"
        case Tamper():
            return "tamper"
        case _:
            return "hinder"

"""Handshakes of the wire world that are not a browser's own: knocks, look-alike origins, forged cookies.

Each is followed by a right handshake, so that it is seen whether the server goes on. Records, judges nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

import anyio

from harness.errors import TargetUnreachable
from harness.history import (
    ConnectionClosed,
    ConnectionId,
    ConnectionRefused,
    CookieClaimed,
    CookieSeen,
    Knocked,
    Knocking,
    OriginClaimed,
)
from harness.plan import HandshakeStep, Knock, KnockEvery, LeaveOutCookies, OpenForged, OpenLookAlike, OpenWithBoth
from harness.wire.forged_cookies import BOTH, FORGERIES, read_cookies, write_cookies
from harness.wire.handshake import SAMPLE_KEY, Request, right_request
from harness.wire.knocks import GROUPS, KNOCKS, TRICKLE
from harness.wire.knocks import Knock as Deviation
from harness.wire.look_alike_origins import LOOK_ALIKES
from harness.worlds.wire_browser import WireBrowser
from harness.worlds.wire_clients import WireClients
from harness.worlds.wire_connection import HANDSHAKE_TIMEOUT_S
from harness.worlds.wire_knock import Exchange, byte_after_byte, exchange

IMPATIENT_S = 0.5
"""How long to wait for an answer once one never came."""
MARGIN_S = 1.0
"""How much longer than its promise an unfinished handshake is watched."""
LONGEST_S = 40.0
"""A promise that outlasts this is not waited for: a step has its own deadline."""
TRICKLE_S = 0.05
NO_COOKIE = "that browser has no cookie"


class WireHandshake:
    """Carries out the steps of `plan.handshakes` with the clients of one world."""

    def __init__(self, clients: WireClients) -> None:
        self._clients = clients
        self._recorder = clients.recorder
        self._patience_s = HANDSHAKE_TIMEOUT_S

    async def perform(self, step: HandshakeStep) -> str | None:
        """Carry out one step; the note says why it was left out.

        Raises:
            TargetUnreachable: the server does not go on after it.
        """
        match step:
            case Knock(name, knock, times, key):
                return await self._knock_at(self._clients.browser(name), [KNOCKS[knock]] * times, key=key or SAMPLE_KEY)
            case KnockEvery(name, group):
                return await self._knock_at(self._clients.browser(name), GROUPS[group])
            case OpenLookAlike(tab, look_alike):
                await self._open_look_alike(self._clients.browser(tab.browser), tab.number, look_alike)
            case OpenForged(tab, of, forgery):
                return await self._open_forged(self._clients.browser(tab.browser), tab.number, str(of), forgery)
            case OpenWithBoth(tab, first, second):
                return await self._open_with_both(
                    self._clients.browser(tab.browser), tab.number, str(first), str(second)
                )
            case LeaveOutCookies(tab, of):
                return await self._leave_out(self._clients.browser(tab.browser), tab.number, str(of))
            case _:
                assert_never(step)
        return None

    # -- knocks

    def _right(self, browser: WireBrowser, *, key: str = SAMPLE_KEY) -> Request:
        socket = self._clients.target.socket
        cookie = browser.session.cookie_header
        return right_request(
            self._clients.live.url, socket.path, cookie=cookie, subprotocols=socket.subprotocols, key=key
        )

    async def _knock_at(
        self, browser: WireBrowser, knocks: Sequence[Deviation], *, key: str = SAMPLE_KEY
    ) -> str | None:
        """Knock in turn; those that never complete are waited for together, where their end is promised."""
        unfinished = [knock for knock in knocks if knock.must == "drop"]
        limit_s = self._clients.target.promises.handshake_s
        if unfinished and (limit_s is None or limit_s > LONGEST_S):
            return "the target promises no end of an unfinished handshake" if limit_s is None else "that takes too long"
        for knock in knocks:
            if knock.must != "drop":
                await self._knock(browser, knock, key=key)
        async with anyio.create_task_group() as waiting:
            for knock in unfinished:
                waiting.start_soon(self._leave_unfinished, browser, knock, limit_s or 0.0)
        return None

    async def _knock(self, browser: WireBrowser, knock: Deviation, *, key: str) -> None:
        right = self._right(browser, key=key)
        changed = knock.change(right)
        sent = changed if isinstance(changed, Request) else right
        self._recorder.record(Knocking(at_s=self._recorder.now(), browser=browser.name, knock=knock.name))
        patience_s = self._patience_s if knock.silent else min(self._patience_s, IMPATIENT_S)
        ended = await exchange(self._clients.live.url, knock.bytes_of(right), timeout_s=patience_s)
        if ended.outcome == "silent" and knock.silent:
            self._patience_s = min(self._patience_s, IMPATIENT_S)
        after = ended if knock.must == "upgrade" else await self._exchange(right.encode())
        self._record(browser, knock, ended, sent, afterwards=after.outcome)
        if after.outcome not in {"upgraded", "answered"}:
            raise self._gone(knock.name, after.outcome)

    async def _exchange(self, data: bytes) -> Exchange:
        return await exchange(self._clients.live.url, data, timeout_s=HANDSHAKE_TIMEOUT_S)

    async def _leave_unfinished(self, browser: WireBrowser, knock: Deviation, limit_s: float) -> None:
        right = self._right(browser)
        self._recorder.record(Knocking(at_s=self._recorder.now(), browser=browser.name, knock=knock.name))
        trickle = byte_after_byte(b"x", every_s=min(TRICKLE_S, limit_s / 10)) if knock.name == TRICKLE else None
        ended = await exchange(
            self._clients.live.url, knock.bytes_of(right), timeout_s=limit_s + MARGIN_S, trickle=trickle
        )
        self._record(browser, knock, ended, right, limit_s=limit_s)

    def _record(
        self,
        browser: WireBrowser,
        knock: Deviation,
        ended: Exchange,
        sent: Request,
        *,
        afterwards: str = "",
        limit_s: float = 0.0,
    ) -> None:
        head = ended.head
        self._recorder.record(
            Knocked(
                at_s=self._recorder.now(),
                browser=browser.name,
                knock=knock.name,
                outcome=ended.outcome,
                waited_s=round(ended.waited_s, 3),
                status=head.status if head else 0,
                key=sent.get("Sec-WebSocket-Key"),
                accept=head.get("Sec-WebSocket-Accept") if head else "",
                offered=sent.get("Sec-WebSocket-Protocol"),
                protocol=head.get("Sec-WebSocket-Protocol") if head else "",
                extensions_offered=sent.get("Sec-WebSocket-Extensions"),
                extensions=head.get("Sec-WebSocket-Extensions") if head else "",
                versions=head.get("Sec-WebSocket-Version") if head else "",
                limit_s=limit_s,
                afterwards=afterwards,
            )
        )

    def _gone(self, what: str, outcome: str) -> TargetUnreachable:
        return TargetUnreachable(
            f"the target does not go on after a handshake with {what!r}: a right one after it was {outcome}",
            where=self._clients.live.url + self._clients.target.socket.path,
            todo="look at the finding, and at what the target printed",
        )

    # -- connections under another's name

    async def _open_look_alike(self, browser: WireBrowser, tab: int, name: str) -> None:
        origins = LOOK_ALIKES[name].of(self._clients.live.url)
        first, *further = origins
        self._recorder.record(
            OriginClaimed(at_s=self._recorder.now(), connection=_next_id(browser), look_alike=name, origins=origins)
        )
        await self._clients.open(browser, tab, origin=first, headers=[("Origin", each) for each in further])

    async def _open_forged(self, browser: WireBrowser, tab: int, of: str, forgery: str) -> str | None:
        owner = self._clients.browser(of)
        pairs = read_cookies(owner.session.cookie_header or "")
        if not pairs:
            return NO_COOKIE
        forged = FORGERIES[forgery]
        header = forged.make(pairs)
        if header is None:
            return "its cookies have no such form"
        may_be = (owner.user,) if forged.own and owner.user else ()
        await self._open_claiming(browser, tab, header, of=of, forgery=forgery, may_be=may_be)
        return None

    async def _open_with_both(self, browser: WireBrowser, tab: int, first: str, second: str) -> str | None:
        owners = [self._clients.browser(name) for name in (first, second)]
        headers = [owner.session.cookie_header for owner in owners]
        if not all(headers):
            return NO_COOKIE
        may_be = tuple(dict.fromkeys(owner.user for owner in owners if owner.user))
        header = "; ".join(each for each in headers if each)
        await self._open_claiming(browser, tab, header, of=f"{first} and {second}", forgery=BOTH, may_be=may_be)
        return None

    async def _leave_out(self, browser: WireBrowser, tab: int, of: str) -> str | None:
        owner = self._clients.browser(of)
        pairs = read_cookies(owner.session.cookie_header or "")
        if not pairs or owner.user is None:
            return NO_COOKIE
        seen = owner.session.cookies_set
        for name in dict.fromkeys(name for name, _ in pairs):
            if name in seen:
                self._recorder.record(
                    CookieSeen(
                        at_s=self._recorder.now(),
                        browser=of,
                        cookie=name,
                        http_only=seen[name].http_only,
                        same_site=seen[name].same_site,
                        secure=seen[name].secure,
                        tls=self._clients.live.url.startswith("https"),
                    )
                )
            rest = write_cookies([pair for pair in pairs if pair[0] != name])
            await self._open_claiming(
                browser, tab, rest, of=of, forgery="left out", may_be=(owner.user,), left_out=name
            )
        return None

    async def _open_claiming(
        self,
        browser: WireBrowser,
        tab: int,
        header: str,
        *,
        of: str,
        forgery: str,
        may_be: tuple[str, ...],
        left_out: str = "",
    ) -> None:
        connection = _next_id(browser)
        answered = True
        try:
            await self._clients.open(browser, tab, cookie=header)
        except TargetUnreachable:
            answered = False
        ended, status = self._how_it_ended(connection)
        afterwards = ""
        if ended or not answered:
            guest = right_request(self._clients.live.url, self._clients.target.socket.path)
            afterwards = (await self._exchange(guest.encode())).outcome
        self._recorder.record(
            CookieClaimed(
                at_s=self._recorder.now(),
                connection=connection,
                of=of,
                forgery=forgery,
                may_be=may_be,
                left_out=left_out,
                answered=answered,
                status=status,
                afterwards=afterwards,
            )
        )
        if afterwards not in {"", "upgraded", "answered"}:
            raise self._gone(f"cookies of {of} forged as {forgery!r}", afterwards)

    def _how_it_ended(self, connection: ConnectionId) -> tuple[bool, int]:
        """Return whether a connection has ended already, a sign that the server may be gone, and a refusal's status."""
        ends = (
            each
            for each in reversed(list(self._recorder.history))
            if isinstance(each, ConnectionClosed | ConnectionRefused) and each.connection == connection
        )
        end = next(ends, None)
        return end is not None, end.status if isinstance(end, ConnectionRefused) else 0


def _next_id(browser: WireBrowser) -> ConnectionId:
    return ConnectionId(f"{browser.name}#{browser.count + 1}")

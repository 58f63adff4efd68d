"""Faults on the way of real browsers, in the proxy that each has, and waiting for what a page makes of them.

Records what was done and how often it bit; judges nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import anyio

from harness.faults.link import Armed
from harness.faults.watched_socket import WatchedSocket
from harness.history import (
    ConnectionId,
    FaultArmed,
    FaultBit,
    FaultHealed,
    FrameSlipped,
    HandshakesWatched,
    SilenceEnded,
)
from harness.plan import (
    AwaitDown,
    AwaitEnd,
    AwaitNotice,
    CloseNext,
    CloseWith,
    CutOff,
    Disturb,
    GoOffline,
    GoOnline,
    HalfClose,
    Heal,
    NetworkFault,
    NetworkStep,
    OutageStep,
    Refuse,
    Reset,
    Slip,
    Stall,
    Tamper,
    WatchHandshakes,
)
from harness.wire.odd_frames import odd_frame
from harness.worlds.lag import LagMeter
from harness.worlds.page_browser import PageBrowser, turns_away
from harness.worlds.page_settle import look_at_all
from harness.worlds.page_tab import POLL_S
from harness.worlds.world import Recorder

ENDLESS = 9999
LATE_S = 1.0
"""How much longer than promised something is waited for, to tell late from never."""
NOTHING_OPEN = "it has no open connection"


class PageNetwork:
    """What is done to the browsers of one plan; `cut` are those that were parted from the server without a word."""

    def __init__(self, recorder: Recorder, lag: LagMeter) -> None:
        self._recorder = recorder
        self._lag = lag
        self._cut: dict[str, list[tuple[int, float]]] = {}

    async def perform(self, step: NetworkStep | OutageStep, browser: PageBrowser) -> str | None:
        """Carry out one step on its browser; the note says why it was left out."""
        match step:
            case Disturb(_, fault):
                return await self._disturb(browser, fault)
            case Heal():
                return self._heal(browser)
            case Slip(_, what):
                return await self._slip(browser, what)
            case GoOffline():
                return await self._go_offline(browser)
            case GoOnline():
                return await self._go_online(browser)
            case AwaitDown():
                return await self._await_down(browser)
            case AwaitNotice():
                return await self._await_notice(browser)
            case AwaitEnd() | WatchHandshakes():
                return "only raw connections can do this"

    async def watch(self, browsers: Sequence[PageBrowser], *, seconds: float) -> str | None:
        """Let `seconds` pass while handshakes are recorded."""
        since_s = self._recorder.now()
        with anyio.move_on_after(seconds):
            while True:
                await look_at_all(browsers)
                await anyio.sleep(POLL_S)
        self._recorder.record(HandshakesWatched(at_s=self._recorder.now(), since_s=since_s))
        return None

    def finish(self, browsers: Sequence[PageBrowser]) -> None:
        """End what is still armed, and tell how often it bit."""
        for browser in browsers:
            self._heal(browser)

    async def _disturb(self, browser: PageBrowser, fault: NetworkFault) -> str | None:
        link = browser.proxy.link
        if isinstance(fault, Reset | CutOff | HalfClose | CloseWith | Stall):
            sockets = {number: each for number, each in browser.proxy.sockets.items() if each.live and not each.severed}
            if not sockets:
                return NOTHING_OPEN
            for number, socket in sockets.items():
                await self._end_or_stall(browser, number, socket, fault)
            link.arm(fault, bites=0 if isinstance(fault, Stall) else len(sockets))
            browser.disturb("network")
            browser.may_stay_down = isinstance(fault, CloseWith) and turns_away(fault.code)
            return None
        link.arm(fault)
        if isinstance(fault, CloseNext) and turns_away(fault.code):
            browser.may_stay_down = True
        self._record_armed(browser, fault, kind="tamper" if isinstance(fault, Tamper) else "hinder")
        return None

    async def _end_or_stall(
        self, browser: PageBrowser, number: int, socket: WatchedSocket, fault: NetworkFault
    ) -> None:
        connection = browser.connection_id(number)
        if isinstance(fault, Stall):
            self._record_armed(browser, fault, kind="stall", connection=connection)
            socket.stall(fault.way)
            return
        browser.end_by_fault(number)
        match fault:
            case CloseWith(code):
                kind = "refusal" if turns_away(code) else "close"
                self._record_armed(browser, fault, kind=kind, connection=connection)
                await socket.end_with(code)
            case CutOff():
                self._record_armed(browser, fault, kind="cut off", connection=connection)
                self._cut.setdefault(browser.name, []).append((number, self._recorder.now()))
                await socket.sever(fault, keep_browser=True)
            case HalfClose():
                self._record_armed(browser, fault, kind="half-close", connection=connection)
                await socket.sever(fault)
            case _:
                self._record_armed(browser, fault, kind="reset", connection=connection)
                await socket.reset()

    def _heal(self, browser: PageBrowser) -> str | None:
        stalled = {number: each for number, each in browser.proxy.sockets.items() if each.stalled}
        for number, socket in stalled.items():
            connection = browser.connection_id(number)
            self._recorder.record(FaultHealed(at_s=self._recorder.now(), connection=connection, kind="stall"))
            socket.resume()
        armed = browser.proxy.link.heal()
        self._tell_bites(browser, armed)
        if stalled or any(isinstance(each.fault, Refuse | CloseNext) for each in armed):
            browser.disturb("network")
        return None if armed else "nothing is the matter with it"

    async def _slip(self, browser: PageBrowser, what: str) -> str | None:
        sockets = {number: each for number, each in browser.proxy.sockets.items() if each.live}
        for number, socket in sockets.items():
            at_s = self._recorder.now()
            self._recorder.record(FrameSlipped(at_s=at_s, connection=browser.connection_id(number), what=what))
            await socket.slip(odd_frame(what))
        return None if sockets else NOTHING_OPEN

    async def _go_offline(self, browser: PageBrowser) -> str | None:
        if browser.context is None or browser.offline:
            return "it is offline already"
        # The proxy as well: not every engine holds back what is under way on sockets that are open.
        browser.offline = True
        for number, socket in browser.proxy.sockets.items():
            if socket.live:
                await self._end_or_stall(browser, number, socket, Stall("of"))
        browser.proxy.link.arm(Stall("of"))
        browser.proxy.link.arm(Refuse(ENDLESS))
        await browser.context.set_offline(True)
        return None

    async def _go_online(self, browser: PageBrowser) -> str | None:
        if browser.context is None or not browser.offline:
            return "it is online"
        browser.offline = False
        await browser.context.set_offline(False)
        self._heal(browser)
        return None

    async def _await_down(self, browser: PageBrowser) -> str | None:
        if browser.proxy.live:
            return "it has an open connection"
        promise_s = self._recorder.target.promises.failover_s
        await self._until(browser, lambda: not browser.ready_tabs, timeout_s=promise_s + LATE_S)
        for tab in browser.open_tabs:
            tab.say_state()
        return None

    async def _await_notice(self, browser: PageBrowser) -> str | None:
        recorder, waiting = self._recorder, self._cut.pop(browser.name, [])
        if not waiting:
            return "it was not cut off"
        promise_s = recorder.target.promises.half_open_s or 0.0
        numbers = [number for number, _ in waiting]
        since_s = max(at_s for _, at_s in waiting)
        timeout_s = since_s + promise_s + max(LATE_S, promise_s / 2) - recorder.now()
        await self._until(browser, lambda: _noticed(browser, numbers), timeout_s=timeout_s)
        noticed, now_s = _noticed(browser, numbers), recorder.now()
        for number, at_s in waiting:
            recorder.record(
                SilenceEnded(
                    at_s=now_s,
                    browser=browser.name,
                    connection=browser.connection_id(number),
                    noticed=noticed,
                    after_s=round(now_s - at_s, 3),
                )
            )
        browser.disturb("network")
        return None

    async def _until(self, browser: PageBrowser, condition: Callable[[], bool], *, timeout_s: float) -> None:
        until_s, before_s = self._recorder.now() + timeout_s, self._lag.total_s
        # As long again as our own machine was late: else what is not noticed in time could not be told from that.
        while self._recorder.now() < until_s + self._lag.total_s - before_s:
            await look_at_all([browser])
            if condition():
                break
            await anyio.sleep(POLL_S)
        await self._lag.caught_up()

    def _record_armed(
        self, browser: PageBrowser, fault: NetworkFault, *, kind: str, connection: ConnectionId | None = None
    ) -> None:
        at_s, words = self._recorder.now(), fault.on(browser.name)
        self._recorder.record(
            FaultArmed(at_s=at_s, browser=browser.name, connection=connection, kind=kind, fault=words)
        )

    def _tell_bites(self, browser: PageBrowser, armed: Sequence[Armed]) -> None:
        for each in armed:
            words = each.fault.on(browser.name)
            self._recorder.record(
                FaultBit(at_s=self._recorder.now(), browser=browser.name, fault=words, count=each.count)
            )


def _noticed(browser: PageBrowser, numbers: Sequence[int]) -> bool:
    """Whether the page has let go of the dead sockets, or says at least that it has no connection."""
    sockets = browser.proxy.sockets
    if all(number not in sockets or sockets[number].left for number in numbers):
        return True
    tabs = browser.open_tabs
    return bool(tabs) and all(tab.last is not None and tab.last.state != 1 for tab in tabs)

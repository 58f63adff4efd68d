"""One browser of a plan: a Playwright context, its proxy, its tabs, and its connections as the proxy sees them.

Turns what the proxy tells into history events and keeps what a settle asks for; when to stop waiting it does not know.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from urllib.parse import urlsplit

import anyio
from anyio.abc import TaskGroup
from playwright.async_api import Browser, BrowserContext, Cookie
from playwright.async_api import Error as PlaywrightError

from harness.errors import EngineLost
from harness.faults.proxy import Proxy
from harness.faults.socket_event import (
    ProxyEvent,
    RequestAnswered,
    SocketClosed,
    SocketClosing,
    SocketOpened,
    SocketOpening,
    SocketRefused,
    SocketTampered,
    SocketText,
)
from harness.history import (
    AnyEvent,
    BrowserLimited,
    ConnectionClosed,
    ConnectionClosing,
    ConnectionId,
    ConnectionOpened,
    ConnectionOpening,
    ConnectionReady,
    ConnectionRefused,
    FrameFaulted,
    IdentityChanged,
    IdentityChanging,
    Uplink,
)
from harness.targets.codec import codec_of
from harness.targets.file import Action
from harness.targets.page import SIGN_IN, SIGN_OUT
from harness.wire.token import find_tokens
from harness.worlds.arrival import heard
from harness.worlds.chromium import INSECURE_HOST
from harness.worlds.natural_chromium import NaturalChromium
from harness.worlds.page_evidence import Evidence, FrameLog, save, start_trace
from harness.worlds.page_tab import PageTab
from harness.worlds.world import Recorder

RESTED_S = 0.15
ANSWER_TIMEOUT_S = 3.0


@dataclass(slots=True)
class LiveSocket:
    """A socket of the browser that was upgraded. `ready`: a tab has said since that it is open."""

    opened_s: float
    ready: bool = False


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """A sign-in or sign-out under way, and the request that the target file says it is."""

    user: str | None
    action: Action


def turns_away(code: int) -> bool:
    """Whether a close code says that one need not come back: against a policy (1008), or an application's own."""
    return code == 1008 or 4000 <= code <= 4999


class PageBrowser:
    """Browser `name` of a plan. `quiet_since_s` is when something last happened to its tabs, identity or sockets.

    `natural` is its own process, where it has one. `unproved_since_s` is when a tab last went away or came back, until
    the tabs that are there were found to hear; `deaf` are those that did not. `limited` says what its tabs cannot
    share by ("insecure", "third-party"), so that each may have a socket of its own.
    """

    def __init__(self, name: str, *, recorder: Recorder, target_url: str, limited: str = "") -> None:
        target = recorder.target
        self.name = name
        self.limited = limited
        self.proxy = Proxy(
            target_url,
            socket_path=target.socket.path,
            listener=self.hear,
            host=INSECURE_HOST if limited == "insecure" else "",
        )
        self.context: BrowserContext | None = None
        self.tabs: dict[int, PageTab] = {}
        self.user: str | None = None
        self.changed_at_socket: int | None = None
        self.disturbed_s = recorder.now()
        self.cause = "open"
        self.came_to_rest = False
        """Since it was disturbed last."""
        self.gave_up = False
        self.restarted = False
        self.closed = False
        self.lost: EngineLost | None = None
        self.natural: NaturalChromium | None = None
        self.unproved_since_s: float | None = None
        self.deaf: tuple[str, ...] = ()
        self.offline = False
        self.may_stay_down = False
        """Whether it was told not to come back: to stay without a connection is right then, and so is to try again."""
        self.quiet_since_s = recorder.now()
        self.frames = FrameLog()
        self._answered = anyio.Event()
        self._direct = f"{urlsplit(target_url).netloc}{target.socket.path}"
        self._recorder = recorder
        self._codec = codec_of(target)
        self._sockets: dict[int, LiveSocket] = {}
        self._change: IdentityChange | None = None
        self._last = 0
        self._cookies: list[Cookie] = []
        self._bare = False

    async def start(self, chromium: Browser, group: TaskGroup, *, traced: bool) -> None:
        """Start its proxy in `group` and its context in `chromium`, or as the one of its natural process."""
        if self.limited:
            self._record(BrowserLimited(at_s=self._recorder.now(), browser=self.name, how=self.limited))
        await group.start(self.proxy.serve)
        self.context = await (self.natural.start() if self.natural is not None else chromium.new_context())
        if traced:
            await start_trace(self.context)

    async def close(self, *, evidence: Evidence | None, group: TaskGroup) -> None:
        """Close it, having saved what is kept of it; what happens from here on is no part of the history."""
        if evidence is not None and self.context is not None:
            await save(self, evidence, group=group)
        context, self.context = self.context, None
        self.closed = True
        if context is None:
            if self.natural is not None:
                await self.natural.stop()
            return
        for tab in self.open_tabs:
            tab.open = False
        if self.natural is not None:
            await self.natural.stop()
            return
        try:
            with contextlib.suppress(PlaywrightError):
                await context.close()
        except EngineLost as error:
            self.lost = error

    @property
    def open_tabs(self) -> list[PageTab]:
        """The tabs that are open, in the order of their numbers."""
        return [tab for _, tab in sorted(self.tabs.items()) if tab.open]

    @property
    def away_tabs(self) -> list[PageTab]:
        """The tabs that went away and may come back."""
        return [tab for _, tab in sorted(self.tabs.items()) if tab.away]

    def is_taken(self, number: int) -> bool:
        """Tell whether the tab of this number is open, or away."""
        return number in self.tabs and bool(self.tabs[number].open or self.tabs[number].away)

    @property
    def ready_tabs(self) -> int:
        """How many tabs said at the last look that the connection is open."""
        return sum(tab.last is not None and tab.last.state == 1 for tab in self.open_tabs)

    @property
    def sockets_seen(self) -> int:
        """How many handshakes the proxy has seen."""
        return self._last

    @property
    def bypass(self) -> str | None:
        """The address of a socket that a page opened past the proxy, None when there is none."""
        return next((url for tab in self.open_tabs for url in tab.socket_urls if self._direct in url), None)

    @property
    def hindered(self) -> bool:
        """Whether a fault keeps it from coming to rest."""
        return self.offline or self.proxy.hinders

    def disturb(self, cause: str) -> None:
        """Note that tabs or identity have just changed: the browser must settle anew."""
        self.cause = cause
        self.may_stay_down = self.may_stay_down and cause == "network"
        self.disturbed_s = self.quiet_since_s = self._recorder.now()
        self.came_to_rest = self.gave_up = False

    def turn(self, how: str) -> None:
        """Note that a tab went away (`how`) or came "back": whether the others hear has to be found out anew."""
        self.disturb(how)
        self.unproved_since_s = self.disturbed_s

    async def kill(self) -> None:
        """Kill its process with all its tabs; the cookies it had are those that it has when it is started again."""
        assert self.natural is not None
        assert self.context is not None
        self._cookies = await self.context.cookies()
        for tab in self.tabs.values():
            tab.end("kill")
        await self.natural.kill()
        self.context = None
        self.disturb("kill")

    async def has_cookies(self) -> bool:
        """Tell whether the browser keeps any cookie: a session needs one."""
        return self.context is not None and bool(await self.context.cookies())

    async def revive(self) -> None:
        """Start its process again if it was killed."""
        if self.context is None and self.natural is not None and not self.closed:
            self.context = await self.natural.start()
            await self.context.add_cookies(
                [
                    {
                        "name": each["name"], "value": each["value"], "domain": each["domain"], "path": each["path"],
                        "httpOnly": each["httpOnly"], "secure": each["secure"], "sameSite": each["sameSite"],
                        "expires": each["expires"],
                    }
                    for each in self._cookies
                ]
            )  # fmt: skip

    def identity_changing(
        self, user: str | None, *, action: Action | None = None, lasts_s: float | None = None
    ) -> None:
        """Record that a sign-in or sign-out is asked for; sockets opened up to now belong to the old identity."""
        target = self._recorder.target
        self._answered = anyio.Event()
        self._change = IdentityChange(user, action or (target.sign_out if user is None else target.sign_in))
        if user != self.user:  # who signs out as a guest, or in as who it is already, may well keep the socket
            self.changed_at_socket = self._last
        self._record(IdentityChanging(at_s=self._recorder.now(), browser=self.name, user=user, lasts_s=lasts_s))

    def session_over(self) -> None:
        """Take note that its session ended without its doing; sockets opened up to now belong to the old identity."""
        self.user = None
        self.changed_at_socket = self._last
        self.disturb("identity")

    def cookies_cleared(self) -> None:
        """Record that it comes as a guest from its next socket on; neither page nor server knows yet."""
        self._record(IdentityChanging(at_s=self._recorder.now(), browser=self.name, user=None))
        self.user, self._bare = None, True
        self.disturb("identity")

    def identity_changed(self, *, ok: bool) -> None:
        """Record that it was answered, unless the proxy has seen the answer already."""
        change, self._change = self._change, None
        self._answered.set()
        if change is not None:
            self.user = change.user if ok else self.user
            self._record(IdentityChanged(at_s=self._recorder.now(), browser=self.name, user=change.user, ok=ok))

    def connection_id(self, number: int) -> ConnectionId:
        """Return what the history calls socket `number` of its proxy."""
        return self._id(number)

    def end_by_fault(self, number: int) -> None:
        """Record that a fault is about to end a socket."""
        self._record(ConnectionClosing(at_s=self._recorder.now(), connection=self._id(number)))

    def has_rested(self) -> bool:
        """Whether it has had a live socket for a while: what stands for the state of tabs that cannot be asked."""
        return bool(self.proxy.live) and self._recorder.now() > self.quiet_since_s + RESTED_S

    async def wait_for_answer(self, action: str) -> None:
        """Wait until the request of a sign-in or sign-out that a click began was answered; not long if none is seen."""
        if action in {SIGN_IN, SIGN_OUT}:
            with anyio.move_on_after(ANSWER_TIMEOUT_S):
                await self._answered.wait()

    @property
    def follows_identity(self) -> bool:
        """Whether the live sockets of tabs that are there are all younger than the last change of identity."""
        mark = self.changed_at_socket
        if mark is None or not self.open_tabs:
            return True
        older = sum(each <= mark for each in self.proxy.live)  # a tab that is away cannot let go of its own
        return older < len(self.proxy.live) and older <= len(self.away_tabs)

    def say_ready(self) -> None:
        """Record the sockets ready that were open before a tab was asked and said "open"."""
        for tab in self.open_tabs:
            if tab.last is None or tab.last.state != 1:
                continue
            for number in self.proxy.live:
                socket = self._sockets.get(number)
                if socket and not socket.ready and socket.opened_s < tab.looked_s:
                    socket.ready = True
                    self._record(ConnectionReady(at_s=self._recorder.now(), connection=self._id(number), probed=False))

    def hear(self, event: ProxyEvent) -> None:
        """Take in what the proxy tells."""
        if self.closed:
            return
        self.frames.add(event, at_s=self._recorder.now())
        if isinstance(event, RequestAnswered):
            change = self._change
            if (
                change
                and (event.method, event.path) == (change.action.method, change.action.path)
                and event.status < 400
                and not self.limited  # whether the browser takes the cookie is known only afterwards
            ):
                self.identity_changed(ok=True)
            return
        now_s, connection = self._recorder.now(), self._id(event.socket)
        if isinstance(event, SocketText):
            self._hear_text(event, connection)
            return
        self.quiet_since_s = now_s
        match event:
            case SocketOpening():
                self._last = event.socket
                if self._bare:
                    self._bare = False
                    self._record(IdentityChanged(at_s=now_s, browser=self.name, user=None, ok=True))
                self._record(
                    ConnectionOpening(at_s=now_s, connection=connection, browser=self.name, origin=event.origin)
                )
            case SocketOpened():
                self._sockets[event.socket] = LiveSocket(now_s)
                self._record(ConnectionOpened(at_s=now_s, connection=connection))
            case SocketRefused():
                self._record(
                    ConnectionRefused(at_s=now_s, connection=connection, status=event.status, reason=event.reason[:200])
                )
                if event.fault:
                    self.disturb("network")
                    deed = "refusal" if event.code and turns_away(event.code) else event.fault
                    self._record(FrameFaulted(at_s=now_s, connection=connection, deed=deed))
            case SocketTampered():
                tokens = find_tokens(event.payload.decode("utf-8", "replace"))
                self._record(FrameFaulted(at_s=now_s, connection=connection, deed=event.deed, tokens=tokens))
            case SocketClosing(by="client"):
                self._record(ConnectionClosing(at_s=now_s, connection=connection))
            case SocketClosed():
                self._sockets.pop(event.socket, None)
                self._record(
                    ConnectionClosed(
                        at_s=now_s, connection=connection, code=event.code, reason=event.reason[:200], by=event.by
                    )
                )
            case _:
                pass

    def _hear_text(self, event: SocketText, connection: ConnectionId) -> None:
        now_s = self._recorder.now()
        if event.sender == "client":
            tokens = find_tokens(event.text)
            if tokens:
                self._record(Uplink(at_s=now_s, connection=connection, tokens=tokens))
            return
        arrived = heard(event.text, codec=self._codec, observer=connection, at_s=now_s)
        if arrived is not None:
            self._record(arrived)

    def _id(self, number: int) -> ConnectionId:
        return ConnectionId(f"{self.name}#{number}")

    def _record(self, event: AnyEvent) -> None:
        self._recorder.record(event)

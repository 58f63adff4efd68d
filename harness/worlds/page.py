"""The page world: carries out plans with real browsers. A context is a browser, a page is a tab.

One Chromium serves all but those that need a process of their own; each browser reaches the target through a proxy.
Performs and records, never judges.
Use as an async context manager: `async with PageWorld(...) as world: await run_plan(plan, world)`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from types import TracebackType
from typing import Self, assert_never

import anyio
from playwright.async_api import Browser, Page

from harness.errors import TargetError
from harness.history import TargetRestarted, TargetRestarting
from harness.plan import (
    AtOnce,
    AwaitDown,
    AwaitEnd,
    AwaitNotice,
    Broadcast,
    BroadcastLarge,
    BroadcastSame,
    ClearCookies,
    Close,
    Disturb,
    Drop,
    Echo,
    EchoLarge,
    Expire,
    GoOffline,
    GoOnline,
    Heal,
    LifeStep,
    LookForMarkup,
    MountView,
    Open,
    PlaceStep,
    Reload,
    Restart,
    Revoke,
    SendMarkup,
    SendOn,
    SendOnNearMisses,
    SendToLookAlikes,
    SendToUser,
    Settle,
    SignIn,
    SignInByLoad,
    SignInForAWhile,
    SignOut,
    SignOutByLoad,
    Slip,
    Step,
    Tab,
    ToggleView,
    UnmountView,
    WatchHandshakes,
)
from harness.targets.control import Control
from harness.targets.process import RunningTarget
from harness.worlds.at_once import perform_at_once, tab_lanes
from harness.worlds.browser_lag import measure_browser
from harness.worlds.lag import LagMeter
from harness.worlds.launch import SHARED, Launch
from harness.worlds.natural_chromium import NaturalChromium
from harness.worlds.page_browser import PageBrowser
from harness.worlds.page_evidence import Evidence
from harness.worlds.page_identity import PageIdentity
from harness.worlds.page_life import PageLife
from harness.worlds.page_loss import counted, is_stream
from harness.worlds.page_mount import find_out_mounting, must_mount
from harness.worlds.page_network import PageNetwork
from harness.worlds.page_places import PagePlaces, prepare
from harness.worlds.page_publish import PagePublisher
from harness.worlds.page_settle import Settling, look_at_all
from harness.worlds.page_tab import PageTab
from harness.worlds.page_views import PageViews
from harness.worlds.world import Recorder

CLOSE_TIMEOUT_S = 10.0


class PageWorld:
    """Browsers and tabs of one plan on a running target.

    `evidence` says what is kept of them, and where; `launch` how the browsers are started; `slow_mo_s` is waited after
    each step, for who watches.
    """

    def __init__(
        self,
        running: RunningTarget,
        *,
        browser: Browser,
        recorder: Recorder,
        control: Control,
        evidence: Evidence | None = None,
        launch: Launch = SHARED,
        slow_mo_s: float = 0.0,
    ) -> None:
        self.recorder = recorder
        self._running = running
        self._target = running.target
        self._chromium = browser
        self._control = control
        self._evidence = evidence
        self._slow_mo_s = slow_mo_s
        self._browsers: dict[str, PageBrowser] = {}
        self._publisher = PagePublisher(recorder, control, base_url=running.url)
        self._lag = LagMeter(recorder)
        self._network = PageNetwork(recorder, self._lag)
        self._identity = PageIdentity(recorder, control)
        self._views = PageViews(recorder, control, self._lag)
        self._lost = False
        self._patient = True
        self._stream_from: int | None = None
        self._group = anyio.create_task_group()
        self._launch = launch
        self._life = PageLife(self._browsers, self._group)
        self._places = PagePlaces(
            self._browsers,
            path=self._target.page.path if self._target.page else "/",
            browser=self._browser,
            load=self._load,
        )

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self._group.start_soon(self._lag.run)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._close()
        finally:
            self._group.cancel_scope.cancel()
            # The group only minds proxies and pages: what went wrong in the block is not its to wrap.
            ours = isinstance(error, anyio.get_cancelled_exc_class())
            await self._group.__aexit__(*((kind, error, trace) if ours else (None, None, None)))

    async def perform(self, step: Step) -> str | None:
        """Carry out one step; return a note when it made no sense here.

        Raises:
            TargetError: the target or its page cannot be used any further.
        """
        with self._noting_a_loss():
            note = await self._perform(step)
            await anyio.sleep(self._slow_mo_s)
            return note

    @contextlib.contextmanager
    def _noting_a_loss(self) -> Iterator[None]:
        try:
            yield
        except TargetError:
            self._lost = True
            raise

    async def _perform(self, step: Step) -> str | None:
        match step:
            case Open():
                return await self._open(step)
            case Close() | Drop() | Reload():
                return await self._end(step)
            case SignIn() | SignOut():
                return await self._change_identity(step)
            case Broadcast(_, tab):
                browser = self._browsers.get(tab.browser) if tab else None
                if tab is not None and browser is None:
                    return "it is not open"
                await self._publisher.broadcast(step, browser=browser)
            case SendToUser() | SendToLookAlikes():
                await self._publisher.send_to_user(step)
            case Echo() | SendOn() | SendOnNearMisses():
                sender = self._tab(step.tab)
                if sender is None:
                    return "it is not open"
                await self._publisher.send(sender, step)
            case Settle():
                await self._settle()
            case Restart(kill):
                return await self._restart(kill=kill)
            case _:
                return await self._perform_family(step)
        return None

    async def _perform_family(self, step: Step) -> str | None:
        """Hand a step to the part of this world that knows its family."""
        match step:
            case WatchHandshakes(seconds):
                return await self._network.watch(list(self._browsers.values()), seconds=seconds)
            case Disturb() | Heal() | AwaitEnd() | AwaitDown() | AwaitNotice() | GoOffline() | GoOnline() | Slip():
                return await self._network.perform(step, await self._browser(step.browser))
            case Restart(kill):
                return await self._restart(kill=kill)
            case AtOnce(steps):
                for name in {each.tab.browser for each in steps if isinstance(each, Open)}:
                    await self._browser(name)
                if is_stream(step):
                    self._stream_from = len(self.recorder.model.messages)
                return await perform_at_once(steps, self.perform, lanes_of=tab_lanes)
            case SignInByLoad() | SignOutByLoad() | SignInForAWhile():
                return await self._load_as(step)
            case ClearCookies():
                return await self._identity.clear_cookies(step, await self._browser(step.browser))
            case BroadcastLarge() | EchoLarge():
                return await self._publisher.large(step, self._tab(step.tab) if isinstance(step, EchoLarge) else None)
            case SendMarkup():
                await self._views.send_markup(step)
            case BroadcastSame(times):
                tabs = [tab for browser in self._browsers.values() for tab in browser.open_tabs]
                await self._views.broadcast_same(tabs, times=times)
            case MountView() | UnmountView() | ToggleView() | LookForMarkup():
                tab_of_view = self._tab(step.tab)
                return "it is not open" if tab_of_view is None else await self._views.perform(step, tab_of_view)
            case Expire():
                return await self._identity.expire(step, await self._browser(step.tab.browser))
            case Revoke():
                await self._identity.revoke(step, self._browsers)
            case _ if isinstance(step, LifeStep):
                return await self._life.perform(step)
            case _ if isinstance(step, PlaceStep):
                return await self._places.perform(step)
            case _:
                return "only raw connections can do this"
        return None

    async def finish(self) -> None:
        """Settle a last time and close every browser; with a lost target there is nothing to wait for."""
        self._network.finish(list(self._browsers.values()))
        try:
            if self._lost:
                await look_at_all(self._browsers.values())
            else:
                with self._noting_a_loss():
                    await self._settle()
        finally:
            await self._close()

    async def _open(self, step: Open) -> str | None:
        if step.origin is not None:
            return "a page cannot choose its origin"
        browser = await self._browser(step.tab.browser)
        if browser.is_taken(step.tab.number):
            return "it is open already"
        await browser.revive()
        assert browser.context is not None
        await self._load(browser, step.tab, await browser.context.new_page())
        return None

    async def _load(self, browser: PageBrowser, reference: Tab, page: Page, kind: type[PageTab] = PageTab) -> None:
        """Have the target's page as a tab of `browser` in `page`, which is blank."""
        table = self._target.page
        tab = kind(
            page, id=reference.id, browser=browser.name, url=browser.proxy.url + (table.path if table else "/"),
            recorder=self.recorder, group=self._group, mounts=must_mount(self._running),
        )  # fmt: skip
        tab.on_crash = lambda: browser.turn("crash")
        tab.live, tab.on_action = browser.has_rested, browser.wait_for_answer
        browser.tabs[reference.number] = tab
        await tab.load()
        browser.disturb("open")
        await self._wait_until_ready(tab, browser)

    async def _wait_until_ready(self, tab: PageTab, browser: PageBrowser) -> None:
        """Wait until the tab is ready, or may be expected to be; then it counts as ready anyway."""
        await tab.wait_for_hooks()
        promised_s = self._target.promises.failover_s + self._target.promises.reconnect_s
        if browser.hindered or browser.may_stay_down:
            return  # the next settle says when it is ready
        if tab.mounts is None:
            await tab.wait_until_open(promised_s)
            await find_out_mounting(self._running, tab, recorder=self.recorder, control=self._control)
        await tab.wait_until_open(promised_s)
        tab.say_ready()
        browser.say_ready()

    async def _end(self, step: Close | Drop | Reload) -> str | None:
        tab, browser = self._tab(step.tab), self._browsers.get(step.tab.browser)
        if tab is None or browser is None:
            return "it is not open"
        await tab.look()
        match step:
            case Close():
                await tab.close()
                browser.disturb("close")
            case Drop():
                await tab.crash()
                browser.turn("crash")  # nobody was told: the others may say "open" until they notice
            case Reload():
                await tab.load(again=True)
                browser.disturb("reload")
                await self._wait_until_ready(tab, browser)
            case _:
                assert_never(step)
        return None

    async def _change_identity(self, step: SignIn | SignOut) -> str | None:
        if step.keep_socket:
            return "a page does with its socket as it likes"
        tab, browser = self._tab(step.tab), self._browsers.get(step.tab.browser)
        if tab is None or browser is None:
            return "it is not open"
        user = self.recorder.user_name(step.user) if isinstance(step, SignIn) else None
        await look_at_all([browser])
        browser.identity_changing(user)
        changed = False
        try:
            stayed = await (tab.call("signIn", self._target.users[user].login) if user else tab.call("signOut"))
            # Where cookies are kept from a page nobody is signed in, whatever was answered.
            changed = not browser.limited or user is None or await browser.has_cookies()
        finally:
            browser.identity_changed(ok=changed)
            browser.disturb("identity")
        if not stayed:
            await self._wait_until_ready(tab, browser)
        return None

    async def _load_as(self, step: SignInByLoad | SignOutByLoad | SignInForAWhile) -> str | None:
        tab, browser = self._tab(step.tab), self._browsers.get(step.tab.browser)
        if tab is None or browser is None:
            return "it is not open"
        await self._identity.load_as(step, browser, tab)
        await self._wait_until_ready(tab, browser)
        return None

    async def _restart(self, *, kill: bool) -> str | None:
        if not self._target.can_restart:
            return "the target is not ours to restart"
        self.recorder.record(TargetRestarting(at_s=self.recorder.now(), kill=kill))
        await self._running.restart(kill=kill)
        self._control.forget_sessions()
        self.recorder.record(TargetRestarted(at_s=self.recorder.now()))
        for browser in self._browsers.values():
            browser.disturb("restart")
            browser.restarted = True
        return None

    async def _settle(self) -> None:
        settling = Settling(
            self._browsers.values(),
            recorder=self.recorder,
            lag=self._lag,
            sentinel=self._publisher.broadcast,
            patient=self._patient,
        )
        # Once something was waited for in vain the finding is made, and the run need not crawl.
        self._patient = await settling.run() and self._patient
        if self._stream_from is not None:
            tabs = [tab.id for browser in self._browsers.values() for tab in browser.open_tabs]
            model, now_s = self.recorder.model, self.recorder.now()
            for count in counted(model, tabs, first=self._stream_from, at_s=now_s):
                self.recorder.record(count)
            self._stream_from = None

    async def _browser(self, name: str) -> PageBrowser:
        """Return the browser called `name`, started with its proxy on first use."""
        if name not in self._browsers:
            limited = self._places.limits.get(name, "")
            browser = PageBrowser(name, recorder=self.recorder, target_url=self._running.url, limited=limited)
            self._browsers[name] = browser
            if name in self._launch.natural:
                browser.natural = NaturalChromium(self._chromium.browser_type, headless=self._launch.headless)
            if len(self._browsers) == 1:
                self._group.start_soon(measure_browser, self._chromium, self._lag)
            traced = self._evidence is not None and self._evidence.traced
            await browser.start(self._chromium, self._group, traced=traced)
            await prepare(browser.context, name, self._launch)
        return self._browsers[name]

    def _tab(self, reference: Tab) -> PageTab | None:
        tabs = self._browsers[reference.browser].tabs if reference.browser in self._browsers else {}
        return tabs[reference.number] if reference.number in tabs and tabs[reference.number].open else None

    async def _close(self) -> None:
        evidence = self._evidence if any(each.context is not None for each in self._browsers.values()) else None
        # Of a trial that was lost there is nothing else to see why.
        evidence = evidence if evidence is not None and (self._lost or evidence.wanted()) else None
        with anyio.CancelScope(shield=True), anyio.move_on_after(CLOSE_TIMEOUT_S):
            async with anyio.create_task_group() as closing:
                for browser in self._browsers.values():
                    closing.start_soon(partial(browser.close, evidence=evidence, group=self._group))
        for lost in (each.lost for each in self._browsers.values() if each.lost is not None):
            raise lost

"""When a plan's browsers are at rest, and for how long that is waited for.

A browser with tabs is at rest when it has one live socket, of its present identity, every tab says "open" and names its
user, or had time to learn who that is, and nothing of it has moved for `QUIET_S`. Then what the model says is owed must
arrive, and after it one broadcast more: whatever was published before and went astray has had its time by then.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

import anyio

from harness.errors import ControlFailed
from harness.history import BrowserSettled, Settled
from harness.model.duty import owed
from harness.worlds import page_call
from harness.worlds.lag import LagMeter
from harness.worlds.page_browser import PageBrowser
from harness.worlds.page_hearing import Hearing, may_hold
from harness.worlds.page_tab import POLL_S, PageTab
from harness.worlds.settling import overtaken
from harness.worlds.world import Recorder

QUIET_S = 0.15
OVERTAKEN_S = 0.5
"""How long to go on waiting for messages that later ones on the same channel have overtaken."""
BUDGET_S = 45.0
"""All waiting of one settle together; a step has a minute."""
MOST_LATE_S = 10.0
"""By so much of our own machine's lateness it may be longer until browsers are at rest."""
RESTLESS = 10
"""A page that loads itself more often than this while it is left in peace does not come to rest: after a sign-in, or
while the server is away, it may a few times."""
_FAILOVER = frozenset({"close", "reload", "crash", "leave", "back"})
_BOTH = frozenset({"open", "freeze", "hang"})
"""That a tab is stuck is noticed by its silence, so there is the time of a lost connection for it as well."""


class Settling:
    """One settle of the given browsers. `sentinel` publishes and records one broadcast.

    What is late is waited for beyond its promise, to tell late from lost; not `patient`, only just as long as promised.
    """

    def __init__(
        self,
        browsers: Iterable[PageBrowser],
        *,
        recorder: Recorder,
        lag: LagMeter,
        sentinel: Callable[[], Awaitable[object]],
        patient: bool = True,
    ) -> None:
        self._browsers = list(browsers)
        self._recorder = recorder
        self._lag = lag
        self._lag_before_s = lag.total_s
        self._documents_before: dict[str, int] = {}
        self._sentinel = sentinel
        self._patient = patient
        self._promises = recorder.target.promises
        self._start_s = recorder.now()
        self._waited: dict[str, bool] = {}
        """Whether the first look found the browser not at rest."""
        self._unrest_s: dict[str, float] = {}
        """When the last look began that found the browser not at rest."""
        self._hearing = Hearing(recorder, sentinel)

    async def run(self) -> bool:
        """Wait, and record how it went; False when something was waited for in vain.

        Raises:
            ControlFailed: a page does not answer any more, has lost its hooks, or cannot be counted.
        """
        at_rest = await self._wait_for_rest()
        complete = await self._wait_for_owed()
        if at_rest and complete and any(browser.open_tabs for browser in self._browsers):
            await self._sentinel()
            complete = await self._wait_for_owed()
        await look_at_all(self._browsers)
        self._recorder.record(
            Settled(
                at_s=self._recorder.now(), waited_s=self._recorder.now() - self._start_s, complete=at_rest and complete
            )
        )
        for browser in self._browsers:
            for tab in _silent(browser):
                await self._hear_from(tab)
        return at_rest and complete

    async def _hear_from(self, tab: PageTab) -> None:
        """Give up a page that cannot be asked any more: whatever it does wrong nobody would be told."""
        if self._is_mute(tab):
            raise tab.mute()
        await tab.wait_for_hooks()

    @property
    def _late_s(self) -> float:
        """By how much our own machine was late since this began."""
        return self._lag.total_s - self._lag_before_s

    def _is_mute(self, tab: PageTab) -> bool:
        return self._recorder.now() > max(tab.answered_s, self._start_s) + page_call.HOOK_TIMEOUT_S + self._late_s

    async def _wait_for_rest(self) -> bool:
        # Who is kept from having a connection is not waited for, and not judged.
        waiting = [browser for browser in self._browsers if not browser.hindered]
        everyone_rests = True
        while waiting:
            looked_s = self._recorder.now()
            await look_at_all(waiting, old_too=True)
            for browser in list(waiting):
                rests = await self._is_found_at_rest(browser, looked_s)
                if rests or self._was_waited_for(browser):
                    waiting.remove(browser)
                    everyone_rests = everyone_rests and rests
                    self._conclude(browser, rests=rests)
            if waiting:
                await anyio.sleep(POLL_S)
        return everyone_rests

    async def _is_found_at_rest(self, browser: PageBrowser, looked_s: float) -> bool:
        self._refuse_bypass(browser)
        self._refuse_restless(browser)
        said_s = min([looked_s, *(tab.looked_s for tab in browser.open_tabs if tab.last is not None)])
        rests = self._rests(browser, said_s)
        # Tabs that do not say "open" are asked too: whether they hear is another matter.
        if rests or self._may_be_asked(browser, said_s):
            rests = await self._hearing.proves(browser) and rests
        self._waited.setdefault(browser.name, not rests)
        if not rests:
            self._unrest_s[browser.name] = looked_s
        return rests

    def _was_waited_for(self, browser: PageBrowser) -> bool:
        """Whether it is enough of a browser that is not at rest."""
        now_s, deadline_s = self._recorder.now(), self._deadline_s(browser)
        if not browser.gave_up and now_s < deadline_s:
            return False
        # A tab that is always asked too early never has an answer.
        may_answer = now_s < deadline_s + page_call.HOOK_TIMEOUT_S
        return not (may_answer and any(not self._is_mute(tab) for tab in _silent(browser)))

    def _conclude(self, browser: PageBrowser, *, rests: bool) -> None:
        excused = not rests and not browser.gave_up and self._recorder.now() < self._due_s(browser)
        browser.gave_up = not rests and not excused
        self._hearing.conclude(browser)
        silent = [] if rests else _silent(browser)
        # What it lacks, it may lack for no other reason than that.
        if excused or any(tab.lacks_hooks or tab.answered_s < self._deadline_s(browser) for tab in silent):
            return
        self._record_settled(browser, waited=self._waited[browser.name])
        browser.came_to_rest = browser.came_to_rest or rests

    def _rests(self, browser: PageBrowser, looked_s: float) -> bool:
        tabs = browser.open_tabs
        if browser.may_stay_down and not browser.proxy.live:
            return True
        declines = browser.limited == "third-party"  # as is its right
        if not self._may_be_asked(browser, looked_s) or (browser.ready_tabs < len(tabs) and not declines):
            return False
        if browser.follows_identity:
            heard_s = browser.quiet_since_s + self._promises.failover_s
            return self._recorder.now() > heard_s or not self._misnames(browser)
        # An implementation may tell its open socket who the user is now: nothing to wait for beyond the promise.
        return self._recorder.now() > browser.disturbed_s + self._promises.reconnect_s

    def _misnames(self, browser: PageBrowser) -> bool:
        """Whether a tab names another known user than the browser's: it may not have heard yet whose its socket is."""
        names = {str(user.id): name for name, user in self._recorder.target.users.items()}
        said = [tab.last.user or "" for tab in browser.open_tabs if tab.last is not None and tab.last.asks]
        return any(names.get(each, browser.user) != browser.user for each in said)

    def _may_be_asked(self, browser: PageBrowser, looked_s: float) -> bool:
        return may_hold(browser) and looked_s >= browser.quiet_since_s + QUIET_S

    def _promise_s(self, browser: PageBrowser) -> float:
        if browser.cause in _FAILOVER:
            return self._promises.failover_s
        return self._promises.reconnect_s + (self._promises.failover_s if browser.cause in _BOTH else 0.0)

    def _due_s(self, browser: PageBrowser) -> float:
        """When it must be at rest: our own machine takes none of its time."""
        patience_s = min(self._patience_s(self._promise_s(browser)), BUDGET_S / 2)
        return max(browser.disturbed_s, self._start_s) + patience_s + self._late_s

    def _deadline_s(self, browser: PageBrowser) -> float:
        """Until when it is waited for: who runs this has no time for a machine that stalls again and again."""
        return min(self._due_s(browser), self._start_s + BUDGET_S / 2 + MOST_LATE_S)

    def _patience_s(self, promise_s: float) -> float:
        return promise_s * 3 + 2.0 if self._patient else promise_s + 0.5

    def _record_settled(self, browser: PageBrowser, *, waited: bool) -> None:
        now_s = self._recorder.now()
        # At rest at the first look: when it came to rest is not known, and it was not waited for. The quiet is ours.
        # What has rested since, and does not now, was found so at some time after this settle began.
        begin_s = self._start_s if browser.came_to_rest else browser.disturbed_s
        waited_s = max(0.0, now_s - begin_s - QUIET_S) if waited else 0.0
        # How long looking takes is ours as well: it rested at some time after the last look that found it otherwise.
        unrest_s = self._unrest_s.get(browser.name, 0.0) - begin_s
        overdue_s = max(0.0, min(waited_s, unrest_s) - self._promise_s(browser) - self._late_s)
        if browser.proxy.live and not browser.follows_identity:
            overdue_s = 0.0  # it was waited for a new socket, which an open one may do without
        for tab in browser.open_tabs:
            tab.say_ready()
        browser.say_ready()
        self._follow_identity(browser)
        self._recorder.record(
            BrowserSettled(
                at_s=now_s, browser=browser.name, tabs=len(browser.open_tabs), live_sockets=len(browser.proxy.live),
                waited_s=waited_s, ready_tabs=browser.ready_tabs, overdue_s=overdue_s,
                away=len(browser.away_tabs), deaf=browser.deaf,
            )
        )  # fmt: skip

    def _follow_identity(self, browser: PageBrowser) -> None:
        """Take note of a session that a restart ended: only the page can tell us who the browser is then."""
        browser.changed_at_socket = None
        if not browser.restarted:
            return
        browser.restarted = False
        looks = [tab.last for tab in browser.open_tabs if tab.last is not None and tab.last.asks]
        users = self._recorder.target.users
        if browser.user is None or not looks or any(each.user == str(users[browser.user].id) for each in looks):
            return
        browser.identity_changing(None)
        browser.identity_changed(ok=True)
        browser.changed_at_socket = None

    async def _wait_for_owed(self) -> bool:
        model = self._recorder.model
        begin_s, late_s = self._recorder.now(), self._late_s
        overtaken_s: float | None = None
        while True:
            await look_at_all(self._browsers, old_too=True)
            for browser in self._browsers:
                browser.say_ready()
            # What a page refused to send, aloud, and what was sent to nobody is owed to nobody.
            missing = [
                each
                for each in owed(model)
                if (message := model.messages[each.token]).accepted
                and (message.kind != "private" or message.to_user is not None)
            ]
            if not missing:
                return True
            now_s = self._recorder.now()
            patience_s = self._patience_s(self._promises.delivery_s) + self._late_s - late_s
            deadline_s = min(begin_s + patience_s, self._start_s + BUDGET_S)
            overtaken_s = (overtaken_s or now_s) if overtaken(model, missing) else None
            if now_s > deadline_s or (overtaken_s is not None and now_s > overtaken_s + OVERTAKEN_S):
                return False
            await anyio.sleep(POLL_S)

    def _refuse_restless(self, browser: PageBrowser) -> None:
        for tab in browser.open_tabs:
            if tab.documents - self._documents_before.setdefault(tab.id, tab.documents) > RESTLESS:
                raise ControlFailed(
                    "the page loads itself again and again", where=f"{tab.url}, in {tab.id}, left in peace",
                    todo="see what makes it reload or navigate; its tabs cannot come to rest",
                )  # fmt: skip

    def _refuse_bypass(self, browser: PageBrowser) -> None:
        if browser.bypass:
            raise ControlFailed(
                "the page opens its socket past the proxy, so it cannot be counted", where=browser.bypass,
                todo="have the page derive the socket's address from its own location",
            )  # fmt: skip
        if browser.sockets_seen == 0 and any(tab.has_heard for tab in browser.open_tabs):
            raise ControlFailed(
                "the page hears messages and no connection of it passed the proxy, so none can be counted",
                where=f"browser {browser.name}, [socket] path = {self._recorder.target.socket.path!r}",
                todo="have the page, or its worker, derive the socket's address from its own location; check the path",
            )


def _silent(browser: PageBrowser) -> list[PageTab]:
    """Return the tabs that did not answer the last look; to lack hooks is the right of one that declines."""
    if browser.hindered:
        return []
    may_lack = browser.may_stay_down or bool(browser.limited)
    return [tab for tab in browser.open_tabs if tab.last is None or (tab.lacks_hooks and not may_lack)]


async def look_at_all(browsers: Iterable[PageBrowser], *, old_too: bool = False) -> None:
    """Look once at every open tab, all at the same time; `old_too` as in `PageTab.look`."""
    tabs = [tab for browser in browsers for tab in browser.open_tabs]
    if len(tabs) == 1:
        await tabs[0].look(old_too=old_too)
        return
    failures: list[ControlFailed] = []

    async def guarded(tab: PageTab) -> None:
        try:
            await tab.look(old_too=old_too)
        except ControlFailed as error:
            failures.append(error)

    async with anyio.create_task_group() as looks:
        for tab in tabs:
            looks.start_soon(guarded, tab)
    if failures:
        raise failures[0]

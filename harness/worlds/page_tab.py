"""One tab: a Playwright page with its hooks, from open to close, and what it was handed.

Records its lives (open, ready, closed) and deliveries. Knows nothing of sockets; never waits without a deadline.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Awaitable, Callable

import anyio
from anyio.abc import TaskGroup
from playwright.async_api import ConsoleMessage, Dialog, Frame, Page, Response
from playwright.async_api import Error as PlaywrightError

from harness.errors import ControlFailed
from harness.history import ConsoleError, PageError, Received, TabClosed, TabOpened, TabReady, TabState
from harness.targets.page import RECEIVED, asked_by
from harness.wire.abbreviation import abbreviated
from harness.wire.template import Json
from harness.wire.token import find_tokens
from harness.worlds import page_call, page_load
from harness.worlds.page_call import LateLook, Look, envelope_of, first_line, within
from harness.worlds.page_driver import driver_for
from harness.worlds.page_silence import why_mute
from harness.worlds.world import Recorder, recordable

POLL_S = 0.02
LOOK_TIMEOUT_S = 1.0
CLOSE_TIMEOUT_S = 5.0


class PageTab:
    """Tab `id` of `browser`, loaded from `url`. `mounts` decides whether its channels must be mounted for it.

    `away` says how it went ("leave", "freeze", "hang") while it may come back. `shares_process`: what stops
    its scripts stops another tab's.
    """

    def __init__(
        self, page: Page, *, id: str, browser: str, url: str, recorder: Recorder, group: TaskGroup, mounts: bool | None
    ) -> None:
        self.id = id
        self.mounts = mounts
        self.open = False
        self.ready = False
        self.last: Look | None = None
        self.looked_s = 0.0
        self._documents_told = self._documents_seen = 0
        self.answered_s = 0.0
        """When it last answered a look, and had its hooks."""
        self.socket_urls: list[str] = []
        self.away = ""
        self.shares_process = False
        self.page = page
        self.unmounted: set[str] = set()
        """Channels whose view was unmounted in this document."""
        self.has_heard = False
        self._browser = browser
        self.url = url
        self._recorder = recorder
        self._group = group
        page_table = recorder.target.page
        self._hooks = asked_by(page_table)
        self.tells = page_table is None or RECEIVED in page_table.offers
        self.live: Callable[[], bool] = lambda: False
        self.on_action: Callable[[str], Awaitable[None]] | None = None
        self._driver = driver_for(recorder.target, live=self._is_live)
        self._life = 0
        self._mark = ""
        self._read = 0
        self._mounted = False
        self._said: tuple[int | None, bool, str | None] = (None, False, None)
        self._looking = False
        self._asked_s = 0.0
        self._took_s = 0.0
        self._late: LateLook | None = None
        """What a look found that took too long to be waited for."""
        self._crashed = anyio.Event()
        self.on_crash: Callable[[], None] = lambda: None
        page.on("dialog", self._dismiss)
        page.on("pageerror", self._note_error)
        page.on("console", self._note_log)
        page.on("crash", self._note_crash)
        page.on("domcontentloaded", self._note_document)
        page.on("websocket", lambda socket: self.socket_urls.append(socket.url))

    async def load(self, *, again: bool = False, how: str = "reload") -> None:
        """Load the page, or load it `again`, for which reason is `how`; returns when its load event has fired.

        Raises:
            TargetUnreachable: it does not load in time.
            ControlFailed: it is answered with an error.
        """
        if again:
            self._record_closed(how)
        self._recorder.record(TabOpened(at_s=self._recorder.now(), tab=self.id, browser=self._browser))
        self.open, self.ready, self._mounted, self.last = True, False, False, None
        self.socket_urls.clear()
        self.unmounted.clear()
        await page_load.show(self.navigate, self.page, url=self.url, again=again)

    async def navigate(self, *, again: bool, timeout_ms: float) -> Response | None:
        """Go to the page, or load it `again`."""
        if again:
            return await page_load.reload(self.page, timeout_ms=timeout_ms)
        return await self.page.goto(self.url, timeout=timeout_ms)

    @property
    def document(self) -> Page | Frame:
        """What the page of the target is shown in."""
        return self.page

    @property
    def documents(self) -> int:
        """How many documents it has shown: as its engine tells, and where that tells nothing, as looks found them."""
        return max(self._documents_told, self._documents_seen)

    def part(self, how: str) -> None:
        """Record that it goes away, to come back: nobody looks at it meanwhile."""
        self._record_closed(how)
        self.away = how

    def come_back(self) -> None:
        """Record that it is back, as it was or loaded again; it counts as ready when its browser has settled."""
        self.away = ""
        self.open, self.ready, self.last = True, False, None
        self._recorder.record(TabOpened(at_s=self._recorder.now(), tab=self.id, browser=self._browser, back=True))

    def end(self, how: str) -> None:
        """Record that it is gone with its browser."""
        self.away = ""
        if self.open:
            self._record_closed(how)

    async def close(self) -> None:
        """Close it as a person does."""
        self._record_closed("close")
        with contextlib.suppress(PlaywrightError, TimeoutError):
            await within(self._group, self.page.close, timeout_s=CLOSE_TIMEOUT_S)

    async def crash(self) -> None:
        """Crash its renderer; the page is dead for good."""
        self._record_closed("crash")
        with contextlib.suppress(PlaywrightError, TimeoutError):
            await within(
                self._group, lambda: self.page.goto("chrome://crash", timeout=CLOSE_TIMEOUT_S * 1000),
                timeout_s=CLOSE_TIMEOUT_S,
            )  # fmt: skip
        with anyio.move_on_after(CLOSE_TIMEOUT_S):
            await self._crashed.wait()
        with contextlib.suppress(PlaywrightError, TimeoutError):
            await within(self._group, self.page.close, timeout_s=CLOSE_TIMEOUT_S)

    async def call(self, name: str, *args: Json, timeout_s: float | None = None) -> bool:
        """Call a hook; False when the page went to another document meanwhile.

        Raises:
            HookFailed: the page does not keep to the contract.
        """
        stayed = await self._driver.call(self._group, self.document, name, *args, timeout_s=timeout_s)
        if self._driver.waits and self.on_action is not None:
            await self.on_action(name)
        return stayed

    async def offers(self, *names: str) -> bool:
        """Tell whether the page has hooks of these names."""
        with contextlib.suppress(PlaywrightError, TimeoutError):
            return await within(
                self._group, lambda: page_call.has_hooks(self.page, self._hooks, names), timeout_s=LOOK_TIMEOUT_S
            )
        return False

    async def markup(self) -> tuple[bool, bool, bool] | None:
        """Look whether the text of `plan.views` is shown, was rendered as an element, and ran; None: no answer."""
        with contextlib.suppress(PlaywrightError, TimeoutError):
            return await within(self._group, lambda: page_call.look_for_markup(self.page), timeout_s=LOOK_TIMEOUT_S)
        return None

    async def look(self, *, old_too: bool = False) -> Look | None:
        """Look at the page once: record what it was handed, mount what it lacks, say when it is ready.

        None when it does not answer: it is loading, or busy. `old_too`: what was answered too late for the look before
        will do; `looked_s` says how old it is.

        Raises:
            ControlFailed: a hook is missing or answers nonsense.
        """
        if self._looking or not self.open:
            if self._looking and self._recorder.now() - self._asked_s > LOOK_TIMEOUT_S:
                self._note_no_answer()  # whoever asked may have given up before the time was over
            return None
        late, self._late = self._late, None
        if late is not None and late.life == self._life:
            if old_too:
                return await self._answered(late.look, started_s=late.started_s)
            if late.look.mark == self._mark and not late.look.problem:
                self._take_items(late.look)  # and not what it said of itself: that may be true no more
        started_s, life = self._recorder.now(), self._life
        self._looking, self._asked_s = True, started_s

        async def work() -> Look:
            try:
                found = await self._driver.look(self.document, known=self._mark, read=self._read)
                self._late = LateLook(look=found, life=life, started_s=started_s)
                return found
            finally:
                self._looking = False

        try:
            look = await within(self._group, work, timeout_s=LOOK_TIMEOUT_S)
        except (PlaywrightError, TimeoutError):
            self._note_no_answer()
            return None
        self._late = None
        if self._life != life:
            return None
        return await self._answered(look, started_s=started_s)

    async def _answered(self, look: Look, *, started_s: float) -> Look:
        self.last, self.looked_s = look, started_s
        self._took_s = self._recorder.now() - started_s
        self.answered_s = started_s if look.hooked else self.answered_s
        await self._take(look)
        return look

    async def wait_for_hooks(self) -> None:
        """Wait until the page answers and has its hooks.

        Raises:
            ControlFailed: it does not, or has none.
        """
        with anyio.move_on_after(page_call.HOOK_TIMEOUT_S):
            while self.open:
                look = await self.look(old_too=True)
                if look is not None and look.hooked:
                    break
                await anyio.sleep(POLL_S)
            return
        raise self.mute()

    @property
    def lacks_hooks(self) -> bool:
        """Whether the page answered the last look, and there is nothing in it to be asked."""
        return self.last is not None and not self.last.hooked

    def mute(self) -> ControlFailed:
        """Return why the page cannot be asked."""
        return why_mute(self.last, at=self.page.url, wanted=self.url, hooks=f"{self._hooks} in {self.id}")

    async def wait_until_open(self, timeout_s: float) -> None:
        """Wait until the tab is ready, or says at least that its connection is open; no longer than `timeout_s`."""
        with anyio.move_on_after(timeout_s):
            while self.open and not self.ready:
                look = await self.look(old_too=True)
                if self.mounts is None and look is not None and look.state == 1:
                    return
                await anyio.sleep(POLL_S)

    def say_ready(self) -> None:
        """Record that the tab is ready, or that it was waited for in vain."""
        if self.open and not self.ready:
            self.ready = True
            if not self.tells:
                return  # nothing is owed to a tab that cannot say what it was handed
            state = self.last.state if self.last else None
            self._recorder.record(TabReady(at_s=self._recorder.now(), tab=self.id, ready_state=state))

    def say_state(self) -> None:
        """Record what the tab said at the last look, also where nothing has changed since."""
        if self.open and (self.last is None or self.last.told):
            look = self.last
            self._said = (look.state, look.asks, look.user) if look else (None, False, None)
            state, asks, user = self._said
            self._recorder.record(
                TabState(
                    at_s=self._recorder.now(), tab=self.id, ready_state=state, asks=asks, user=user,
                    took_s=round(self._took_s, 2),
                )
            )  # fmt: skip

    async def screenshot(self, path: str) -> None:
        """Save a picture of the page, if it can be had."""
        with contextlib.suppress(PlaywrightError, TimeoutError):
            await within(self._group, lambda: self.page.screenshot(path=path), timeout_s=CLOSE_TIMEOUT_S)

    async def _take(self, look: Look) -> None:
        if not look.hooked:
            return
        if look.problem:
            raise ControlFailed(
                look.problem[:300], where=f"{self._hooks} in {self.id}", todo="see the page hooks in the documentation"
            )
        if look.mark != self._mark:
            if self._mark and self.ready:  # a document that we did not ask for: the page loaded itself again
                self._record_closed("reload")
                self.open, self.ready, self._mounted = True, False, False
                self._recorder.record(TabOpened(at_s=self._recorder.now(), tab=self.id, browser=self._browser))
            self._mark, self._read, self._mounted = look.mark, 0, False
            self._documents_seen += 1
        self._note_state()
        self._take_items(look)
        if self.mounts and not self._mounted:
            self._mounted = True
            for channel in self._recorder.target.channels:
                await self.call("mount", channel)
        elif look.state == 1 and self.mounts is not None:
            self.say_ready()

    def _take_items(self, look: Look) -> None:
        self._read += len(look.items)
        self.has_heard = self.has_heard or bool(look.items)
        for item in look.items:
            self._record_received(item, shown=look.shown)

    def _note_no_answer(self) -> None:
        self.last = None
        self._note_state()

    def _note_state(self) -> None:
        look = self.last
        if self._said != ((look.state, look.asks, look.user) if look else (None, False, None)):
            self.say_state()

    def _is_live(self) -> bool:
        return self.live()

    def _record_received(self, text: str, *, shown: bool) -> None:
        item = json.loads(text)
        channel, data = ("", item) if shown else envelope_of(item)
        self._recorder.record(
            Received(
                at_s=self._recorder.now(), observer=self.id, channel=channel, data=abbreviated(recordable(data)),
                tokens=find_tokens(text), shown=shown,
            )
        )  # fmt: skip

    def _record_closed(self, how: str) -> None:
        self.open = False
        self._life += 1
        self._recorder.record(TabClosed(at_s=self._recorder.now(), tab=self.id, how=how))

    async def _dismiss(self, dialog: Dialog) -> None:
        with contextlib.suppress(PlaywrightError):
            # A page that asks whether one really wants to leave is left.
            await (dialog.accept() if dialog.type == "beforeunload" else dialog.dismiss())

    def _note_error(self, error: PlaywrightError) -> None:
        if self.open:
            self._recorder.record(PageError(at_s=self._recorder.now(), tab=self.id, text=first_line(error)))

    def _note_log(self, message: ConsoleMessage) -> None:
        # What the browser logs by itself (a request that failed, a socket that closed) comes without arguments.
        if self.open and message.type == "error" and message.args:
            text = (message.text.strip().splitlines() or [""])[0][:300]
            self._recorder.record(ConsoleError(at_s=self._recorder.now(), tab=self.id, text=text))

    def _note_document(self, _: Page) -> None:
        self._documents_told += 1

    def _note_crash(self, _: Page) -> None:
        self._crashed.set()
        if self.open:
            self._record_closed("crash")
            self.on_crash()

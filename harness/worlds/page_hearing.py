"""Whether the tabs of a browser hear at all, after one of them went away or came back; how many sockets it may hold.

A tab that goes away unnoticed leaves the others saying "open" and hearing nothing, so they are asked by broadcasts, one
after the other, until each of them was handed one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from harness.wire.token import Token
from harness.worlds.page_browser import PageBrowser
from harness.worlds.page_tab import PageTab
from harness.worlds.world import Recorder

ASK_EVERY_S = 0.4


class Hearing:
    """Asks by broadcasts of `sentinel`, which records what it publishes."""

    def __init__(self, recorder: Recorder, sentinel: Callable[[], Awaitable[object]]) -> None:
        self._recorder = recorder
        self._sentinel = sentinel
        self._asked: list[tuple[float, Token]] = []

    async def proves(self, browser: PageBrowser) -> bool:
        """Tell whether every open tab was handed a broadcast of after the last turn; ask again if it is time."""
        since_s = browser.unproved_since_s
        if since_s is None or not self._deaf(browser):
            return True
        if not self._asked or self._recorder.now() > self._asked[-1][0] + ASK_EVERY_S:
            asked_s = self._recorder.now()
            await self._sentinel()
            self._asked.append((asked_s, next(reversed(self._recorder.model.messages))))
        return False

    def conclude(self, browser: PageBrowser) -> None:
        """Note which tabs hear nothing: those of a browser without a connection are never asked."""
        if browser.unproved_since_s is not None:
            browser.deaf = tuple(tab.id for tab in self._deaf(browser))
            browser.unproved_since_s = None
        else:
            browser.deaf = tuple(tab.id for tab in browser.open_tabs if tab.id in browser.deaf)

    def _deaf(self, browser: PageBrowser) -> list[PageTab]:
        """Return those that tell what they are handed, and were handed none of these broadcasts."""
        model = self._recorder.model
        since_s = browser.unproved_since_s or 0.0
        tokens = [token for asked_s, token in self._asked if asked_s > since_s]
        return [
            tab
            for tab in browser.open_tabs
            if tab.tells and not any(model.delivered(model.tabs[tab.id].key, token) for token in tokens)
        ]


def may_hold(browser: PageBrowser) -> bool:
    """Tell whether the browser's live sockets may be just so many: one, and one more for each tab that is away."""
    live, tabs, away = len(browser.proxy.live), len(browser.open_tabs), len(browser.away_tabs)
    if not tabs:
        return live <= away
    if browser.limited:
        # Set apart by another site's frame it may do without; anywhere else somebody has to hold one, also in the end.
        return (0 if browser.limited == "third-party" else 1) <= live <= tabs + away
    return 1 <= live <= 1 + away

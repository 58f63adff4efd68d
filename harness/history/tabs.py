"""Events of tabs and of the browsers they belong to."""

from __future__ import annotations

from typing import TypeAlias

from harness.history.event import Event


class TabOpened(Event, frozen=True, kw_only=True, tag="tab_opened"):
    tab: str
    browser: str


class TabReady(Event, frozen=True, kw_only=True, tag="tab_ready"):
    """The page is loaded, its channels are mounted and it says that the connection is open."""

    tab: str
    ready_state: int | None = None


class TabClosed(Event, frozen=True, kw_only=True, tag="tab_closed"):
    """`how` is "close", "reload" or "crash"; recorded before it is done."""

    tab: str
    how: str


class BrowserSettled(Event, frozen=True, kw_only=True, tag="browser_settled"):
    """State of a browser at the end of a settle: open tabs, live sockets, how long it took to get there.

    `allowed_s` is how long it was waited for; `overdue_s` how far past its promise it was, 0 when in time.
    """

    browser: str
    tabs: int
    live_sockets: int
    waited_s: float
    ready_tabs: int
    overdue_s: float = 0.0


class PageError(Event, frozen=True, kw_only=True, tag="page_error"):
    """An uncaught error or rejection in a page, first line only."""

    tab: str
    text: str


TabEvent: TypeAlias = TabOpened | TabReady | TabClosed | BrowserSettled | PageError

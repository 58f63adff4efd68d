"""Events of tabs and of the browsers they belong to."""

from __future__ import annotations

from typing import TypeAlias

from harness.history.event import Event


class TabOpened(Event, frozen=True, kw_only=True, tag="tab_opened"):
    """A life of a tab begins. `back`: it was away, and what it was handed before may be shown by it still."""

    tab: str
    browser: str
    back: bool = False


class TabReady(Event, frozen=True, kw_only=True, tag="tab_ready"):
    """The page is loaded, its channels are mounted and it says that the connection is open."""

    tab: str
    ready_state: int | None = None


class TabClosed(Event, frozen=True, kw_only=True, tag="tab_closed"):
    """`how` is "close", "reload", "crash" or "kill", "full load" for a sign-in or sign-out, or how it went away to come
    back: "leave", "freeze" or "hang". Recorded before it is done.
    """

    tab: str
    how: str


class BrowserSettled(Event, frozen=True, kw_only=True, tag="browser_settled"):
    """State of a browser at the end of a settle: open tabs, live sockets, how long it took to get there.

    `overdue_s` is how far past its promise it was, 0 when in time. `away` counts the tabs that may come back, and hold
    a socket meanwhile; `deaf` are the open tabs that were handed nothing of what was broadcast to find out.
    """

    browser: str
    tabs: int
    live_sockets: int
    waited_s: float
    ready_tabs: int
    overdue_s: float = 0.0
    away: int = 0
    deaf: tuple[str, ...] = ()


class BrowserLimited(Event, frozen=True, kw_only=True, tag="browser_limited"):
    """What this browser's tabs could share by is kept from them: `how` is "insecure" or "third-party"."""

    browser: str
    how: str


class TabState(Event, frozen=True, kw_only=True, tag="tab_state"):
    """What a tab says of its connection and its user, told when it has changed or was waited for.

    `ready_state` is None when the tab did not answer; `asks`: it can say who its user is, None for a guest. The answer
    `took_s`, and may be as old as that.
    """

    tab: str
    ready_state: int | None = None
    asks: bool = False
    user: str | None = None
    took_s: float = 0.0


class StreamCounted(Event, frozen=True, kw_only=True, tag="stream_counted"):
    """What a tab was handed of `asked` broadcasts that were published while tabs changed hands; told, not judged."""

    tab: str
    asked: int
    missing: int
    twice: int
    disordered: int


class PageError(Event, frozen=True, kw_only=True, tag="page_error"):
    """An uncaught error or rejection in a page, first line only."""

    tab: str
    text: str


class ConsoleError(Event, frozen=True, kw_only=True, tag="console_error"):
    """An error that the page itself logged, first line only; what the browser logs of its own accord is none."""

    tab: str
    text: str


TabEvent: TypeAlias = (
    TabOpened
    | TabReady
    | TabClosed
    | TabState
    | BrowserSettled
    | BrowserLimited
    | StreamCounted
    | PageError
    | ConsoleError
)

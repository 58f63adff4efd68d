"""Stories of pages whose connection is disturbed: what tabs say of themselves, and what faults do."""

from __future__ import annotations

from typing import Self

from harness.history import (
    ConnectionId,
    FaultArmed,
    FrameFaulted,
    HandshakesWatched,
    Lag,
    MarkupLookedFor,
    SameBroadcast,
    SilenceEnded,
    TabState,
    ViewChanged,
    ViewChanging,
)
from tests.model.stories import POSTS, Story


class PageStory(Story):
    """A story of the page world."""

    def __init__(self, *, offers: tuple[str, ...] = ()) -> None:
        super().__init__(world="page", offers=offers)

    def says(
        self, *tabs: str, state: int | None = 1, user: str | None = None, asks: bool = False, took_s: float = 0.0
    ) -> Self:
        """Have tabs say what they think of the connection, and who the user is."""
        asks = asks or user is not None
        for tab in tabs:
            at_s = self._tick()
            self._add(TabState(at_s=at_s, tab=tab, ready_state=state, asks=asks, user=user, took_s=took_s))
        return self

    def fault(self, connection: str, kind: str = "reset", *, by: str = "server", code: int | None = None) -> Self:
        """End a connection by a fault; one that is cut off stays, as far as the page knows."""
        self.closing(connection)
        self._add(
            FaultArmed(
                at_s=self._tick(),
                browser=connection.partition("#")[0],
                connection=ConnectionId(connection),
                kind=kind,
                fault=f"{kind} {connection}",
            )
        )
        return self if kind == "cut off" else self.closed(connection, by=by, code=code)

    def turned_away(self, browser: str, deed: str = "refuse", *, status: int = 503) -> Self:
        """Have a fault answer a handshake of the browser."""
        self.dial(browser)
        connection = self._connections[browser][-1]
        self.refuse(connection, status=status)
        return self._add(FrameFaulted(at_s=self._tick(), connection=ConnectionId(connection), deed=deed))

    def silence_ends(self, connection: str, *, noticed: bool = True, after_s: float = 1.0) -> Self:
        browser = connection.partition("#")[0]
        return self._add(
            SilenceEnded(
                at_s=self._tick(),
                browser=browser,
                connection=ConnectionId(connection),
                noticed=noticed,
                after_s=after_s,
            )
        )

    def view(
        self, tab: str, *, mounted: bool, times: int = 1, channel: str = POSTS, done: bool = True, looked: bool = False
    ) -> Self:
        """Mount or unmount a tab's view of a channel."""
        self._add(ViewChanging(at_s=self._tick(), tab=tab, channel=channel, mounted=mounted, times=times))
        return self._add(ViewChanged(at_s=self._tick(), tab=tab, channel=channel, looked=looked)) if done else self

    def markup(self, tab: str, *, shown: bool = False, rendered: bool = False, ran: bool = False) -> Self:
        return self._add(MarkupLookedFor(at_s=self._tick(), tab=tab, shown=shown, rendered=rendered, ran=ran))

    def same(self, tab: str, *, came: int, handed: int, times: int = 3) -> Self:
        return self._add(SameBroadcast(at_s=self._tick(), tab=tab, times=times, came=came, handed=handed))

    def watched(self, since_s: float) -> Self:
        return self._add(HandshakesWatched(at_s=self._tick(), since_s=since_s))

    def lag(self, lag_s: float, *, at_s: float) -> Self:
        return self._add(Lag(at_s=at_s, lag_s=lag_s))

    @property
    def now_s(self) -> float:
        return self._now_s


def two_tabs() -> PageStory:
    """A guest's browser with two tabs at a#1, at rest, both saying that it is open."""
    story = PageStory().open("a").tab("a/1", "a/2").says("a/1", "a/2")
    return story.browser_settled("a").settle()


def down() -> PageStory:
    """The same, with the connection broken and both tabs knowing it."""
    return two_tabs().fault("a#1").says("a/1", "a/2", state=3)


def back(story: PageStory, *, tabs: int = 2) -> PageStory:
    """Bring the browser back to rest on a new connection."""
    story.open("a").says(*(f"a/{number}" for number in range(1, tabs + 1)))
    story.browser_settled("a", tabs=tabs)
    return story.settle()

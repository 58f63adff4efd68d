"""What a picture of a page trial shows: lanes, lives of tabs and connections, messages, steps, where it broke. Pure.

Read off a history alone: who holds the socket is what the proxy saw, nobody asks which tab leads. Knows no pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from harness.checks.finding import Finding
from harness.history import (
    AnyEvent,
    ConnectionClosed,
    ConnectionOpened,
    ConnectionOpening,
    ConnectionReady,
    ConnectionRefused,
    History,
    IdentityChanged,
    PublishStarted,
    Received,
    RunStarted,
    Sent,
    StepStarted,
    TabClosed,
    TabOpened,
    TabReady,
    TargetRestarted,
    TargetRestarting,
    Uplink,
)
from harness.report.wire_log import event_line
from harness.wire.token import Token

MOST_MESSAGES = 24
MOST_STEPS = 14
MOST_LANES = 30
SERVER = ""
"""The lane of the server."""
_PLACES = ("connection", "observer", "sender", "tab", "browser")


@dataclass(slots=True)
class Life:
    """A tab or a connection from `start_s` to `end_s` (None: to the end), counted as ready from `ready_s` on."""

    of: str
    start_s: float
    ready_s: float | None = None
    end_s: float | None = None
    how: str = ""
    row: int = 0
    states: list[tuple[float, int | None]] = field(default_factory=list)
    """What a tab said of its connection, from when on; None where it did not answer."""

    def shut(self, *, end_s: float) -> Iterator[tuple[float, float]]:
        """Yield from when to when the tab, once ready, said that its connection is not open."""
        if self.ready_s is None:
            return
        until = [at_s for at_s, _ in self.states[1:]] + [end_s if self.end_s is None else self.end_s]
        for (since_s, state), until_s in zip(self.states, until, strict=False):
            if state != 1 and until_s > max(since_s, self.ready_s):
                yield max(since_s, self.ready_s), until_s

    @property
    def words(self) -> str:
        """What it was, for who points at it."""
        ready = "never ready" if self.ready_s is None else f"ready at {self.ready_s:.2f} s"
        end = "to the end" if self.end_s is None else f"until {self.end_s:.2f} s ({self.how})"
        return f"{self.of}: from {self.start_s:.2f} s, {ready}, {end}"


@dataclass(frozen=True, slots=True)
class Reign:
    """Who a browser was from `start_s` on; `user` is None for a guest."""

    start_s: float
    user: str | None


@dataclass(frozen=True, slots=True)
class Stop:
    """A place and time where a message was seen: published, sent, on a connection, in a tab."""

    lane: str
    at_s: float
    words: str


@dataclass(frozen=True, slots=True)
class Journey:
    """One message on its way: `hops` are arrows from stop to stop, `missing` where it was owed and never came."""

    token: str
    kind: str
    hops: tuple[tuple[Stop, Stop], ...]
    strays: tuple[Stop, ...]
    start: Stop
    broken: bool = False
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """Something else that happened at a lane."""

    lane: str
    at_s: float
    words: str


@dataclass(frozen=True, slots=True)
class Scene:
    """One step of the plan, numbered from 1, begun at `at_s`."""

    number: int
    words: str
    at_s: float
    running: bool = False


@dataclass(slots=True)
class BrowserLanes:
    """A browser: who it was, its connections, its tabs by name."""

    name: str
    reigns: list[Reign] = field(default_factory=list)
    sockets: list[Life] = field(default_factory=list)
    tabs: dict[str, list[Life]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that is drawn, between `start_s` and `end_s`. `left_out` says in sentences what is not."""

    requirement: str
    browsers: tuple[BrowserLanes, ...]
    journeys: tuple[Journey, ...]
    marks: tuple[Mark, ...]
    scenes: tuple[Scene, ...]
    outages: tuple[tuple[float, float], ...]
    broke: Mark
    start_s: float
    end_s: float
    left_out: tuple[str, ...]


def timeline(history: History, finding: Finding) -> Timeline | None:
    """Return the picture of `finding` in the history of a page trial; None for any other history."""
    if not any(isinstance(event, RunStarted) and event.world == "page" for event in history):
        return None
    if not any(isinstance(event, TabOpened) for event in history):
        return None
    at = finding.at if 0 <= finding.at < len(history) else len(history) - 1
    scenes, start_s, end_s, unseen = _window(history, at)
    browsers = _browsers(history, start_s, end_s)
    lanes, hidden = _chosen(browsers, finding.observer)
    journeys, thinned = _journeys(history, finding, start_s=start_s, end_s=end_s)
    left_out = []
    if unseen:
        left_out.append(f"{unseen} of {unseen + len(scenes)} steps are before or after what is drawn")
    if thinned:
        left_out.append(f"{len(journeys)} of {len(journeys) + thinned} messages are drawn")
    if hidden:
        left_out.append(f"browsers without room: {', '.join(hidden)}")
    return Timeline(
        requirement=finding.requirement,
        browsers=lanes,
        journeys=journeys,
        marks=tuple(_marks(history, start_s, end_s)),
        scenes=scenes,
        outages=tuple(_outages(history, start_s, end_s)),
        broke=Mark(finding.observer, history[at].at_s, f"{finding.requirement}: {finding.seen}"),
        start_s=start_s,
        end_s=end_s,
        left_out=tuple(left_out),
    )


def _window(history: History, at: int) -> tuple[tuple[Scene, ...], float, float, int]:
    """Return the steps that are drawn, from when to when, and how many are not."""
    begun = [(index, event) for index, event in enumerate(history) if isinstance(event, StepStarted)]
    running = max((number for number, (index, _) in enumerate(begun) if index <= at), default=0)
    first = max(0, min(running - MOST_STEPS * 2 // 3, len(begun) - MOST_STEPS))
    chosen = begun[first : first + MOST_STEPS]
    scenes = tuple(
        Scene(event.index + 1, event.step, event.at_s, running=first + place == running)
        for place, (_, event) in enumerate(chosen)
    )
    after = begun[first + MOST_STEPS :]
    start_s = scenes[0].at_s if scenes else history[0].at_s
    end_s = after[0][1].at_s if after else history[len(history) - 1].at_s
    return scenes, start_s, max(end_s, history[at].at_s), len(begun) - len(chosen)


def _browsers(history: History, start_s: float, end_s: float) -> list[BrowserLanes]:
    found: dict[str, BrowserLanes] = {}
    of_socket: dict[str, str] = {}
    live: dict[str, Life] = {}

    def browser(name: str) -> BrowserLanes:
        return found.setdefault(name, BrowserLanes(name, [Reign(0.0, None)]))

    for event in history:
        match event:
            case ConnectionOpening():
                of_socket[event.connection] = event.browser
            case ConnectionOpened():
                live[event.connection] = Life(event.connection, event.at_s)
                browser(of_socket.get(event.connection, event.connection.partition("#")[0])).sockets.append(
                    live[event.connection]
                )
            case TabOpened():
                live[event.tab] = Life(event.tab, event.at_s)
                browser(event.browser).tabs.setdefault(event.tab, []).append(live[event.tab])
            case ConnectionReady(connection=name) | TabReady(tab=name):
                if name in live:
                    live[name].ready_s = event.at_s
            case ConnectionClosed():
                _end(live, event.connection, event.at_s, f"by the {event.by}, {event.code or 'no code'}")
            case TabClosed():
                _end(live, event.tab, event.at_s, event.how)
            case IdentityChanged(ok=True):
                browser(event.browser).reigns.append(Reign(event.at_s, event.user))
            case _ if _tag(event) == "tab_state" and (life := live.get(str(getattr(event, "tab", "")))):
                life.states.append((event.at_s, getattr(event, "ready_state", None)))
            case _:
                pass
    for each in found.values():
        _clip(each, start_s, end_s)
    return [each for each in found.values() if each.tabs or each.sockets]


def _end(live: dict[str, Life], name: str, at_s: float, how: str) -> None:
    life = live.pop(name, None)
    if life is not None:
        life.end_s, life.how = at_s, how


def _clip(browser: BrowserLanes, start_s: float, end_s: float) -> None:
    def seen(life: Life) -> bool:
        return life.start_s <= end_s and (life.end_s is None or life.end_s >= start_s)

    browser.sockets = [each for each in browser.sockets if seen(each)]
    browser.tabs = {
        name: kept for name, lives in sorted(browser.tabs.items()) if (kept := [each for each in lives if seen(each)])
    }
    ends: list[float] = []
    for life in browser.sockets:  # connections that are open at the same time get a row each
        row = next((number for number, until in enumerate(ends) if until <= life.start_s), len(ends))
        ends[row : row + 1] = [float("inf") if life.end_s is None else life.end_s]
        life.row = row


def _chosen(browsers: Sequence[BrowserLanes], observer: str) -> tuple[tuple[BrowserLanes, ...], tuple[str, ...]]:
    """Return the browsers that there is room for, before all the one with the finding, and the names of the others."""
    mine = browser_of(observer)
    room = MOST_LANES
    kept: set[str] = set()
    for each in sorted(browsers, key=lambda each: each.name != mine):
        room -= 2 + len(each.tabs)
        if room >= 0 or not kept:
            kept.add(each.name)
    return (
        tuple(each for each in browsers if each.name in kept),
        tuple(each.name for each in browsers if each.name not in kept),
    )


def browser_of(observer: str) -> str:
    """Return the browser to which the connection `a#1`, the tab `a/1` or the browser `a` itself belongs."""
    return observer.partition("#")[0].partition("/")[0]


def _journeys(history: History, finding: Finding, *, start_s: float, end_s: float) -> tuple[tuple[Journey, ...], int]:
    """Return the messages that are drawn, and how many are not: the nearest to the finding are."""
    started = [
        event
        for event in history
        if isinstance(event, PublishStarted | Sent) and start_s <= event.at_s <= end_s and event.token
    ]
    mine = next((number for number, event in enumerate(started) if event.token == finding.token), None)
    at_s = history[finding.at].at_s if 0 <= finding.at < len(history) else end_s
    middle = mine if mine is not None else sum(event.at_s <= at_s for event in started)
    first = max(0, min(middle - MOST_MESSAGES * 2 // 3, len(started) - MOST_MESSAGES))
    chosen = started[first : first + MOST_MESSAGES]
    stops = _stops(history, {event.token for event in chosen})
    journeys = tuple(_journey(event, stops[event.token], finding) for event in chosen)
    return journeys, len(started) - len(chosen)


def _stops(history: History, tokens: set[Token]) -> dict[Token, list[tuple[str, Stop]]]:
    found: dict[Token, list[tuple[str, Stop]]] = {token: [] for token in tokens}
    for event in history:
        if isinstance(event, Received | Uplink):
            lane = event.observer if isinstance(event, Received) else event.connection
            sort = "up" if isinstance(event, Uplink) else "tab" if "/" in lane else "socket"
            for token in event.tokens:
                if token in found:
                    found[token].append((sort, Stop(lane, event.at_s, event_line(event).strip())))
    return found


def _journey(event: PublishStarted | Sent, stops: Sequence[tuple[str, Stop]], finding: Finding) -> Journey:
    lane = event.sender if isinstance(event, Sent) else SERVER
    start = Stop(lane, event.at_s, event_line(event).strip())
    hops: list[tuple[Stop, Stop]] = []
    strays: list[Stop] = []
    down: dict[str, Stop] = {}
    up: Stop = start
    for sort, stop in stops:
        if sort == "up":
            hops.append((start, stop))
            up = Stop(SERVER, stop.at_s, stop.words)
            hops.append((stop, up))
        elif sort == "socket":
            hops.append((up, stop))
            down[browser_of(stop.lane)] = stop
        elif browser_of(stop.lane) in down:
            hops.append((down[browser_of(stop.lane)], stop))
        else:
            strays.append(stop)  # handed to a tab, and no connection of its browser brought it
    broken = event.token == finding.token
    got = {stop.lane for _, stop in stops}
    missing = finding.observer if broken and finding.observer and finding.observer not in got else None
    if missing == lane and not any(sort == "up" for sort, _ in stops):
        missing = browser_of(lane)  # what a tab sent and no connection carried was lost before its reply
    kind = event.kind if isinstance(event, PublishStarted) else "sent"
    return Journey(event.token, kind, tuple(hops), tuple(strays), start, broken, missing)


_DRAWN = (
    ConnectionOpened | ConnectionOpening | ConnectionReady | ConnectionClosed | TabOpened | TabReady | TabClosed
    | Received | Uplink | Sent | PublishStarted | IdentityChanged | TargetRestarting | TargetRestarted
)  # fmt: skip
_DULL = frozenset(
    {
        "connection_closing", "identity_changing", "browser_settled", "settled", "lag", "publish_finished",
        "step_started", "step_finished", "run_started", "run_ended", "tab_state",
    }
)  # fmt: skip


def _marks(history: History, start_s: float, end_s: float) -> Iterator[Mark]:
    """Yield what else happened to a tab, a connection or a browser: refusals, faults, errors of a page."""
    for event in history:
        if isinstance(event, _DRAWN) or not start_s <= event.at_s <= end_s or _tag(event) in _DULL:
            continue
        place = next((value for name in _PLACES if isinstance(value := getattr(event, name, None), str)), None)
        if place:
            lane = browser_of(place) if isinstance(event, ConnectionRefused) else place
            yield Mark(lane, event.at_s, event_line(event).strip())


def _tag(event: AnyEvent) -> str:
    return str(type(event).__struct_config__.tag)


def _outages(history: History, start_s: float, end_s: float) -> Iterator[tuple[float, float]]:
    begun = [event for event in history if isinstance(event, TargetRestarting | TargetRestarted)]
    for one, other in pairwise([*begun, None]):
        if isinstance(one, TargetRestarting) and one.at_s <= end_s:
            until_s = other.at_s if other is not None else end_s
            if until_s >= start_s:
                yield max(one.at_s, start_s), min(until_s, end_s)

"""Draws a timeline as inline SVG. Colours are classes, so the page's style decides them; needs nothing but itself.

The axis is elastic: a pause of seconds gets little more room than one of milliseconds, or a burst would be a blot.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree as ET

from harness.report.timeline import SERVER, BrowserLanes, Journey, Life, Reign, Timeline, browser_of
from harness.report.wording import cut, one_line

GUTTER, RIGHT = 74.0, 22.0
LEAST, MOST = 660.0, 1500.0
"""How wide the axis may be, in pixels; a wider picture is scrolled."""
HEAD, SERVER_ROW, NAME_ROW, SOCKET_ROW, TAB_ROW, GAP, FOOT = 40.0, 26.0, 15.0, 14.0, 20.0, 9.0, 22.0
BAR = 7.0
LETTER = 6.2
"""The width of a letter, to tell whether words have room."""
CUT_CHARS = 300


@dataclass(frozen=True, slots=True)
class _Axis:
    """Seconds to pixels, straight between known moments."""

    times: tuple[float, ...]
    places: tuple[float, ...]

    def place(self, at_s: float) -> float:
        index = bisect_right(self.times, at_s) - 1
        if index < 0:
            return self.places[0]
        if index + 1 >= len(self.times):
            return self.places[-1]
        share = (at_s - self.times[index]) / (self.times[index + 1] - self.times[index])
        return self.places[index] + share * (self.places[index + 1] - self.places[index])


def draw(picture: Timeline) -> str:
    """Return the picture as SVG."""
    return _Drawing(picture).markup()


class _Drawing:
    def __init__(self, picture: Timeline) -> None:
        self._picture = picture
        self._axis = _axis_of(picture)
        self._lanes: dict[str, float] = {SERVER: HEAD + SERVER_ROW / 2}
        self._names: dict[str, float] = {}
        self._foot = HEAD + SERVER_ROW
        for browser in picture.browsers:
            self._lay(browser)
        self._right = self._axis.places[-1]
        width, height = self._right + RIGHT, self._foot + FOOT
        what = f"Timeline of {picture.requirement}"
        self._svg = ET.Element(
            "svg",
            {
                "class": "timeline", "viewBox": f"0 0 {width:.0f} {height:.0f}", "width": f"{width:.0f}",
                "height": f"{height:.0f}", "role": "img", "aria-label": what,
            },
        )  # fmt: skip
        ET.SubElement(self._svg, "title").text = what

    def _lay(self, browser: BrowserLanes) -> None:
        top = self._foot + GAP
        self._names[browser.name] = top + NAME_ROW / 2
        rows = 1 + max((life.row for life in browser.sockets), default=0)
        self._lanes[browser.name] = top + NAME_ROW + SOCKET_ROW / 2
        for life in browser.sockets:
            self._lanes[life.of] = top + NAME_ROW + SOCKET_ROW * (life.row + 0.5)
        top += NAME_ROW + SOCKET_ROW * rows
        for number, tab in enumerate(browser.tabs):
            self._lanes[tab] = top + TAB_ROW * (number + 0.5)
        self._foot = top + TAB_ROW * len(browser.tabs)

    def markup(self) -> str:
        self._scenes()
        self._outages()
        self._lane_of_server()
        for browser in self._picture.browsers:
            self._browser(browser)
        for journey in sorted(self._picture.journeys, key=lambda each: each.broken):
            self._journey(journey)
        self._marks()
        self._finding()
        return ET.tostring(self._svg, encoding="unicode")

    def _scenes(self) -> None:
        scenes = self._picture.scenes
        ends = [self._x(each.at_s) for each in scenes[1:]] + [self._right]
        said = -math.inf
        for number, (scene, end) in enumerate(zip(scenes, ends, strict=True)):
            left = self._x(scene.at_s)
            band = "band running" if scene.running else "band" if number % 2 else "band even"
            words = f"{scene.number}. {one_line(scene.words)}"
            rect = self._add("rect", band, x=left, y=0.0, width=max(0.0, end - left), height=self._foot)
            ET.SubElement(rect, "title").text = words
            room = int((end - left - 6) / LETTER)
            shown = words if len(words) <= room else f"{words[: room - 1]}…" if room >= 6 else str(scene.number)
            if room >= len(shown):
                self._text("step", shown, x=left + 4, y=13, title=words)
            if left - said > 44 and left + 36 < self._right + RIGHT:
                self._text("tick", f"{scene.at_s:.2f} s", x=left + 4, y=self._foot + 15)
                said = left

    def _outages(self) -> None:
        for start_s, end_s in self._picture.outages:
            left = self._x(start_s)
            rect = self._add(
                "rect", "outage", x=left, y=HEAD, width=max(2.0, self._x(end_s) - left), height=self._foot - HEAD
            )
            ET.SubElement(rect, "title").text = f"the server is down from {start_s:.2f} s to {end_s:.2f} s"

    def _lane_of_server(self) -> None:
        y = self._lanes[SERVER]
        self._text("lane", "server", x=GUTTER - 10, y=y + 4, anchor="end")
        self._add("line", "server", x1=GUTTER, x2=self._right, y1=y, y2=y)

    def _browser(self, browser: BrowserLanes) -> None:
        y = self._names[browser.name]
        self._text("lane browser", f"browser {browser.name}", x=GUTTER - 10, y=y + 4, anchor="end")
        self._reigns(browser.reigns, y)
        self._text("lane", "socket", x=GUTTER - 10, y=self._lanes[browser.name] + 4, anchor="end")
        for life in browser.sockets:
            self._life(life, sort="socket", name=life.of)
        for tab, lives in browser.tabs.items():
            self._text("lane", tab, x=GUTTER - 10, y=self._lanes[tab] + 4, anchor="end")
            for life in lives:
                self._life(life, sort="tab")

    def _reigns(self, reigns: list[Reign], y: float) -> None:
        start_s, end_s = self._picture.start_s, self._picture.end_s
        for number, reign in enumerate(reigns):
            until_s = reigns[number + 1].start_s if number + 1 < len(reigns) else end_s
            left, right = self._x(max(reign.start_s, start_s)), self._x(min(until_s, end_s))
            if reign.start_s > end_s or until_s < start_s or right - left < 3:
                continue
            name = one_line(reign.user or "guest", cut_chars=24)
            sort = "guest" if reign.user is None else "user"
            rect = self._add("rect", f"reign {sort}", x=left, y=y - 6, width=right - left - 1.5, height=12.0, rx=3.0)
            ET.SubElement(rect, "title").text = f"{name} from {reign.start_s:.2f} s to {until_s:.2f} s"
            if right - left > len(name) * LETTER + 8:
                self._text("who", name, x=left + 5, y=y + 4)

    def _life(self, life: Life, *, sort: str, name: str = "") -> None:
        y = self._lanes[life.of]
        left = self._x(max(life.start_s, self._picture.start_s))
        right = self._right if life.end_s is None else self._x(life.end_s)
        ready = right if life.ready_s is None else min(right, max(left, self._x(life.ready_s)))
        for kind, begin, end in (("waiting", left, ready), ("ready", ready, right)):
            if end > begin:
                rect = self._add(
                    "rect", f"life {sort} {kind}", x=begin, y=y - BAR / 2, width=end - begin, height=BAR, rx=2.0
                )
                ET.SubElement(rect, "title").text = one_line(life.words, cut_chars=CUT_CHARS)
        for since_s, until_s in life.shut(end_s=self._picture.end_s):
            x, width = self._x(since_s), self._x(until_s) - self._x(since_s)
            rect = self._add("rect", "shut", x=x, y=y - BAR / 2, width=width, height=BAR)
            ET.SubElement(rect, "title").text = f"{life.of} says that it is not open"
        if name and right - left > len(name) * LETTER + 12:
            self._text("number", name, x=left + 4, y=y + 3)
        if life.end_s is not None:
            self._end(life, right, y)

    def _end(self, life: Life, x: float, y: float) -> None:
        path = f"M{x - 4:.1f} {y - 4:.1f}l8 8m0-8l-8 8" if life.how == "crash" else f"M{x:.1f} {y - 6:.1f}v12"
        end = self._add("path", "end", d=path)
        ET.SubElement(end, "title").text = one_line(life.words, cut_chars=CUT_CHARS)

    def _journey(self, journey: Journey) -> None:
        if journey.start.lane not in self._lanes:
            return
        sort = f"message {journey.kind}" + (" broken" if journey.broken else "")
        group = self._add("g", sort)
        ET.SubElement(group, "title").text = one_line(journey.start.words, cut_chars=CUT_CHARS)
        for one, other in journey.hops:
            if one.lane in self._lanes and other.lane in self._lanes:
                self._arrow(group, one.at_s, one.lane, other.at_s, other.lane)
        for stop in journey.strays:
            if stop.lane in self._lanes:
                self._dot(group, stop.at_s, stop.lane, words=stop.words, kind="stray")
        self._dot(group, journey.start.at_s, journey.start.lane, words=journey.start.words, kind="start")
        if journey.missing is not None:
            self._missing(group, journey, journey.missing)

    def _arrow(self, group: ET.Element, one_s: float, one: str, other_s: float, other: str) -> None:
        x1, y1, x2, y2 = self._x(one_s), self._lanes[one], self._x(other_s), self._lanes[other]
        self._add("line", "hop", group, x1=x1, y1=y1, x2=x2, y2=y2)
        length = math.hypot(x2 - x1, y2 - y1)
        if length:  # the head points along the way
            dx, dy = (x2 - x1) / length, (y2 - y1) / length
            back_x, back_y = x2 - dx * 6, y2 - dy * 6
            corners = ((x2, y2), (back_x - dy * 2.8, back_y + dx * 2.8), (back_x + dy * 2.8, back_y - dx * 2.8))
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
            self._add("polygon", "head", group, points=points)

    def _dot(self, group: ET.Element, at_s: float, lane: str, *, words: str, kind: str) -> None:
        dot = self._add("circle", kind, group, cx=self._x(at_s), cy=self._lanes[lane], r=3.2)
        ET.SubElement(dot, "title").text = one_line(words, cut_chars=CUT_CHARS)

    def _missing(self, group: ET.Element, journey: Journey, observer: str) -> None:
        """Draw a cross where the message never came, and the way that it should have taken."""
        lane = observer if observer in self._lanes else browser_of(observer)
        if lane not in self._lanes:
            return
        arrivals = [other for _, other in journey.hops if browser_of(other.lane) == browser_of(observer)]
        origin = arrivals[-1] if arrivals and "#" in arrivals[-1].lane else journey.start
        for each in arrivals:
            if "#" in each.lane:
                origin = each
        x = max(self._x(origin.at_s), max((self._x(each.at_s) for each in arrivals), default=0.0)) + 7
        y, top = self._lanes[lane], self._lanes[origin.lane]
        self._add("line", "never", group, x1=self._x(origin.at_s), y1=top, x2=x, y2=y)
        cross = self._add("path", "cross", group, d=f"M{x - 4.5:.1f} {y - 4.5:.1f}l9 9m0-9l-9 9")
        ET.SubElement(cross, "title").text = f"{one_line(observer)} never got it"

    def _marks(self) -> None:
        for mark in self._picture.marks:
            if mark.lane in self._lanes:
                x, y = self._x(mark.at_s), self._lanes[mark.lane]
                sign = self._add("path", "mark", d=f"M{x:.1f} {y - 5:.1f}l4 5l-4 5l-4 -5z")
                ET.SubElement(sign, "title").text = one_line(mark.words, cut_chars=CUT_CHARS)

    def _finding(self) -> None:
        broke = self._picture.broke
        x = self._x(broke.at_s)
        self._add("line", "broke", x1=x, x2=x, y1=22.0, y2=self._foot)
        width = len(self._picture.requirement) * 7.4 + 10
        left = min(max(GUTTER, x - width / 2), self._right - width)
        flag = self._add("rect", "flag", x=left, y=19.0, width=width, height=16.0, rx=3.0)
        ET.SubElement(flag, "title").text = one_line(broke.words, cut_chars=CUT_CHARS)
        self._text("flag", one_line(self._picture.requirement), x=left + width / 2, y=31, anchor="middle")
        lane = broke.lane if broke.lane in self._lanes else browser_of(broke.lane)
        if lane in self._lanes and lane != SERVER:
            ring = self._add("circle", "ring", cx=x, cy=self._lanes[lane], r=7.5)
            ET.SubElement(ring, "title").text = one_line(broke.words, cut_chars=CUT_CHARS)

    def _x(self, at_s: float) -> float:
        return self._axis.place(at_s)

    def _add(self, tag: str, sort: str, parent: ET.Element | None = None, **attributes: float | str) -> ET.Element:
        said = {name: f"{each:.1f}" if isinstance(each, float) else str(each) for name, each in attributes.items()}
        return ET.SubElement(self._svg if parent is None else parent, tag, {"class": sort, **said})

    def _text(self, sort: str, words: str, *, x: float, y: float, anchor: str = "start", title: str = "") -> None:
        text = self._add("text", sort, x=float(x), y=float(y))
        text.set("text-anchor", anchor)
        text.text = cut(words, chars=CUT_CHARS)
        if title and title != words:
            ET.SubElement(text, "title").text = title


def _axis_of(picture: Timeline) -> _Axis:
    moments = sorted({each for each in _moments(picture) if picture.start_s <= each <= picture.end_s})
    widths = [_room(after - before) for before, after in pairwise(moments)]
    whole = min(MOST, max(LEAST, sum(widths)))
    scale = whole / (sum(widths) or 1.0)
    places = [GUTTER]
    for width in widths:
        places.append(places[-1] + width * scale)
    return _Axis(tuple(moments), tuple(places))


def _room(pause_s: float) -> float:
    return 3.0 + 9.0 * math.log2(1.0 + pause_s / 0.02)


def _moments(picture: Timeline) -> Iterable[float]:
    yield from (picture.start_s, picture.end_s, picture.broke.at_s)
    yield from (each.at_s for each in picture.scenes)
    yield from (each.at_s for each in picture.marks)
    yield from (each for outage in picture.outages for each in outage)
    for journey in picture.journeys:
        yield journey.start.at_s
        yield from (stop.at_s for hop in journey.hops for stop in hop)
    for browser in picture.browsers:
        for life in (*browser.sockets, *(life for lives in browser.tabs.values() for life in lives)):
            yield life.start_s
            yield from (each for each in (life.ready_s, life.end_s) if each is not None)
            yield from (at_s for at_s, _ in life.states)

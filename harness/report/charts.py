"""Charts as inline SVG: pure functions from numbers to markup. Colours are classes, so the page's style decides them.

Text is drawn at the size of the page's text, so a chart is never wider than a phone's column is when scaled.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from harness.report.wording import milliseconds

WIDTH, HEIGHT = 360, 236
LEFT, RIGHT, TOP, BOTTOM = 44, 34, 22, 42


@dataclass(frozen=True, slots=True)
class Axis:
    """Maps values to pixels, with the values that get a label."""

    ticks: tuple[float, ...]
    place: Callable[[float], float]


def latency_distribution(histogram: Sequence[tuple[float, int]], *, marks: Sequence[tuple[str, float]] = ()) -> str:
    """Return how deliveries spread over latency: (upper bound in ms, count) in rising order, on a logarithmic axis.

    `marks` are drawn as upright lines: ("p99", 12.5). Without a count the result is empty.
    """
    classes = _classes(histogram)
    if not classes:
        return ""
    low = _nice_bottom(classes[0][0])
    axis = _log_axis(low, max(classes[-1][1], *(value for _, value in marks), low * 5) * 1.05)
    bins = _columns(classes, axis)
    total = sum(many for _, _, many in classes)
    top = _nice_top(100 * max(many for _, many in bins) / total)
    share = _linear_axis(top, low_px=HEIGHT - BOTTOM, high_px=TOP)
    svg = _canvas(f"Latency distribution of {total:,} deliveries")
    _grid(svg, share, unit="%")
    for left, many in bins:
        y = share.place(100 * many / total)
        _add(svg, "rect", {"class": "column", "x": left, "y": y, "width": BIN_PX - 1.0, "height": HEIGHT - BOTTOM - y})
    _x_labels(svg, axis, label="publish to receiver, ms, logarithmic")
    _marks(svg, axis, marks)
    _text(svg, "share of deliveries", x=0, y=11, kind="title", anchor="start")
    return _markup(svg)


def latency_over_time(timeline: Sequence[tuple[float, int, float, float]]) -> str:
    """Return p50 and p99 in milliseconds over the seconds of the run, from (second, deliveries, p50, p99)."""
    points = [each for each in timeline if each[1] > 0]
    if len(points) < 2:
        return ""
    x = _time_axis(timeline)
    y = _linear_axis(_nice_top(max(each[3] for each in points)), low_px=HEIGHT - BOTTOM, high_px=TOP)
    svg = _canvas("Latency over time")
    _grid(svg, y, unit="")
    _x_labels(svg, x, label="seconds since the start")
    places = [(y.place(points[-1][2]), "p50", 2), (y.place(points[-1][3]), "p99", 3)]
    for height, name, column in places:
        path = " ".join(f"{x.place(each[0]):.1f},{y.place(each[column]):.1f}" for each in points)
        _add(svg, "polyline", {"class": f"line {name}", "points": path})
        # The two names must not stand on each other when the lines end close together.
        apart = 12 if abs(places[0][0] - places[1][0]) < 12 and name == "p50" else 0
        _text(svg, name, x=x.place(points[-1][0]) + 6, y=height + 4 + apart, kind="name", anchor="start")
    _text(svg, "latency, ms", x=0, y=11, kind="title", anchor="start")
    return _markup(svg)


def deliveries_over_time(timeline: Sequence[tuple[float, int, float, float]]) -> str:
    """Return the deliveries of each second as an area."""
    if len(timeline) < 2 or not any(each[1] for each in timeline):
        return ""
    x = _time_axis(timeline)
    y = _linear_axis(_nice_top(max(each[1] for each in timeline)), low_px=HEIGHT - BOTTOM, high_px=TOP)
    svg = _canvas("Deliveries a second over time")
    _grid(svg, y, unit="")
    line = [f"{x.place(each[0]):.1f},{y.place(each[1]):.1f}" for each in timeline]
    floor = f"{HEIGHT - BOTTOM}"
    ends = (f"{x.place(timeline[-1][0]):.1f},{floor}", f"{x.place(timeline[0][0]):.1f},{floor}")
    _add(svg, "polygon", {"class": "fill", "points": " ".join([*line, *ends])})
    _add(svg, "polyline", {"class": "line p50", "points": " ".join(line)})
    _x_labels(svg, x, label="seconds since the start")
    _text(svg, "deliveries a second", x=0, y=11, kind="title", anchor="start")
    return _markup(svg)


def line_over_time(points: Sequence[tuple[float, float]], *, title: str) -> str:
    """Return one figure over the seconds of the run, from (second, value); `title` says what it is and its unit."""
    if len(points) < 2 or not any(value for _, value in points) or points[0][0] == points[-1][0]:
        return ""
    x = _time_axis([(second, 0, 0.0, 0.0) for second, _ in points])
    y = _linear_axis(_nice_top(max(value for _, value in points)), low_px=HEIGHT - BOTTOM, high_px=TOP)
    svg = _canvas(f"{title} over time")
    _grid(svg, y, unit="")
    line = " ".join(f"{x.place(second):.1f},{y.place(value):.1f}" for second, value in points)
    _add(svg, "polyline", {"class": "line p50", "points": line})
    _x_labels(svg, x, label="seconds since the start")
    _text(svg, title, x=0, y=11, kind="title", anchor="start")
    return _markup(svg)


BIN_PX = 6.0
WIDEST_CLASS = 2.0


def _classes(histogram: Sequence[tuple[float, int]]) -> list[tuple[float, float, int]]:
    # A class begins where the one before it ends. The recorder leaves empty ones out, so a far neighbour says nothing.
    found: list[tuple[float, float, int]] = []
    before = 0.0
    for bound, many in histogram:
        if many > 0 and bound > 0:
            found.append((before if before * WIDEST_CLASS >= bound else bound * 0.93, bound, many))
        before = bound
    return found


def _columns(classes: Sequence[tuple[float, float, int]], axis: Axis) -> list[tuple[float, float]]:
    # Columns of one width keep the shape true; a class counts for each by the share that lies in it.
    columns: dict[int, float] = {}
    for low, high, many in classes:
        left, right = (axis.place(low) - LEFT) / BIN_PX, (axis.place(high) - LEFT) / BIN_PX
        for column in range(math.floor(left), math.floor(right) + 1):
            inside = min(right, column + 1) - max(left, column)
            columns[column] = columns.get(column, 0.0) + many * (inside / (right - left) if right > left else 1)
    return [(LEFT + column * BIN_PX, many) for column, many in sorted(columns.items())]


def _log_axis(low: float, high: float) -> Axis:
    start, end = math.log10(low), math.log10(high)
    decades = range(math.floor(start), math.ceil(end) + 1)
    steps = (1, 2, 5) if end - start <= 1.8 else (1, 3) if end - start <= 2.6 else (1,)
    ticks = tuple(step * 10.0**decade for decade in decades for step in steps)

    def place(value: float) -> float:
        return LEFT + (math.log10(max(value, low)) - start) / (end - start) * (WIDTH - LEFT - RIGHT)

    return Axis(tuple(each for each in ticks if low <= each <= 10**end), place)


def _linear_axis(top: float, *, low_px: float, high_px: float, start: float = 0.0, parts: int = 4) -> Axis:
    def place(value: float) -> float:
        return low_px + (value - start) / ((top - start) or 1) * (high_px - low_px)

    return Axis(tuple(start + (top - start) * each / parts for each in range(parts + 1)), place)


def _time_axis(timeline: Sequence[tuple[float, int, float, float]]) -> Axis:
    start, end = timeline[0][0], timeline[-1][0]
    step = _nice_top((end - start) / 5)
    whole = _linear_axis(end, low_px=LEFT, high_px=WIDTH - RIGHT, start=start)
    first = math.ceil(start / step)
    return Axis(tuple(step * each for each in range(first, math.floor(end / step) + 1)), whole.place)


def _nice_top(value: float) -> float:
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 4, 5, 8, 10) if step * power >= value * 0.9999)


def _nice_bottom(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (5, 2, 1) if step * power <= value * 1.0001)


def _canvas(title: str) -> ET.Element:
    svg = ET.Element("svg", {"class": "chart", "viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img", "aria-label": title})
    ET.SubElement(svg, "title").text = title
    return svg


def _grid(svg: ET.Element, axis: Axis, *, unit: str) -> None:
    for value in axis.ticks:
        y = axis.place(value)
        _add(svg, "line", {"class": "grid", "x1": LEFT, "x2": WIDTH - RIGHT, "y1": y, "y2": y})
        _text(svg, _tick(value, top=axis.ticks[-1]) + unit, x=LEFT - 8, y=y + 4, kind="tick", anchor="end")


def _x_labels(svg: ET.Element, axis: Axis, *, label: str) -> None:
    for value in axis.ticks:
        x = axis.place(value)
        _add(svg, "line", {"class": "notch", "x1": x, "x2": x, "y1": HEIGHT - BOTTOM, "y2": HEIGHT - BOTTOM + 4})
        _text(svg, _tick(value, top=axis.ticks[-1]), x=x, y=HEIGHT - BOTTOM + 17, kind="tick", anchor="middle")
    _text(svg, label, x=(LEFT + WIDTH - RIGHT) / 2, y=HEIGHT - 5, kind="title", anchor="middle")


def _marks(svg: ET.Element, axis: Axis, marks: Sequence[tuple[str, float]]) -> None:
    # One below the other: latencies of a healthy target lie too close together for a row.
    places = [(name, value, axis.place(value), TOP + 11 + 15 * row) for row, (name, value) in enumerate(marks)]
    for _, _, x, y in places:
        _add(svg, "line", {"class": "mark", "x1": x, "x2": x, "y1": y - 10.0, "y2": HEIGHT - BOTTOM})
    for name, value, x, y in places:
        right = x > WIDTH - RIGHT - 60
        words = f"{name} {milliseconds(value)} ms"
        _text(svg, words, x=x + (-4 if right else 4), y=y, kind="name", anchor="end" if right else "start")


def _tick(value: float, *, top: float) -> str:
    if top >= 10_000:
        return f"{value / 1000:,.10g}k" if value else "0"
    return f"{value:,.10g}" if value >= 1 or not value else f"{value:.2g}"


def _add(svg: ET.Element, tag: str, attributes: dict[str, str | float]) -> ET.Element:
    said = {name: f"{each:.1f}" if isinstance(each, float) else str(each) for name, each in attributes.items()}
    return ET.SubElement(svg, tag, said)


def _text(svg: ET.Element, words: str, *, x: float, y: float, kind: str, anchor: str) -> None:
    _add(svg, "text", {"class": kind, "x": float(x), "y": float(y), "text-anchor": anchor}).text = words


def _markup(svg: ET.Element) -> str:
    return ET.tostring(svg, encoding="unicode")

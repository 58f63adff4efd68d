"""Charts say what they measure, draw all of it, and stay on their canvas whatever the numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.report.charts import (
    HEIGHT,
    WIDTH,
    deliveries_over_time,
    latency_distribution,
    latency_over_time,
    line_over_time,
)

TIMELINE = tuple((float(second), 100 * second, 1.0 + second, 20.0 - second) for second in range(12))
NUMBER_ATTRIBUTES = {"x", "y", "x1", "x2", "y1", "y2", "width", "height"}

counts = st.integers(min_value=0, max_value=10**9)
positive = st.floats(min_value=1e-3, max_value=1e7, allow_nan=False)


def numbers(markup: str) -> list[float]:
    found = []
    for each in ET.fromstring(markup).iter():
        found += [float(value) for name, value in each.attrib.items() if name in NUMBER_ATTRIBUTES]
        found += [float(number) for pair in each.attrib.get("points", "").split() for number in pair.split(",")]
    return found


def words(markup: str) -> list[str]:
    return [each.text or "" for each in ET.fromstring(markup).iter("text")]


def test_axes_say_what_they_measure_and_in_which_unit() -> None:
    assert "publish to receiver, ms, logarithmic" in words(latency_distribution(((1.0, 5), (2.0, 9))))
    assert {"latency, ms", "seconds since the start", "p50", "p99"} <= set(words(latency_over_time(TIMELINE)))
    assert "deliveries a second" in words(deliveries_over_time(TIMELINE))


def test_a_line_says_what_it_is_and_nothing_where_there_is_nothing() -> None:
    points = tuple((float(second), 3.0 * second) for second in range(9))
    assert "connections" in words(line_over_time(points, title="connections"))
    assert all(0 <= each <= max(WIDTH, HEIGHT) for each in numbers(line_over_time(points, title="connections")))
    assert line_over_time(points[:1], title="x") == line_over_time(((0.0, 0.0), (1.0, 0.0)), title="x") == ""


def test_a_mark_names_its_value() -> None:
    assert "p99 14.2 ms" in words(latency_distribution(((1.0, 5), (20.0, 9)), marks=(("p99", 14.2),)))


def test_all_deliveries_are_in_the_columns() -> None:
    histogram = tuple((0.5 * 1.06**step, 3 + step % 7) for step in range(80))
    svg = ET.fromstring(latency_distribution(histogram))
    floor = max(float(each.attrib["y"]) + float(each.attrib["height"]) for each in svg.iter("rect"))
    top_label = max(float(word[:-1]) for word in words(ET.tostring(svg, encoding="unicode")) if word.endswith("%"))
    top_line = min(float(each.attrib["y1"]) for each in svg.iter("line"))
    share = sum(float(each.attrib["height"]) for each in svg.iter("rect")) / (floor - top_line) * top_label
    assert share == pytest.approx(100, abs=3)


@pytest.mark.parametrize("draw", [latency_over_time, deliveries_over_time])
def test_too_little_to_draw_draws_nothing(draw: Callable[..., str]) -> None:
    assert draw(()) == ""
    assert draw(TIMELINE[:1]) == ""
    assert draw(((0.0, 0, 0.0, 0.0), (1.0, 0, 0.0, 0.0))) == ""
    assert latency_distribution(()) == latency_distribution(((1.0, 0), (0.0, 4))) == ""


@settings(max_examples=40, derandomize=True, deadline=None)
@given(
    st.lists(st.tuples(positive, counts), max_size=40).map(sorted),
    st.lists(positive, max_size=3).map(lambda values: [(f"p{value}", value) for value in values]),
)
def test_any_distribution_stays_on_its_canvas(
    histogram: list[tuple[float, int]], marks: list[tuple[str, float]]
) -> None:
    markup = latency_distribution(histogram, marks=marks)
    if markup:
        assert all(math.isfinite(each) and -60 <= each <= max(WIDTH, HEIGHT) + 60 for each in numbers(markup))


@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.lists(st.tuples(counts, positive, positive), max_size=40))
def test_any_timeline_stays_on_its_canvas(seconds: list[tuple[int, float, float]]) -> None:
    timeline = [(float(second), many, min(pair), max(pair)) for second, (many, *pair) in enumerate(seconds)]
    for markup in (latency_over_time(timeline), deliveries_over_time(timeline)):
        if markup:
            assert all(math.isfinite(each) and -60 <= each <= max(WIDTH, HEIGHT) + 60 for each in numbers(markup))

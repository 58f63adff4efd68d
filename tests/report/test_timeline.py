"""The picture of a page trial: who lived when, which way messages went, where it broke; and how it is drawn."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import msgspec

from harness.history import (
    AnyEvent,
    ConnectionId,
    ConnectionOpened,
    ConnectionOpening,
    Event,
    History,
    PublishStarted,
    RunEnded,
    RunStarted,
    StepStarted,
    TabOpened,
    TargetRestarting,
)
from harness.report.timeline import MOST_LANES, MOST_MESSAGES, MOST_STEPS, Timeline, timeline
from harness.report.timeline_svg import MOST, draw
from harness.wire.token import Token
from tests.report.page_run import LOST, lost_history
from tests.report.rich_run import LEAK, leak_history


def picture() -> Timeline:
    found = timeline(lost_history(), LOST)
    assert found is not None
    return found


def drawn(shown: Timeline) -> ET.Element:
    return ET.fromstring(draw(shown))


def of_class(svg: ET.Element, name: str) -> list[ET.Element]:
    return [each for each in svg.iter() if name in each.get("class", "").split()]


def long_history(*, steps: int = 1, messages: int = 0, browsers: int = 1) -> History:
    start = RunStarted(at_s=0.0, plan="long", world="page", target="t", users={})
    tabs = [TabOpened(at_s=0.001, tab=f"b{each}/1", browser=f"b{each}") for each in range(browsers)]
    begun = [StepStarted(at_s=1.0 + each, index=each, step=f"step {each}") for each in range(steps)]
    asked = [
        PublishStarted(at_s=1.0 + each / 1000, token=Token(f"t{each}"), kind="broadcast", channel="c", expected={})
        for each in range(messages)
    ]
    events: list[AnyEvent] = sorted((*tabs, *begun, *asked), key=lambda each: each.at_s)
    return History([start, *events, RunEnded(at_s=steps + 2.0)])


def test_the_wire_and_a_run_without_tabs_have_no_picture() -> None:
    assert timeline(leak_history(), LEAK) is None
    assert timeline(History([RunStarted(at_s=0.0, plan="p", world="page", target="t", users={})]), LOST) is None
    assert timeline(History(), LOST) is None


def test_lives_of_tabs_and_connections_are_there_with_what_ended_them() -> None:
    (browser,) = picture().browsers
    (socket,) = browser.sockets
    assert (socket.start_s, socket.ready_s, socket.end_s) == (0.12, 0.2, 0.92)
    assert [(life.of, life.how) for lives in browser.tabs.values() for life in lives] == [
        ("a/1", "crash"), ("a/2", "close")
    ]  # fmt: skip
    assert [each.user for each in browser.reigns] == [None, "ada"]


def test_a_message_goes_from_the_server_over_the_connection_to_tabs() -> None:
    lost, private, sent = picture().journeys
    assert [(one.lane, other.lane) for one, other in lost.hops] == [("", "a#1"), ("a#1", "a/1")]
    assert (lost.broken, lost.missing) == (True, "a/2")
    assert [each.lane for each in private.strays] == ["a/2"]
    assert [(one.lane, other.lane) for one, other in sent.hops] == [("a/2", "a#1"), ("a#1", "")]


def test_what_a_tab_sent_and_nobody_carried_is_missing_on_the_connection() -> None:
    history = [event for event in lost_history() if type(event).__name__ != "Uplink"]
    found = timeline(History(history), msgspec.structs.replace(LOST, token="osk00000000n0000003z", at=18))
    assert found is not None
    assert found.journeys[2].missing == "a"


def test_the_step_and_the_place_of_the_finding_are_told() -> None:
    shown = picture()
    assert [scene.words for scene in shown.scenes if scene.running] == ["broadcast"]
    assert (shown.broke.lane, shown.broke.at_s) == ("a/2", 0.62)
    assert shown.outages == ((0.91, 1.4),)
    assert [each.lane for each in shown.marks] == ["a/1", "a"]
    assert shown.left_out == ()


def test_connections_at_the_same_time_get_a_row_each() -> None:
    events = list(lost_history())
    events[5:5] = [
        ConnectionOpening(at_s=0.15, connection=ConnectionId("a#9"), browser="a"),
        ConnectionOpened(at_s=0.16, connection=ConnectionId("a#9")),
    ]
    found = timeline(History(events), LOST)
    assert found is not None
    assert [life.row for life in found.browsers[0].sockets] == [0, 1]


def test_a_server_that_never_came_back_is_down_to_the_end() -> None:
    events = [*lost_history()][:-1]
    found = timeline(History([*events, TargetRestarting(at_s=1.9, kill=False), RunEnded(at_s=2.5)]), LOST)
    assert found is not None
    assert found.outages == ((0.91, 1.4), (1.9, 2.5))


def test_a_long_plan_is_drawn_around_its_finding() -> None:
    history = long_history(steps=40)
    at = next(index for index, event in enumerate(history) if isinstance(event, StepStarted) and event.index == 30)
    found = timeline(history, msgspec.structs.replace(LOST, at=at, token=""))
    assert found is not None
    assert len(found.scenes) == MOST_STEPS
    assert [scene.number for scene in found.scenes if scene.running] == [31]
    assert found.left_out == ("26 of 40 steps are before or after what is drawn",)


def test_many_messages_are_thinned_and_that_is_said() -> None:
    found = timeline(long_history(messages=100), msgspec.structs.replace(LOST, at=-1, token="t50"))
    assert found is not None
    assert len(found.journeys) == MOST_MESSAGES
    assert any(each.broken for each in found.journeys)
    assert found.left_out == (f"{MOST_MESSAGES} of 100 messages are drawn",)


def test_browsers_without_room_are_named_and_the_one_with_the_finding_is_there() -> None:
    found = timeline(long_history(browsers=20), msgspec.structs.replace(LOST, observer="b19", at=-1))
    assert found is not None
    assert len(found.browsers) == MOST_LANES // 3
    assert "b19" in {each.name for each in found.browsers}
    assert "browsers without room" in found.left_out[0]


def test_it_is_drawn_with_the_broken_message_its_cross_and_the_flag() -> None:
    svg = drawn(picture())
    assert len(of_class(svg, "life")) >= 3
    assert len(of_class(svg, "cross")) == 1
    assert [each.text for each in of_class(svg, "flag") if each.tag == "text"] == ["TAB-2"]
    assert len(of_class(svg, "ring")) == 1
    assert len(of_class(svg, "outage")) == 1
    assert len(of_class(svg, "stray")) == 1
    assert len(of_class(svg, "mark")) == 2
    assert any("1. open a/1" in (each.text or "") for each in of_class(svg, "step"))
    titles = [each.text or "" for each in svg.iter("title")]
    assert any("a/2 never got it" in each for each in titles)
    assert any("oops <b>" in each for each in titles)


def test_whatever_is_in_it_has_its_place_in_the_picture() -> None:
    svg = drawn(picture())
    width, height = (float(svg.get(name, "0")) for name in ("width", "height"))
    for each in svg.iter():
        for name in ("x", "x1", "x2", "cx"):
            assert 0 <= float(each.get(name, "0")) <= width
        for name in ("y", "y1", "y2", "cy"):
            assert 0 <= float(each.get(name, "0")) <= height


def test_however_much_there_is_the_picture_is_no_wider_than_that() -> None:
    found = timeline(long_history(steps=14, messages=100, browsers=9), msgspec.structs.replace(LOST, at=-1))
    assert found is not None
    assert float(drawn(found).get("width", "0")) <= MOST + 100
    assert len(draw(found)) < 100_000


class Says(Event, frozen=True, kw_only=True, tag="tab_state"):
    """What a tab says of its connection."""

    tab: str
    ready_state: int | None = None


def test_a_tab_that_says_that_it_is_not_open_is_hollow_for_so_long() -> None:
    events = list(lost_history())
    said = [(0.2, 0), (0.5, 1), (0.93, 3), (1.2, None), (1.3, 1)]
    states: list[Any] = [Says(at_s=at_s, tab="a/2", ready_state=state) for at_s, state in said]
    events[9:9] = states
    found = timeline(History(events), LOST)
    assert found is not None
    (life,) = found.browsers[0].tabs["a/2"]
    assert list(life.shut(end_s=2.0)) == [(0.93, 1.2), (1.2, 1.3)]
    assert len(of_class(drawn(found), "shut")) == 2
    assert not any(each.words.startswith("tab state") for each in found.marks)

"""What a plan asks for says how each of its browsers is started."""

from __future__ import annotations

from harness.plan import Plan, parse_step
from harness.worlds.launch import SHARED, Launch, launch_for


def launch(*sentences: str) -> Launch:
    return launch_for(Plan("p", tuple(parse_step(each) for each in sentences)))


def test_browsers_share_a_process_unless_a_step_needs_otherwise() -> None:
    assert launch("open a/1", "hang a/1", "broadcast", "open b/1") == SHARED


def test_only_the_browser_that_needs_it_has_a_process_of_its_own() -> None:
    assert launch("open a/1", "open b/1", "freeze b/1").natural == {"b"}
    assert launch("kill browser c", "freeze a/1", "wake a/1").natural == {"a", "c"}


def test_a_tab_that_is_left_asks_for_browsers_that_keep_pages() -> None:
    found = launch("open a/1", "leave a/1")
    assert found.cached
    assert not found.natural


def test_clocks_and_channels_are_those_of_the_browsers_named() -> None:
    found = launch("browser a sleeps for 5 minutes", "post garbage on the tab channels of browser b")
    assert found.clocked == {"a"}
    assert found.overheard == {"b"}

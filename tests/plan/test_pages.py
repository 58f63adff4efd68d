"""The life of tabs and browsers in words, and what each needs of the way a browser is started."""

from __future__ import annotations

import pytest

from harness.plan import (
    CACHED,
    NATURAL,
    BrowserId,
    Duplicate,
    Freeze,
    Hang,
    KillBrowser,
    Leave,
    OpenFramed,
    Plan,
    PostGarbage,
    Return,
    Sleep,
    Step,
    Tab,
    UseInsecureOrigin,
    Wake,
    parse_step,
)

A = BrowserId("a")
TAB = Tab(A, 2)
SENTENCES: dict[str, Step] = {
    "leave a/2": Leave(TAB),
    "return to a/2": Return(TAB),
    "freeze a/2": Freeze(TAB),
    "hang a/2": Hang(TAB),
    "wake a/2": Wake(TAB),
    "kill browser a": KillBrowser(A),
    "browser a sleeps for 60 minutes": Sleep(A, 60),
    "duplicate a/2 as a/3": Duplicate(TAB, Tab(A, 3)),
    "open a/2 in a frame": OpenFramed(TAB),
    "open a/2 in a third-party frame": OpenFramed(TAB, third_party=True),
    "browser a has an insecure origin": UseInsecureOrigin(A),
    "post garbage on the tab channels of browser a": PostGarbage(A),
}


@pytest.mark.parametrize(("sentence", "step"), SENTENCES.items())
def test_each_is_said_and_read_back(sentence: str, step: Step) -> None:
    assert parse_step(sentence) == step
    assert str(step) == sentence


@pytest.mark.parametrize("step", [Freeze(Tab(A)), KillBrowser(A)], ids=str)
def test_what_playwright_turns_off_needs_a_browser_started_as_a_persons(step: Step) -> None:
    assert Plan("p", (step,)).needs == {NATURAL}


@pytest.mark.parametrize("step", [Leave(Tab(A)), Return(Tab(A))], ids=str)
def test_a_tab_that_is_left_needs_a_browser_that_keeps_pages(step: Step) -> None:
    assert Plan("p", (step,)).needs == {CACHED}


def test_a_clock_that_jumps_and_channels_that_are_listed_have_to_be_put_in_beforehand() -> None:
    assert Plan("p", (Sleep(A, 1),)).needs == {"page_clock"}
    assert Plan("p", (PostGarbage(A),)).needs == {"tab_channels"}


def test_hanging_needs_nothing() -> None:
    assert Plan("p", (Hang(Tab(A)), Wake(Tab(A)))).needs == frozenset()

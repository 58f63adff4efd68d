"""The life of tabs in the page world, before a page of our own with a socket in each tab."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil  # type: ignore[import-untyped] # ships no types
import pytest

from harness.errors import UsageError
from harness.history import (
    BrowserLimited,
    BrowserSettled,
    ConnectionOpened,
    IdentityChanged,
    StepFinished,
    TabClosed,
    TabOpened,
    TabReady,
)
from harness.plan import Plan, parse_step
from harness.worlds.laboratory import Laboratory, Trial
from tests.worlds.test_page import DOUBLE

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def laboratory() -> Iterator[Laboratory]:
    with Laboratory(DOUBLE, Path(__file__).parent) as laboratory:
        yield laboratory


def carried_out(laboratory: Laboratory, *sentences: str) -> Trial:
    try:
        trial = laboratory.run(Plan("test", tuple(parse_step(each) for each in sentences)), world="page")
    except UsageError as error:
        pytest.skip(f"no browser: {error.what}")
    assert trial.error is None
    return trial


def lives(trial: Trial) -> list[str]:
    """The lives of tabs, in words, in their order."""
    told = []
    for event in trial.history:
        match event:
            case TabOpened():
                told.append(f"{event.tab} {'back' if event.back else 'opened'}")
            case TabClosed():
                told.append(f"{event.tab} {event.how}")
    return told


def notes(trial: Trial) -> list[str]:
    return [event.note for event in trial.history if isinstance(event, StepFinished)]


def test_a_tab_that_hangs_is_let_go_on(laboratory: Laboratory) -> None:
    trial = carried_out(laboratory, "open a/1", "hang a/1", "open a/1", "wake a/1", "broadcast", "settle")
    assert lives(trial) == ["a/1 opened", "a/1 hang", "a/1 back"]
    assert notes(trial) == ["", "", "it is open already", "", "", ""]
    assert trial.judgement.held["EN-2"]


def test_a_tab_of_the_same_name_hangs_as_the_first_one_did(laboratory: Laboratory) -> None:
    trial = carried_out(laboratory, "open a/1", "open a/2", "hang a/1", "wake a/1", "close a/1", "open a/1", "hang a/1")
    assert lives(trial)[2:] == ["a/1 hang", "a/1 back", "a/1 close", "a/1 opened", "a/1 hang"]
    assert not any(notes(trial))
    assert trial.duration_s < 15.0  # closing the browser does not wait for a tab that hangs


def test_a_tab_whose_process_is_anothers_too_is_not_stopped(laboratory: Laboratory) -> None:
    trial = carried_out(laboratory, "open a/1", "duplicate a/1 as a/2", "hang a/1", "hang a/2")
    assert notes(trial)[2:] == ["it shares its process with another tab"] * 2


def test_a_tab_that_is_left_comes_back(laboratory: Laboratory) -> None:
    trial = carried_out(laboratory, "open a/1", "open a/2", "leave a/1", "return to a/1", "close a/2", "settle")
    assert lives(trial) == ["a/1 opened", "a/2 opened", "a/1 leave", "a/1 back", "a/2 close"]
    settled = [event for event in trial.history if isinstance(event, BrowserSettled)]
    assert settled[-1].deaf == ()


def test_a_frozen_tab_and_a_killed_browser_leave_no_process(laboratory: Laboratory) -> None:
    before = {each.pid for each in psutil.Process().children()}
    trial = carried_out(
        laboratory,
        *("open a/1", "open b/1", "freeze b/1", "wake b/1", "freeze a/1", "kill browser b", "wake b/1", "open b/1"),
    )
    assert lives(trial)[-4:] == ["b/1 back", "a/1 freeze", "b/1 kill", "b/1 opened"]
    assert [note for note in notes(trial) if note] == ["it is not away"]
    left = [each for each in psutil.Process().children() if each.pid not in before]
    assert [each.name() for each in left if "onesocket-browser" in " ".join(each.cmdline())] == []


def test_pages_in_frames_and_popups_are_tabs_as_others(laboratory: Laboratory) -> None:
    trial = carried_out(
        laboratory, "open a/1", "open a/2 in a frame", "duplicate a/1 as a/3", "open f/1 in a third-party frame",
        "reload a/2", "broadcast", "settle",
    )  # fmt: skip
    ready = [event.tab for event in trial.history if isinstance(event, TabReady)]
    assert ready == ["a/1", "a/2", "a/3", "f/1", "a/2"]
    limited = [(event.browser, event.how) for event in trial.history if isinstance(event, BrowserLimited)]
    assert limited == [("f", "third-party")]
    heard = {finding.requirement for finding in trial.judgement.findings}
    assert heard == {"TAB-1"}  # a socket in each tab of a


def test_a_page_that_may_not_be_framed_is_left_out(laboratory: Laboratory) -> None:
    assert DOUBLE.page is not None
    trial = carried_out(laboratory, "open a/1", "open a/1 in a frame", "open a/2 in a third-party frame")
    assert notes(trial)[1:] == ["it is open already", "only a browser of its own has third-party frames"]


@pytest.mark.usefixtures("impatient")
def test_a_page_without_hooks_in_a_frame_of_another_site_has_declined() -> None:
    assert DOUBLE.page is not None
    page = msgspec.structs.replace(DOUBLE.page, path="/?mode=declines")
    with Laboratory(msgspec.structs.replace(DOUBLE, page=page), Path(__file__).parent) as laboratory:
        trial = carried_out(
            laboratory, "open a/1 in a frame", "open f/1 in a third-party frame", "broadcast", "settle",
        )  # fmt: skip
    assert [note.partition(":")[0] for note in notes(trial)] == ["", "the page declines", "", ""]
    assert trial.judgement.findings == ()


def test_an_insecure_origin_is_a_browsers_from_its_first_tab(laboratory: Laboratory) -> None:
    trial = carried_out(
        laboratory, "browser a has an insecure origin", "open a/1", "open a/2", "browser a has an insecure origin",
        "sign a/1 in as ada", "broadcast", "settle",
    )  # fmt: skip
    assert trial.judgement.findings == ()
    assert sum(isinstance(event, ConnectionOpened) for event in trial.history) == 3
    assert notes(trial)[3] == "the browser is open already"
    changed = [(event.user, event.ok) for event in trial.history if isinstance(event, IdentityChanged)]
    assert changed == [("ann", True)]


def test_steps_that_make_no_sense_are_left_out(laboratory: Laboratory) -> None:
    sentences = (
        "leave a/1", "return to a/1", "wake a/1", "browser a sleeps for 1 minutes", "duplicate a/1 as a/2",
        "post garbage on the tab channels of browser a",
    )  # fmt: skip
    assert all(notes(carried_out(laboratory, *sentences)))


def test_a_clock_jumps_and_garbage_is_posted_where_there_are_channels(laboratory: Laboratory) -> None:
    trial = carried_out(
        laboratory, "open a/1", "browser a sleeps for 5 minutes", "post garbage on the tab channels of browser a"
    )
    assert notes(trial) == ["", "", "its tabs have made no BroadcastChannel that could be seen"]


def test_tabs_can_open_at_once(laboratory: Laboratory) -> None:
    trial = carried_out(laboratory, "at once: open a/1; open a/2; open b/1")
    assert sorted(lives(trial)) == ["a/1 opened", "a/2 opened", "b/1 opened"]

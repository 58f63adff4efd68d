"""Faults on the ways of real browsers, full loads, cookies and views, before a page of our own."""

from __future__ import annotations

import itertools

import pytest
from playwright.async_api import Browser

from harness.history import (
    BrowserSettled,
    ConnectionClosed,
    ConnectionOpening,
    ConnectionRefused,
    ConsoleError,
    FaultArmed,
    FaultBit,
    FaultHealed,
    FrameSlipped,
    HandshakesWatched,
    IdentityChanged,
    IdentityChanging,
    SilenceEnded,
    StepFinished,
    TabClosed,
    TabState,
    ViewChanged,
)
from harness.targets.process import RunningTarget
from tests.worlds.test_page import _of, _run, anyio_backend, live

__all__ = ["anyio_backend", "live"]
pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.browser]


async def test_a_browser_that_is_refused_is_not_waited_for_and_says_that_it_is_down(
    live: RunningTarget, browser: Browser
) -> None:
    history = await _run(
        live, browser, "open a/1", "settle", "refuse the next 99 handshakes of a", "reset a",
        "wait until a knows that it is down", "watch the handshakes for 1 s", "settle", "heal a", "settle",
    )  # fmt: skip
    # Where the machine is slow a look may find it connecting still, or get no answer.
    said = [event.ready_state for event in _of(history, TabState) if event.ready_state is not None]
    states = [state for state, _ in itertools.groupby(said)]
    assert states.count(1) == 2
    assert states[-1] == 1
    assert [event.kind for event in _of(history, FaultArmed)] == ["hinder", "reset"]
    bites = {event.fault: event.count for event in _of(history, FaultBit)}
    assert bites["reset a"] == 1
    assert bites["refuse the next 99 handshakes of a"] >= 1
    assert {event.status for event in _of(history, ConnectionRefused)} == {503}
    assert [event.live_sockets for event in _of(history, BrowserSettled)] == [1, 1, 1]


async def test_a_server_s_close_is_put_on_the_page_and_it_comes_back(live: RunningTarget, browser: Browser) -> None:
    history = await _run(live, browser, "open a/1", "settle", "end the connection of a with 1012", "settle")
    assert _of(history, ConnectionClosed)[0].code == 1012
    assert len(_of(history, ConnectionOpening)) == 2
    assert _of(history, BrowserSettled)[-1].live_sockets == 1


async def test_who_is_turned_away_may_stay_away(live: RunningTarget, browser: Browser) -> None:
    history = await _run(
        live, browser, "open a/1", "settle", "accept the next 3 handshakes of a and close each with 4401",
        "end the connection of a with 4401", "watch the handshakes for 1 s",
    )  # fmt: skip
    assert [event.status for event in _of(history, ConnectionRefused)] == [101, 101, 101]
    (watched,) = _of(history, HandshakesWatched)
    assert watched.at_s - watched.since_s >= 1


async def test_bytes_that_were_held_back_arrive_when_they_are_let_go(live: RunningTarget, browser: Browser) -> None:
    history = await _run(
        live, browser, "open a/1", "settle", "stall the bytes of a", "broadcast", "settle", "heal a", "settle",
        "take a offline", "broadcast", "bring a back online", "settle",
    )  # fmt: skip
    assert [event.kind for event in _of(history, FaultHealed)] == ["stall", "stall"]
    notes = [event.note for event in _of(history, StepFinished)]
    assert not any(notes)


async def test_a_page_that_never_notices_is_waited_for_as_long_as_is_promised(
    live: RunningTarget, browser: Browser
) -> None:
    history = await _run(
        live, browser, "open a/1", "settle", "cut off a", "wait until a notices that it was cut off", "settle"
    )
    (ended,) = _of(history, SilenceEnded)
    assert not ended.noticed
    assert len(_of(history, BrowserSettled)) == 1


async def test_odd_frames_are_slipped_between_those_of_the_server(live: RunningTarget, browser: Browser) -> None:
    history = await _run(
        live, browser, "open a/1", "settle", "slip a a message on an unknown channel", "slip a a binary message",
        "broadcast", "settle",
    )  # fmt: skip
    assert len(_of(history, FrameSlipped)) == 2
    assert all(event.live_sockets == 1 for event in _of(history, BrowserSettled))


async def test_steps_that_make_no_sense_are_left_out(live: RunningTarget, browser: Browser) -> None:
    history = await _run(
        live, browser, "reset a", "heal a", "slip a an empty text", "wait until a notices that it was cut off",
        "bring a back online", "open a/1", "wait until a knows that it is down", "take a offline", "take a offline",
        "wait until the server lets go of a", "clear the cookies of a", "let the session of a/1 expire",
        "sign b/1 out by full load", "unmount broadcasts in a/1", "mount broadcasts in a/1",
    )  # fmt: skip
    done = [event.outcome for event in _of(history, StepFinished)]
    assert done.count("done") == 2  # the tab was opened, and taken offline once


async def test_a_full_load_uses_the_browsers_cookies(live: RunningTarget, browser: Browser) -> None:
    history = await _run(
        live, browser, "open a/1", "settle", "sign a/1 in as ada by full load", "settle", "send_to_user ada", "settle",
        "clear the cookies of a", "reset a", "settle", "sign a/1 out by full load", "settle",
    )  # fmt: skip
    assert [event.user for event in _of(history, IdentityChanging)] == ["ann", None, None]
    assert [event.ok for event in _of(history, IdentityChanged)] == [True, True, True]
    assert [event.how for event in _of(history, TabClosed)] == ["full load", "full load"]


async def test_views_are_mounted_and_unmounted_where_the_page_can(live: RunningTarget, browser: Browser) -> None:
    history = await _run(
        live, browser, "open a/1", "settle", "broadcast", "settle", "unmount broadcasts in a/1", "broadcast",
        "mount broadcasts in a/1", "toggle broadcasts in a/1 2 times", "settle", mode="must_mount", mounted=False,
    )  # fmt: skip
    assert len(_of(history, ViewChanged)) == 3


async def test_what_a_page_logs_itself_is_recorded_and_what_the_browser_logs_is_not(
    live: RunningTarget, browser: Browser
) -> None:
    history = await _run(live, browser, "open a/1", "settle", "reset a", "settle", mode="logs")
    assert [event.text for event in _of(history, ConsoleError)] == ["woe"]

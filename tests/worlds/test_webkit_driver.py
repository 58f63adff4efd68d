"""How WebKitGTK's driver is spoken with: one window's turn at a time, and what it says when it is lost."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import anyio
import httpx
import pytest
from playwright.async_api import Error as PlaywrightError

from harness.errors import UsageError
from harness.worlds import webkit_driver
from harness.worlds.engine_launch import launched
from harness.worlds.webkit_driver import WebKitDriver, find_webkit_driver
from tests.worlds.programs import program

Answering = Callable[[httpx.Request], httpx.Response]


@contextlib.asynccontextmanager
async def driver_to(answering: Answering) -> AsyncIterator[WebKitDriver]:
    """Have a driver whose session is "1", of a process that runs, with `answering` in the place of the program."""
    async with httpx.AsyncClient(base_url="http://driver", transport=httpx.MockTransport(answering)) as http:
        yield WebKitDriver(cast(subprocess.Popen[bytes], SimpleNamespace(poll=lambda: None)), http, session="1")


def said(value: object, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json={"value": value})


@pytest.mark.anyio
async def test_a_command_is_for_the_window_that_was_turned_to_before_it() -> None:
    asked: list[tuple[str, str, object]] = []

    def answering(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.url.path, json.loads(request.content or "null")))
        return said(request.url.path)

    async with driver_to(answering) as driver:
        assert await driver.in_window("w", "GET", "/cookie", frame=2) == "/session/1/cookie"
    assert asked == [
        ("POST", "/session/1/window", {"handle": "w"}), ("POST", "/session/1/frame", {"id": 2}),
        ("GET", "/session/1/cookie", None),
    ]  # fmt: skip


@pytest.mark.anyio
async def test_a_window_that_is_slow_to_answer_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webkit_driver, "DISPATCHED_S", 0.01)
    answered, order = anyio.Event(), []

    async def slow(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/slow"):
            await answered.wait()
        return said(None)

    async def ask(driver: WebKitDriver, window: str, path: str) -> None:
        await driver.in_window(window, "GET", path)
        order.append(path)
        answered.set()

    async with driver_to(cast(Answering, slow)) as driver, anyio.create_task_group() as group:
        with anyio.fail_after(5):
            group.start_soon(ask, driver, "one", "/slow")
            await anyio.wait_all_tasks_blocked()
            await ask(driver, "two", "/quick")
    assert order == ["/quick", "/slow"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("error", "message", "words"),
    [
        ("no such frame", "Callback was not called before the unload event.", "context was destroyed"),
        ("no such window", "", "no such window"),
    ],
)
async def test_what_was_refused_is_said_in_playwrights_words(error: str, message: str, words: str) -> None:
    async with driver_to(lambda _: said({"error": error, "message": message}, 404)) as driver:
        with pytest.raises(PlaywrightError, match=words):
            await driver.in_window("w", "GET", "/cookie")
        assert driver.lost == ""


@pytest.mark.anyio
async def test_a_session_that_is_gone_is_lost() -> None:
    gone = {"error": "invalid session id", "message": "session deleted because of page crash or hang."}
    async with driver_to(lambda _: said(gone, 404)) as driver:
        with pytest.raises(PlaywrightError):
            await driver.command("GET", "/window")
        assert driver.lost == gone["message"]


@pytest.mark.anyio
async def test_a_driver_that_does_not_answer_is_lost() -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("", request=request)

    async with driver_to(silent) as driver:
        with pytest.raises(PlaywrightError, match="does not answer: ReadTimeout"):
            await driver.command("GET", "/window")
        assert driver.lost


@pytest.mark.anyio
async def test_what_is_asked_once_it_is_stopped_is_refused_and_no_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = {"error": "invalid session id", "message": ""}
    ended: list[object] = []

    async def end(process: object) -> None:
        ended.append(process)

    monkeypatch.setattr(webkit_driver, "end", end)
    async with driver_to(lambda _: said(gone, 404)) as driver:
        await driver.stop()
        with pytest.raises(PlaywrightError, match="closed"):
            await driver.in_window("w", "GET", "/cookie")
        assert driver.lost == ""
        assert len(ended) == 1


def test_the_driver_that_is_named_goes_first(tmp_path: Path) -> None:
    found, mine = program(tmp_path, "WebKitWebDriver"), program(tmp_path, "mine")
    assert find_webkit_driver({"PATH": str(tmp_path)}) == found
    assert find_webkit_driver({"PATH": str(tmp_path), "ONESOCKET_WEBKITGTK": "mine"}) == mine
    assert find_webkit_driver({"PATH": ""}) is None


@pytest.mark.anyio
@pytest.mark.slow
@pytest.mark.parametrize(
    ("display", "programs", "what"),
    [
        (":9", [], "there is no webkitgtk"),
        ("", ["WebKitWebDriver"], "no webkitgtk can be started"),
        (":9", ["WebKitWebDriver"], "no webkitgtk can be started"),
        ("", ["WebKitWebDriver", "Xvfb"], "Xvfb gives no display"),
    ],
)
async def test_a_webkitgtk_that_does_not_start_is_said_in_three_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, display: str, programs: list[str], what: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("ONESOCKET_WEBKITGTK", raising=False)
    for name in programs:
        program(tmp_path, name).write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(UsageError) as caught:
        await launched("webkitgtk", headless=True).__aenter__()
    assert what in str(caught.value)
    assert len(str(caught.value).splitlines()) == 3

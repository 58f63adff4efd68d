"""The double, asked by its elements, by a class and not at all: what each layer can tell, and what it cannot."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
from playwright.async_api import Browser, Page

from harness.checks.registry import judge
from harness.errors import ControlFailed, TargetFileError
from harness.history import BrowserSettled, ConnectionReady, History, IdentityChanged, Received, TabReady
from harness.plan import Plan, parse_step
from harness.targets.control import Control
from harness.targets.page import Form, Selectors
from harness.targets.page import Page as PageTable
from harness.targets.process import RunningTarget, running
from harness.worlds.page import PageWorld
from harness.worlds.page_class import ClassDriver
from harness.worlds.page_selectors import overlap
from harness.worlds.world import Recorder, run_plan
from tests.worlds.test_page import DOUBLE

on_a_page = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.browser]
TALK = ("open a/1", "settle", "broadcast 9 times", "settle", "sign a/1 in as ann", "settle", "send_to_user ann",
        "echo a/1", "settle", "sign a/1 out", "settle")  # fmt: skip


class Asker:
    """What a user of onesocket writes for a page that has its own ways."""

    async def received(self, page: Page) -> list[Any]:
        return list(await page.evaluate("realtime.received()"))

    async def ready_state(self, page: Page) -> int:
        return int(await page.evaluate("socket.readyState"))

    async def send(self, page: Page, channel: str, data: Any) -> None:
        await page.evaluate("([id, data]) => realtime.send(id, data)", [channel, data])

    async def sign_in(self, page: Page, login: dict[str, str]) -> None:
        await page.evaluate("(login) => realtime.signIn(login)", login)

    async def sign_out(self, page: Page) -> None:
        raise RuntimeError("no way out")


class Silent:
    """Lacks what it needs."""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def live() -> AsyncIterator[RunningTarget]:
    async with running(DOUBLE, folder=Path(__file__).parent) as target:
        yield target


async def _run(live: RunningTarget, browser: Browser, table: PageTable, *steps: str, patient: bool = True) -> History:
    promises = msgspec.structs.replace(DOUBLE.promises, delivery_s=2.0, reconnect_s=2.0)
    promises = promises if patient else DOUBLE.promises
    target = msgspec.structs.replace(DOUBLE, page=table, url=live.url, start=(), promises=promises)
    recorder = Recorder(target, world="page", plan="test", clock=time.monotonic)
    control = Control(target, base_url=live.url)
    try:
        with anyio.fail_after(40):
            world = PageWorld(RunningTarget(target, folder=Path()), browser=browser, recorder=recorder, control=control)
            async with world:
                return await run_plan(Plan("test", tuple(parse_step(each) for each in steps)), world)
    finally:
        await control.aclose()


def _of(history: History, kind: type) -> list:  # type: ignore[type-arg]  # events of the kind that is asked for
    return [event for event in history if isinstance(event, kind)]


class TestOnAPage:
    pytestmark = on_a_page

    async def test_elements_tell_what_hooks_would(self, live: RunningTarget, browser: Browser) -> None:
        table = PageTable(path="/?mode=elements", mounted=True, selectors=Selectors())
        history = await _run(live, browser, table, *TALK)
        assert judge(history, promises=DOUBLE.promises).findings == ()
        assert [(event.user, event.ok) for event in _of(history, IdentityChanged)] == [("ann", True), (None, True)]
        on_tab = [event.tokens for event in _of(history, Received) if event.observer == "a/1"]
        on_socket = [event.tokens for event in _of(history, Received) if event.observer.startswith("a#")]
        assert on_tab == on_socket
        assert len(on_tab) == len(set(on_tab)) >= 11
        assert all(event.shown for event in _of(history, Received) if event.observer == "a/1")

    async def test_the_network_alone_tells_of_connections(self, live: RunningTarget, browser: Browser) -> None:
        table = PageTable(path="/?mode=no_hooks", hooks="")
        history = await _run(live, browser, table, "open a/1", "settle", "broadcast 2 times", "reload a/1", "settle")
        judged = judge(history, promises=DOUBLE.promises)
        assert judged.findings == ()
        assert "BC-1" in judged.held
        assert _of(history, TabReady) == []
        assert len(_of(history, ConnectionReady)) == 2
        assert [event.live_sockets for event in _of(history, BrowserSettled)][-1] == 1

    async def test_who_cannot_say_what_it_hears_is_not_deaf(self, live: RunningTarget, browser: Browser) -> None:
        table = PageTable(path="/?mode=no_hooks", hooks="")
        history = await _run(live, browser, table, "open a/1", "open a/2", "crash a/1", "settle", patient=False)
        assert [event.deaf for event in _of(history, BrowserSettled)][-1] == ()

    @pytest.mark.parametrize(
        "table",
        [
            PageTable(path="/?mode=no_hooks", hooks=""),
            PageTable(path="/?mode=elements", mounted=True, selectors=Selectors()),
            PageTable(mounted=True, driver=f"{__name__}:Asker"),
        ],
        ids=["network", "selectors", "class"],
    )
    async def test_a_socket_in_each_tab_is_found_at_every_layer(
        self, live: RunningTarget, browser: Browser, table: PageTable
    ) -> None:
        history = await _run(live, browser, table, "open a/1", "open a/2", "settle", patient=False)
        assert {each.requirement for each in judge(history, promises=DOUBLE.promises).findings} == {"TAB-1"}

    async def test_a_class_asks_in_its_own_way(self, live: RunningTarget, browser: Browser) -> None:
        table = PageTable(mounted=True, driver=f"{__name__}:Asker")
        history = await _run(live, browser, table, *TALK[:-2])
        assert judge(history, promises=DOUBLE.promises).findings == ()
        with pytest.raises(ControlFailed, match=r"Asker\.sign_out failed: RuntimeError: no way out"):
            await _run(live, browser, table, "open a/1", "sign a/1 out")

    @pytest.mark.parametrize(
        ("selectors", "step", "named"),
        [
            (Selectors(state="#nowhere"), "settle", "#nowhere is not there"),
            (Selectors(state="button"), "settle", "says 'send'"),
            (Selectors(send=Form(click="#nowhere")), "echo a/1", "form for send"),
        ],
    )
    @pytest.mark.usefixtures("impatient")
    async def test_a_selector_that_is_wrong_is_named_in_three_lines(
        self, live: RunningTarget, browser: Browser, selectors: Selectors, step: str, named: str
    ) -> None:
        table = PageTable(path="/?mode=elements", mounted=True, selectors=selectors)
        with pytest.raises(ControlFailed) as caught:
            await _run(live, browser, table, "open a/1", step)
        assert named in str(caught.value)
        assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize("name", ["nowhere:Nothing", f"{__name__}:Nothing", f"{__name__}:Silent", "odd"])
def test_a_class_that_cannot_be_used_is_named_in_three_lines(name: str) -> None:
    with pytest.raises(TargetFileError) as caught:
        ClassDriver.named(name)
    assert name in str(caught.value)
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("before", "now", "same"),
    [
        ("", "ab", 0),
        ("ab", "ab", 2),
        ("ab", "abc", 2),
        ("abc", "bcd", 2),
        ("ab", "xy", 0),
        ("aa", "aaa", 2),
        ("ab", "", 0),
    ],
)
def test_what_two_looks_share_is_not_new(before: str, now: str, same: int) -> None:
    assert overlap(before, now) == same

"""Pages of WebKitGTK, where there is one: as much of Playwright's surface as is used, and the end of a browser."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, cast

import anyio
import pytest
from playwright.async_api import Browser, Page
from playwright.async_api import Error as PlaywrightError

import harness.reference
from harness.errors import EngineLost
from harness.plan import Plan, parse_step
from harness.targets.file import load_target
from harness.worlds.engine_launch import launched
from harness.worlds.laboratory import Laboratory
from harness.worlds.page_browser import PageBrowser
from harness.worlds.webkit_driver import find_screen, find_webkit_driver

pytestmark = [
    pytest.mark.anyio, pytest.mark.slow, pytest.mark.browser,
    pytest.mark.skipif(find_webkit_driver() is None or find_screen() is None, reason="there is no WebKitGTK here"),
]  # fmt: skip
REFERENCE = Path(harness.reference.__file__).parent / "target.toml"
HELLO = "data:text/html,<title>hello</title><input id=name><iframe src='data:text/html,inside'></iframe>"
THROW = """() => document.body.append(Object.assign(document.createElement("script"), {
  textContent: "setTimeout(() => { throw new Error('boom'); })" }))"""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with launched("webkitgtk", headless=True) as engine:
        yield engine


async def _until(page: Page, condition: Callable[[], object]) -> None:
    with anyio.fail_after(20):
        while not condition():
            await page.evaluate("1")


async def test_a_page_is_asked_and_tells_what_went_wrong_in_it(browser: Browser) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    told: list[str] = []
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("console", lambda message: told.append(message.text))
    await page.goto(HELLO, timeout=20_000)
    assert page.url.startswith("data:text/html,<title>hello")
    assert await page.evaluate("document.title") == "hello"
    late = "async ([text]) => { await new Promise((done) => setTimeout(done, 400)); return { text, none: null }; }"
    assert await page.evaluate(late, ["given"]) == {"text": "given", "none": None}
    await page.evaluate(THROW)
    await page.evaluate("() => { console.error('two', 3); }")
    await _until(page, lambda: len(told) == 2)
    assert sorted(told) == ["boom", "two 3"]
    with pytest.raises(PlaywrightError, match="TypeError: no"):
        await page.evaluate("() => { throw new TypeError('no'); }")
    await page.fill("#name", "ada", timeout=5000)
    await page.dispatch_event("#name", "click", timeout=5000)
    assert await page.evaluate("document.querySelector('#name').value") == "ada"
    frame = next(each for each in page.frames if each is not page.main_frame)
    assert await frame.evaluate("document.body.textContent") == "inside"
    with pytest.raises(PlaywrightError, match="no pictures"):
        await page.screenshot(path="page.png")
    await page.reload(timeout=20_000)
    assert await page.evaluate("document.querySelector('#name').value") == ""
    async with page.expect_popup(timeout=20_000) as popup:
        await page.evaluate("() => { window.open('about:blank'); }")
    assert await (await popup.value).evaluate("opener !== null")
    assert await context.cookies() == []
    await context.close()


async def test_a_browser_that_goes_down_takes_its_pages_with_it_and_says_so(browser: Browser) -> None:
    context: Any = await browser.new_context()
    page = await context.new_page()
    crashed: list[object] = []
    page.on("crash", crashed.append)
    os.kill(context.driver.pid, signal.SIGKILL)
    with pytest.raises(PlaywrightError):
        await page.evaluate("1")
    assert crashed == [page]
    with pytest.raises(EngineLost, match="answers no more"):
        await context.close()


def test_what_was_seen_of_an_engine_that_went_down_is_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(browser: PageBrowser) -> None:
        os.killpg(cast(Any, browser.context).driver.pid, signal.SIGKILL)

    monkeypatch.setattr(PageBrowser, "say_ready", kill)
    with Laboratory(load_target(REFERENCE), tmp_path, engine="webkitgtk") as laboratory:
        trial = laboratory.run(Plan("p", (parse_step("open a/1"),)), world="page")
    assert isinstance(trial.error, EngineLost)
    assert not trial.judgement.findings
    assert trial.outcome("p").status == "harness"

"""Firefox shows tabs where Playwright asks for windows, and takes all of them for visible; where it cannot, windows."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest
from playwright.async_api import Browser

from harness.worlds.firefox_tabs import OUR_IDS, all_visible, in_a_tab

BROWSER = {"context": "w1", "moz:scope": "chrome", "url": "chrome://browser/content/browser.xhtml"}
UNKNOWN = {"type": "error", "error": "unknown command"}


def told(**result: Any) -> dict[str, Any]:
    return {"type": "success", "result": result}


class Firefox:
    """Says something of its own before each answer."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    async def send(self, message: str) -> None:
        self.asked.append(json.loads(message))

    async def __aiter__(self) -> AsyncIterator[str]:
        for answer in self.answers[len(self.asked) - 1 :][:1]:
            yield '{"type":"event","id":3}'
            yield json.dumps({"type": "event", "near": OUR_IDS})
            yield json.dumps({"id": self.asked[-1]["id"], **answer})


def test_a_window_that_is_asked_for_becomes_a_tab_behind_the_one_that_is_shown() -> None:
    command = {"id": 4, "method": "browsingContext.create", "params": {"type": "window", "userContext": "u"}}
    made = json.loads(in_a_tab(json.dumps(command, separators=(",", ":"))))
    assert made == command | {"params": {"type": "tab", "background": True, "userContext": "u"}}


@pytest.mark.parametrize(
    "command",
    [
        {"id": 1, "method": "browsingContext.create", "params": {"type": "tab"}},
        {"id": 1, "method": "script.evaluate", "params": {"expression": '"browsingContext.create"', "type": "window"}},
        {"id": 1, "method": "browsingContext.close", "params": {}},
    ],
)
def test_all_else_is_asked_as_it_was(command: dict[str, Any]) -> None:
    assert json.loads(in_a_tab(json.dumps(command))) == command


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answers", "visible"),
    [
        ([told(contexts=[BROWSER]), told(result={"value": True})], True),
        ([UNKNOWN], False),
        ([told(contexts=[])], False),
        ([told(contexts=[{"context": "c1", "url": "about:blank"}])], False),
        ([told(contexts=[BROWSER, BROWSER])], False),
        ([told(contexts=[BROWSER]), told(exceptionDetails={"text": "gBrowser is not defined"})], False),
        ([], False),
    ],
)
async def test_only_where_its_window_says_so_are_tabs_visible(*, answers: list[dict[str, Any]], visible: bool) -> None:
    passed: list[str] = []

    async def meanwhile(message: str) -> None:
        passed.append(message)

    firefox = Firefox(*answers)
    assert await all_visible(firefox, meanwhile=meanwhile) is visible
    assert len(passed) == 2 * len(answers)
    assert all(each["id"] >= OUR_IDS for each in firefox.asked)


@pytest.mark.anyio
@pytest.mark.slow
@pytest.mark.browser
async def test_tabs_of_a_real_firefox_are_all_visible_and_no_slower_also_behind_a_pop_up(firefox: Browser) -> None:
    context = await firefox.new_context()
    first, second = await context.new_page(), await context.new_page()
    for page in (first, second):
        await page.goto("data:text/html,<script>ticks = 0; setInterval(() => ticks++, 20)</script>")
    for page in (first, second):
        async with context.expect_page() as popped:
            await page.evaluate("void open('about:blank')")
        await (await popped.value).close()
    for page in (first, second):
        with anyio.fail_after(30):
            await page.evaluate(
                "new Promise(done => { const from = ticks; setInterval(() => ticks > from + 100 && done(), 20); })"
            )
        assert await page.evaluate("document.visibilityState") == "visible"

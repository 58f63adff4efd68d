"""What each engine cannot be made to do, where its browser is looked for, and how Firefox is spoken with."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from playwright.async_api import Browser, Page

from harness.errors import UsageError
from harness.plan import Drop, Plan, Reload, parse_step
from harness.worlds.engine import ENGINES, can, lack_of
from harness.worlds.engine_launch import find_firefox, launched
from harness.worlds.firefox_relay import emulated, logged_by_itself, mended
from harness.worlds.page_load import LOAD_TIMEOUT_S, SLOWER, load_timeout_s
from tests.worlds.programs import program


def plan(*sentences: str) -> Plan:
    return Plan("p", tuple(parse_step(each) for each in sentences))


@pytest.mark.parametrize("sentence", ["crash a/1", "freeze a/1", "hang a/1", "kill browser a"])
def test_what_only_chromium_can_be_made_to_do_is_not_asked_of_others(sentence: str) -> None:
    assert lack_of("firefox", plan("open a/1", sentence)).startswith("firefox cannot be made to ")
    assert lack_of("chromium", plan("open a/1", sentence)) == ""


def test_all_else_is_asked_of_all() -> None:
    assert lack_of("webkit", plan("open a/1", "leave a/1", "return to a/1", "duplicate a/1 as a/2", "broadcast")) == ""


@pytest.mark.parametrize(
    ("sentence", "unable"),
    [
        ("browser a sleeps for 60 minutes", {"webkitgtk"}),
        ("post garbage on the tab channels of browser a", {"webkitgtk"}),
        ("browser a has an insecure origin", {"webkit", "webkitgtk"}),
        ("leave a/1", set()),
    ],
)
def test_what_an_engine_or_its_driver_cannot_do_is_not_asked_of_it(sentence: str, unable: set[str]) -> None:
    lacking = {engine: lack_of(engine, plan("open a/1", sentence)) for engine in ENGINES}
    assert {engine for engine, lack in lacking.items() if lack.startswith(f"{engine} cannot be made to ")} == unable
    assert {engine for engine, lack in lacking.items() if lack} == unable


def test_walks_and_storms_leave_out_what_an_engine_cannot_do() -> None:
    assert can("chromium", Drop)
    assert not can("firefox", Drop)
    assert can("firefox", Reload)


@pytest.mark.parametrize(("engine", "times"), [("chromium", 1.0), ("firefox", SLOWER), (None, 1.0)])
def test_engines_that_open_a_window_a_page_may_take_longer(engine: str | None, times: float) -> None:
    browser = SimpleNamespace(browser_type=SimpleNamespace(name=engine)) if engine else None
    page = SimpleNamespace(context=SimpleNamespace(browser=browser))
    assert load_timeout_s(cast(Page, page)) == LOAD_TIMEOUT_S * times


def test_the_firefox_that_is_named_goes_first(tmp_path: Path) -> None:
    found, mine = program(tmp_path, "firefox-esr"), program(tmp_path, "mine")
    assert find_firefox({"PATH": str(tmp_path)}) == found
    assert find_firefox({"PATH": str(tmp_path), "ONESOCKET_FIREFOX": "mine"}) == mine
    assert find_firefox({"PATH": ""}) is None
    with pytest.raises(UsageError, match="ONESOCKET_FIREFOX=nowhere"):
        find_firefox({"PATH": "", "ONESOCKET_FIREFOX": "nowhere"})


@pytest.mark.anyio
@pytest.mark.slow
async def test_a_firefox_that_does_not_start_is_said_in_three_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONESOCKET_FIREFOX", str(program(tmp_path, "broken", says="not today")))
    with pytest.raises(UsageError) as caught:
        await launched("firefox", headless=True).__aenter__()
    assert "no firefox can be started" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.anyio
@pytest.mark.slow
@pytest.mark.browser
async def test_firefox_shows_pages_of_two_browsers_that_share_nothing(firefox: Browser) -> None:
    for _ in range(2):
        page = await (await firefox.new_context()).new_page()
        await page.goto("data:text/html,<p>hello")
        assert await page.evaluate("document.body.textContent") == "hello"


def test_an_emulation_that_firefox_does_not_know_counts_as_done() -> None:
    asked = emulated(json.dumps({"id": 7, "method": "emulation.setMediaFeaturesOverride", "params": {}}))
    assert asked == 7
    answer = json.dumps({"type": "error", "id": 7, "error": "unknown command", "message": "x"}, separators=(",", ":"))
    assert json.loads(mended(answer, emulating={7})) == {"type": "success", "id": 7, "result": {}}


def test_any_other_answer_is_passed_on_as_it_is() -> None:
    unknown = json.dumps({"type": "error", "id": 8, "error": "unknown command"})
    assert mended(unknown, emulating={7}) == unknown
    for other in ('{"type": "success", "id": 7}', '{"type":"event","params":{"text":"\\"unknown command\\""}}'):
        assert mended(other, emulating={7}) == other


@pytest.mark.parametrize("command", ['{"id":1,"method":"script.evaluate","params":{"x":"emulation."}}', '{"id":2}'])
def test_only_emulation_is_emulation(command: str) -> None:
    assert emulated(command) is None


def _entry(text: str, *, type: str = "javascript", frames: int = 0) -> str:
    trace = {"stackTrace": {"callFrames": [{"functionName": "f"}] * frames}} if frames else {}
    params = {"type": type, "level": "error", "text": text, **trace}
    return json.dumps({"type": "event", "method": "log.entryAdded", "params": params}, separators=(",", ":"))


def test_what_firefox_remarks_by_itself_is_no_error_of_the_page() -> None:
    remark = "Firefox can\u2019t establish a connection to the server at ws://127.0.0.1:45679/ws."
    assert logged_by_itself(_entry(remark))
    assert logged_by_itself(
        _entry("The connection to ws://127.0.0.1:45679/ws was interrupted while the page was loading.")
    )
    for thrown in (
        _entry("SyntaxError: unexpected token: identifier"),
        _entry("uncaught exception: no socket at ws://127.0.0.1:45679/ws"),
        _entry("Error", frames=1),
        _entry(remark, type="console"),
        json.dumps({"id": 7, "result": {"value": remark}}),
    ):
        assert not logged_by_itself(thrown)

"""The page world before a page of our own that keeps to the contract, and before pages that do not."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import msgspec
import pytest
from playwright.async_api import Browser

from harness.errors import ControlFailed, TargetError, TargetUnreachable
from harness.history import (
    BrowserSettled,
    ConnectionOpened,
    ConnectionReady,
    History,
    IdentityChanged,
    PageError,
    PublishStarted,
    Received,
    RunEnded,
    Sent,
    Settled,
    StepFinished,
    TabClosed,
    TabOpened,
    TabReady,
    TabState,
    Uplink,
)
from harness.plan import Plan, parse_step
from harness.targets.control import Control
from harness.targets.file import Target, parse_target
from harness.targets.process import RunningTarget, running
from harness.worlds import page_tab
from harness.worlds.page import PageWorld
from harness.worlds.page_evidence import Evidence
from harness.worlds.world import Recorder, run_plan

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.browser]

DOUBLE = parse_target(
    {
        "name": "double",
        "url": "http://127.0.0.1:{port}",
        "start": ["{python}", "page_double.py", "{port}"],
        "users": {name: {"id": name, "login": {"user": name}} for name in ("ann", "ben", "boss")},
        "sign_in": {"path": "/sign_in/{user.id}"},
        "sign_out": {"path": "/sign_out"},
        "echo": {"channel": "d_core_echo", "send": {"text": "{text}"}, "receive": {"reply": "{text}"}},
        "broadcast": {
            "channel": "d_core_news", "path": "/news", "json": {"note": "{text}"}, "receive": {"note": "{text}"}
        },
        "send_to_user": {
            "channel": "d_core_private", "path": "/private/{user.id}", "json": {"title": "{text}"},
            "receive": {"title": "{text}"}, "as": "boss",
        },
        "page": {"mounted": True},
        "promises": {"failover_s": 0.2, "reconnect_s": 0.4, "delivery_s": 0.4, "half_open_s": 0.3},
    },
    where="test_page",
)  # fmt: skip


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def live() -> AsyncIterator[RunningTarget]:
    async with running(DOUBLE, folder=Path(__file__).parent) as target:
        yield target


async def _run(
    live: RunningTarget, browser: Browser, *steps: str, mode: str = "", mounted: bool | None = True,
    evidence: Evidence | None = None, path: str = "",
) -> History:  # fmt: skip
    """Carry out `steps` before the page in `mode`; whatever is raised goes out with the history as its note."""
    assert DOUBLE.page is not None
    page = msgspec.structs.replace(DOUBLE.page, path=path or f"/?mode={mode}", mounted=mounted)
    target: Target = msgspec.structs.replace(DOUBLE, page=page, url=live.url, start=())
    running_target = RunningTarget(target, folder=Path())
    recorder = Recorder(target, world="page", plan="test", clock=time.monotonic)
    control = Control(target, base_url=live.url)
    plan = Plan("test", tuple(parse_step(each) for each in steps))
    try:
        with anyio.fail_after(30):
            async with PageWorld(
                running_target, browser=browser, recorder=recorder, control=control, evidence=evidence
            ) as world:
                return await run_plan(plan, world)
    except TargetError as error:
        error.add_note(recorder.history.dump())
        raise
    finally:
        await control.aclose()


def _of(history: History, kind: type) -> list:  # type: ignore[type-arg]  # events of the kind that is asked for
    return [event for event in history if isinstance(event, kind)]


def _arrivals(history: History, observer: str) -> list[str]:
    return [event.tokens[0] for event in _of(history, Received) if event.observer == observer and event.tokens]


async def test_a_tab_is_opened_heard_and_closed(live: RunningTarget, browser: Browser) -> None:
    history = await _run(live, browser, "open a/1", "settle", "broadcast 2 times", "settle", "close a/1", "settle")
    assert [event.tab for event in _of(history, TabOpened)] == ["a/1"]
    assert [event.ready_state for event in _of(history, TabReady)] == [1]
    assert [event.how for event in _of(history, TabClosed)] == ["close"]
    heard = [event.token for event in _of(history, PublishStarted)]
    assert _arrivals(history, "a/1") == _arrivals(history, "a#1") == heard
    assert [(event.tabs, event.live_sockets) for event in _of(history, BrowserSettled)][-1] == (0, 0)
    assert all(event.complete for event in _of(history, Settled))
    assert _of(history, RunEnded)[-1].outcome == "done"


async def test_an_echo_is_recorded_on_its_way_up_and_back(live: RunningTarget, browser: Browser) -> None:
    history = await _run(live, browser, "open a/1", "settle", "echo a/1 2 times", "settle")
    sent = [event.token for event in _of(history, Sent)]
    assert [event.tokens for event in _of(history, Uplink)] == [(token,) for token in sent]
    assert [token for token in _arrivals(history, "a/1") if token in sent] == sent


async def test_a_private_message_reaches_who_signed_in(live: RunningTarget, browser: Browser) -> None:
    history = await _run(
        live, browser, "open a/1", "open b/1", "settle", "sign a/1 in as ada", "settle", "send_to_user ada", "settle"
    )
    private = [event.token for event in _of(history, PublishStarted) if event.kind == "private"]
    assert len(private) == 1
    assert private[0] in _arrivals(history, "a/1")
    assert private[0] not in _arrivals(history, "b/1")


async def test_an_identity_has_changed_once_the_answer_is_seen(live: RunningTarget, browser: Browser) -> None:
    history = await _run(live, browser, "open a/1", "settle", "sign a/1 in as ada", "settle", "sign a/1 out", "settle")
    changes = [index for index, event in enumerate(history) if isinstance(event, IdentityChanged)]
    opened = [index for index, event in enumerate(history) if isinstance(event, ConnectionOpened)]
    assert [history[index].user for index in changes] == ["ann", None]  # type: ignore[union-attr]  # filtered above
    assert opened[0] < changes[0] < opened[1] < changes[1] < opened[2]
    assert len(_of(history, ConnectionReady)) == 3


async def test_sockets_that_tabs_do_not_share_are_counted_and_waited_for_in_vain(
    live: RunningTarget, browser: Browser
) -> None:
    history = await _run(live, browser, "open a/1", "open a/2", "settle", "broadcast", "settle")
    assert {event.live_sockets for event in _of(history, BrowserSettled)} == {2}
    assert not any(event.complete for event in _of(history, Settled))


@pytest.mark.parametrize("how", ["reload", "crash"])
async def test_a_tab_that_starts_anew_is_another_life(live: RunningTarget, browser: Browser, how: str) -> None:
    history = await _run(live, browser, "open a/1", "settle", f"{how} a/1", "open a/1", "settle", "broadcast", "settle")
    assert [event.how for event in _of(history, TabClosed)] == [how]
    assert len(_of(history, TabOpened)) == 2
    assert all(event.complete for event in _of(history, Settled))


async def test_a_sign_in_by_full_load_is_a_reload(live: RunningTarget, browser: Browser) -> None:
    history = await _run(
        live, browser, "open a/1", "settle", "sign a/1 in as ada", "settle", "send_to_user ada", "settle",
        mode="full_load",
    )  # fmt: skip
    assert [event.ok for event in _of(history, IdentityChanged)] == [True]
    assert [event.how for event in _of(history, TabClosed)] == ["reload"]
    private = next(event.token for event in _of(history, PublishStarted) if event.kind == "private")
    assert _arrivals(history, "a/1").count(private) == 1


async def test_channels_are_mounted_where_the_page_does_not(live: RunningTarget, browser: Browser) -> None:
    for mounted in (False, None):
        history = await _run(
            live, browser, "open a/1", "settle", "broadcast", "settle", mode="must_mount", mounted=mounted
        )
        assert all(event.complete for event in _of(history, Settled)), mounted
        assert len(_arrivals(history, "a/1")) >= 2


async def test_a_page_that_mounts_by_itself_is_found_out(live: RunningTarget, browser: Browser) -> None:
    history = await _run(live, browser, "open a/1", "settle", "broadcast", "settle", mounted=None)
    assert all(event.complete for event in _of(history, Settled))


async def test_data_without_a_channel_is_recorded_with_its_token(live: RunningTarget, browser: Browser) -> None:
    history = await _run(live, browser, "open a/1", "settle", "broadcast", "settle", mode="bare")
    assert {event.channel for event in _of(history, Received) if event.observer == "a/1"} == {""}
    assert len(_arrivals(history, "a/1")) >= 2


@pytest.mark.parametrize("mode", ["alert", "busy"])
async def test_a_page_that_stalls_is_waited_for(live: RunningTarget, browser: Browser, mode: str) -> None:
    history = await _run(live, browser, "open a/1", "settle", "broadcast", "settle", mode=mode)
    assert _of(history, RunEnded)[-1].outcome == "done"
    assert _of(history, Settled)[-1].complete


async def test_what_a_page_answers_too_late_is_taken_all_the_same_and_once(
    live: RunningTarget, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_tab, "LOOK_TIMEOUT_S", 0.2)
    history = await _run(live, browser, "open a/1", "settle", "broadcast 2 times", "settle", mode="late")
    assert None in [event.ready_state for event in _of(history, TabState)]
    arrived = _arrivals(history, "a/1")
    assert len(arrived) == len(set(arrived)) >= 3
    assert _of(history, Settled)[-1].complete


async def test_an_error_in_a_page_is_recorded(live: RunningTarget, browser: Browser) -> None:
    history = await _run(live, browser, "open a/1", "settle", mode="error")
    assert [(event.tab, event.text) for event in _of(history, PageError)] == [("a/1", "oops")]


@pytest.mark.parametrize(
    ("mode", "step", "named"),
    [
        ("no_hooks", "settle", "window.realtime"),
        ("nonsense", "settle", "received()"),
        ("forgetful", "broadcast 3 times", "received()"),
        ("send_throws", "echo a/1", "window.realtime.send"),
        ("never_answers", "sign a/1 in as ada", "window.realtime.signIn"),
        ("past_the_proxy", "settle", "past the proxy"),
    ],
)
@pytest.mark.usefixtures("impatient")
async def test_a_page_that_breaks_the_contract_is_named_in_three_lines(
    live: RunningTarget, browser: Browser, mode: str, step: str, named: str
) -> None:
    with pytest.raises(ControlFailed) as caught:
        await _run(live, browser, "open a/1", "broadcast", step, "settle", mode=mode)
    assert named in str(caught.value)
    assert len(str(caught.value).splitlines()) == 3


async def test_a_page_that_is_not_there_is_named(live: RunningTarget, browser: Browser) -> None:
    with pytest.raises(ControlFailed, match="410"):
        await _run(live, browser, "open a/1", path="/gone")


async def test_a_target_that_is_gone_is_named(browser: Browser) -> None:
    async with running(DOUBLE, folder=Path(__file__).parent) as doomed:
        await doomed.stop(kill=True)
        with pytest.raises(TargetUnreachable):
            await _run(doomed, browser, "open a/1")


async def test_steps_that_make_no_sense_are_left_out(live: RunningTarget, browser: Browser) -> None:
    history = await _run(
        live, browser, "close a/1", "echo a/1", "sign a/2 in as ada", "broadcast from a/1", "open a/1 from http://evil",
        "open a/1", "open a/1", "sign a/1 out keeping the socket", "kill and restart the server",
    )  # fmt: skip
    outcomes = [event.outcome for event in _of(history, StepFinished)]
    assert outcomes == ["skipped"] * 5 + ["done"] + ["skipped"] * 3


async def test_large_texts_are_published_and_sent_where_they_may_be(live: RunningTarget, browser: Browser) -> None:
    history = await _run(
        live, browser, "broadcast a text of 72 kB", "echo a/1 a text of 72 kB", "open a/1", "settle",
        "broadcast a text of 72 kB", "echo a/1 a text of 72 kB", "broadcast a text of 900 kB", "settle",
    )  # fmt: skip
    notes = [event.note for event in _of(history, StepFinished) if event.outcome == "skipped"]
    assert notes == ["it is not open", "that is more than the target promises to take"]
    published = [event.token for event in _of(history, PublishStarted) if "characters" in str(event.expected)]
    sent = [event.token for event in _of(history, Sent)]
    assert {*published[1:], *sent} <= set(_arrivals(history, "a/1"))


async def test_a_stray_message_is_sent_on_its_channel(live: RunningTarget, browser: Browser) -> None:
    history = await _run(
        live, browser, "open a/1", "settle", 'send a/1 on "d_core_other"', "settle", "broadcast from a/1"
    )
    assert [(event.channel, event.kind) for event in _of(history, Sent)] == [("d_core_other", "stray")]
    assert "a" in [event.by for event in _of(history, PublishStarted)]


async def test_evidence_is_saved_on_demand(live: RunningTarget, browser: Browser, tmp_path: Path) -> None:
    await _run(live, browser, "open a/1", "broadcast", evidence=Evidence(tmp_path / "evidence", traced=True))
    names = sorted(each.name for each in (tmp_path / "evidence").iterdir())
    assert names == ["a-1.png", "a.frames.log", "a.trace.zip"]
    log = (tmp_path / "evidence" / "a.frames.log").read_text("utf-8")
    assert "GET / -> 200" in log
    assert '< {"id":"d_core_news"' in log


async def test_no_evidence_is_kept_of_what_shows_nothing(live: RunningTarget, browser: Browser, tmp_path: Path) -> None:
    await _run(live, browser, "open a/1", evidence=Evidence(tmp_path / "evidence", traced=True, wanted=lambda: False))
    assert not (tmp_path / "evidence").exists()

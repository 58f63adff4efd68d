"""Pages that are hostile or odd: each ends in three lines, in a finding, or in nothing at all; never in a hang."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

import anyio
import msgspec
import pytest
from playwright.async_api import Browser

from harness.checks.registry import judge
from harness.errors import TargetError, UsageError
from harness.plan import Plan, parse_step
from harness.targets.control import Control
from harness.targets.process import RunningTarget, running
from harness.worlds import page_call, page_load
from harness.worlds.chromium import chromium
from harness.worlds.page import PageWorld
from harness.worlds.world import Recorder, run_plan
from tests.worlds import hostile_page
from tests.worlds.test_page import DOUBLE

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.browser]

ROOT = Path(__file__).resolve().parent.parent.parent
AT_ONCE = 4
DEADLINE_S = 90.0
"""A hang is found; what only takes its time on a machine with much else to do is none."""
LARGEST_HISTORY = 200_000
FINE = ""
EITHER = "a finding, or three lines"
NO_HOOKS, NO_ANSWER, NO_LOAD, ELSEWHERE = "offers no hooks", "does not answer", "does not load", "another origin"
IN_VAIN = "does not"  # load, or answer: as soon as it spins, or between two alerts
WAITED_FOR = {NO_HOOKS, NO_ANSWER, NO_LOAD, ELSEWHERE, IN_VAIN}
EXPECTED = {
    "odd_but_right": FINE,
    "takes_its_time": FINE,
    "takes_longer_than_a_look": FINE,
    "closes_itself": FINE,
    "strict_policy": FINE,
    "service_worker": FINE,
    "alerts_for_ever": IN_VAIN,
    "spins_while_loading": NO_LOAD,
    "never_answers": NO_LOAD,
    "spins": IN_VAIN,
    "answers_once_and_spins": NO_ANSWER,
    "spins_once_signed_out": NO_ANSWER,
    "goes_away": NO_HOOKS,
    "goes_to_another_origin": ELSEWHERE,
    "redirects": ELSEWHERE,
    "hears_past_the_proxy_in_a_worker": "the proxy",
    "loads_itself_again_and_again": EITHER,
    "state_never_settles": NO_ANSWER,
    "state_throws": "no state today",
    "state_is_nonsense": "from 0 to 3",
    "received_is_an_object": "an array",
    "received_is_huge": "longer than",
    "received_is_endless": "more than",
    "hooks_getter_throws": "not for you",
    "state_getter_throws": "not for you",
    "user_cannot_be_said": "threw",
    "throws_odd_things": "window.realtime.send",
    "breaks_builtins": "builtins",
}
STEPS = (
    "open a/1",
    "settle",
    "broadcast",
    "settle",
    "reload a/1",
    "sign a/1 in as ann",
    "echo a/1",
    "settle",
    "sign a/1 out",
)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a trial of one page ended."""

    error: str
    findings: int
    history_bytes: int
    took_s: float


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def ended() -> dict[str, Ended]:
    """Try all pages, some at a time, and return how each ended."""
    target = msgspec.structs.replace(
        DOUBLE, start=("{python}", "-m", "tests.worlds.hostile_page", "{port}"), ready="/nothing"
    )
    found: dict[str, Ended] = {}
    limit = anyio.CapacityLimiter(AT_ONCE)
    async with contextlib.AsyncExitStack() as stack:
        try:
            browser = await stack.enter_async_context(chromium())
        except UsageError as error:
            pytest.skip(f"no browser: {error.what}")
        live = await stack.enter_async_context(running(target, folder=ROOT))

        async def one(name: str) -> None:
            async with limit:
                found[name] = await _try(name, live, browser)

        async def these(names: list[str]) -> None:
            async with anyio.create_task_group() as group:
                for name in names:
                    group.start_soon(one, name)

        await these([name for name, wanted in EXPECTED.items() if wanted not in WAITED_FOR])
        with pytest.MonkeyPatch.context() as patch:
            # Those that are waited for in vain come last: some of them spin, and nobody need wait long for them. Long
            # enough all the same for a slow machine to see what has come instead of a page that is gone.
            patch.setattr(page_call, "HOOK_TIMEOUT_S", 3.0)
            patch.setattr(page_load, "LOAD_TIMEOUT_S", 5.0)
            await these([name for name, wanted in EXPECTED.items() if wanted in WAITED_FOR])
    return found


async def _try(name: str, live: RunningTarget, browser: Browser) -> Ended:
    assert DOUBLE.page is not None
    page = msgspec.structs.replace(DOUBLE.page, path=f"/odd/{name}")
    target = msgspec.structs.replace(DOUBLE, page=page, url=live.url, start=())
    recorder = Recorder(target, world="page", plan=name, clock=time.monotonic)
    control = Control(target, base_url=live.url)
    started_s, said = time.monotonic(), ""
    try:
        with anyio.fail_after(DEADLINE_S):
            world = PageWorld(
                RunningTarget(target, folder=Path()), browser=browser, recorder=recorder, control=control
            )  # fmt: skip
            async with world:
                await run_plan(Plan(name, tuple(parse_step(each) for each in STEPS)), world)
    except TargetError as error:
        said = str(error)
    finally:
        await control.aclose()
    findings = [each for each in judge(recorder.history, promises=target.promises).findings if each.level != "late"]
    return Ended(said, len(findings), len(recorder.history.dump()), time.monotonic() - started_s)


@pytest.mark.parametrize("name", EXPECTED)
async def test_it_ends_as_it_should(name: str, ended: dict[str, Ended]) -> None:
    how, wanted = ended[name], EXPECTED[name]
    assert how.took_s < DEADLINE_S
    assert how.history_bytes < LARGEST_HISTORY
    if wanted == EITHER:
        assert how.findings or how.error
    elif wanted == FINE:
        assert (how.error, how.findings) == ("", 0)
    else:
        assert wanted in how.error
        assert how.findings == 0, "a page that cannot be asked breaks nothing that could be told"
    assert len(how.error.splitlines()) in {0, 3}


def test_every_page_is_tried() -> None:
    special = {"never_answers", "redirects", "strict_policy", "service_worker"}
    assert set(EXPECTED) == {*hostile_page.FIRST, *hostile_page.THEN, *special}

"""Steps at the same time: a lane a browser, none waits for another's, and no lane's error costs the others."""

from __future__ import annotations

import anyio
import pytest

from harness.errors import ControlFailed
from harness.plan import Broadcast, BrowserId, Close, Echo, Open, SendToUser, Tab, TogetherStep
from harness.worlds.at_once import lanes, perform_at_once

pytestmark = pytest.mark.anyio
A, B = Tab(BrowserId("a")), Tab(BrowserId("b"))


async def test_a_browsers_steps_are_one_lane_in_their_order() -> None:
    steps: list[TogetherStep] = [Open(A), Broadcast(), Open(B), Close(A), SendToUser("ada")]
    assert lanes(steps) == [[Open(A), Close(A)], [Broadcast()], [Open(B)], [SendToUser("ada")]]


async def test_lanes_do_not_wait_for_each_other() -> None:
    met = anyio.Event()

    async def perform(step: TogetherStep) -> str | None:
        if step == Open(A):
            with anyio.fail_after(2.0):
                await met.wait()
        else:
            met.set()
        return None

    assert await perform_at_once([Open(A), Broadcast()], perform) is None


async def test_an_error_ends_its_own_lane_and_is_raised_when_all_are_done() -> None:
    done: list[TogetherStep] = []

    async def perform(step: TogetherStep) -> str | None:
        if step == Open(A):
            raise ControlFailed("refused", where="here", todo="nothing")
        await anyio.lowlevel.checkpoint()
        done.append(step)
        return None

    with pytest.raises(ControlFailed):
        await perform_at_once([Open(A), Echo(A), Open(B)], perform)
    assert done == [Open(B)]


async def test_it_was_left_out_only_if_every_step_was() -> None:
    async def perform(step: TogetherStep) -> str | None:
        return "it has no connection" if isinstance(step, Echo) else None

    assert await perform_at_once([Echo(A), Echo(B)], perform) == "it has no connection"
    assert await perform_at_once([Echo(A), Open(B)], perform) is None

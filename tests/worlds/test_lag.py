"""How late the machine is, by our own loop and by what answers at once."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from harness.history import Lag
from harness.worlds.lag import USUAL_S, LagMeter
from harness.worlds.world import Recorder
from tests.worlds.test_page_browser import TARGET

pytestmark = pytest.mark.anyio


@pytest.mark.slow
async def test_what_answers_late_is_counted_and_told() -> None:
    recorder = Recorder(TARGET, world="page", plan="", clock=anyio.current_time)
    meter = LagMeter(recorder)
    with anyio.move_on_after(0.7):
        await meter.ask(lambda: anyio.sleep(0.3))
    assert meter.total_s >= 0.3 - USUAL_S
    assert [each.lag_s >= 0.2 for each in recorder.history if isinstance(each, Lag)][:1] == [True]


async def test_what_answers_at_once_is_not_late() -> None:
    recorder = Recorder(TARGET, world="page", plan="", clock=lambda: 0.0)
    meter = LagMeter(recorder)
    with anyio.move_on_after(0.2):
        await meter.ask(anyio.lowlevel.checkpoint)
    assert meter.total_s == 0
    assert not any(isinstance(each, Lag) for each in recorder.history)

"""How late the machine is, by our own loop and by what answers at once."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from harness.history import Lag
from harness.worlds.lag import ASK_EVERY_S, USUAL_S, LagMeter
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


@pytest.mark.slow
async def test_an_answer_that_is_overdue_is_waited_for() -> None:
    recorder = Recorder(TARGET, world="page", plan="", clock=anyio.current_time)
    meter = LagMeter(recorder)
    async with anyio.create_task_group() as group:
        group.start_soon(meter.ask, lambda: anyio.sleep(0.6))
        await anyio.sleep(ASK_EVERY_S + 0.2)
        assert not any(isinstance(each, Lag) for each in recorder.history)
        await meter.caught_up()
        assert [each.lag_s >= 0.5 for each in recorder.history if isinstance(each, Lag)] == [True]
        group.cancel_scope.cancel()


@pytest.mark.slow
async def test_who_never_answers_is_late_no_longer_than_it_was_waited_for() -> None:
    recorder = Recorder(TARGET, world="page", plan="", clock=anyio.current_time)
    meter = LagMeter(recorder)

    async def never() -> None:
        with anyio.fail_after(0.3):
            await anyio.sleep_forever()

    with pytest.raises(TimeoutError):
        await meter.ask(never)
    late_s = meter.total_s
    await anyio.sleep(0.1)
    assert meter.total_s == late_s >= 0.2
    await meter.caught_up()
    assert [isinstance(each, Lag) for each in recorder.history][-1:] == [True]

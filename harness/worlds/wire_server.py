"""The life of the target's process in the wire world: restart, a kill while messages are under way, a death.

Records what happened; what a death means is for the checks.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

import anyio

from harness.errors import TargetError
from harness.history import StepStarted, TargetDied, TargetRestarted, TargetRestarting, TargetStopped
from harness.plan import KillDuringBroadcasts
from harness.worlds.wire_clients import WireClients
from harness.worlds.world import Recorder, publish

WATCH_S = 0.05
UNDER_WAY_S = 5.0
"""How long to wait for a part of the broadcasts before the kill."""


async def restart(clients: WireClients, *, kill: bool, open_tabs: Mapping[str, Sequence[int]] | None = None) -> None:
    """Stop the process, start it again on the same address, and have every browser come back.

    `open_tabs`, by browser, are those to come back, where others than are open now.

    Raises:
        TargetError: it does not come back.
    """
    open_tabs = _open_tabs(clients) if open_tabs is None else open_tabs
    await _stop_and_start(clients, kill=kill)
    await _come_back(clients, open_tabs)


async def kill_during_broadcasts(clients: WireClients, step: KillDuringBroadcasts) -> None:
    """Kill the process while broadcasts are under way; one that got no answer may have been carried out or not."""
    open_tabs, answered = _open_tabs(clients), 0
    enough = anyio.Event()

    async def broadcast_on() -> None:
        nonlocal answered
        with contextlib.suppress(TargetError):
            for _ in range(step.times):
                await publish(clients.recorder, clients.control)
                answered += 1
                if answered >= step.times // 3:
                    enough.set()
        enough.set()

    async with anyio.create_task_group() as group:
        group.start_soon(broadcast_on)
        with anyio.move_on_after(UNDER_WAY_S):
            await enough.wait()
        await _stop_and_start(clients, kill=True)
        group.cancel_scope.cancel()
    await _come_back(clients, open_tabs)


async def watch(clients: WireClients, *, proves: tuple[str, ...]) -> None:
    """Record it, once, when the process ends by itself; runs until cancelled."""
    while clients.live.died is None:  # noqa: ASYNC110 # a Popen has no event to wait for
        await anyio.sleep(WATCH_S)
    note_death(clients, proves=proves)


def note_death(clients: WireClients, *, proves: tuple[str, ...]) -> None:
    """Record that the process has ended by itself, if it has and nobody has recorded it yet."""
    recorder, code = clients.recorder, clients.live.died
    if code is None or recorder.model.facts(TargetDied):
        return
    recorder.record(
        TargetDied(
            at_s=recorder.now(),
            code=code,
            last_line=clients.live.last_line,
            output=clients.live.last_lines,
            step=_last_step(recorder),
            proves=proves,
        )
    )


def _last_step(recorder: Recorder) -> str:
    for index in range(len(recorder.history) - 1, -1, -1):
        event = recorder.history[index]
        if isinstance(event, StepStarted) and event.step != "settle":
            return event.step
    return ""


async def _stop_and_start(clients: WireClients, *, kill: bool) -> None:
    recorder, live = clients.recorder, clients.live
    died, output = live.died, live.last_lines if live.died is not None else ()
    recorder.record(TargetRestarting(at_s=recorder.now(), kill=kill, died=died, output=output))
    ended = await live.end(kill=kill)
    if ended is not None:
        waited_s = round(ended.waited_s, 3)
        recorder.record(TargetStopped(at_s=recorder.now(), code=ended.code, waited_s=waited_s, killed=ended.killed))
    await live.start()
    clients.control.forget_sessions()
    recorder.record(TargetRestarted(at_s=recorder.now()))


def _open_tabs(clients: WireClients) -> dict[str, list[int]]:
    return {browser.name: browser.tabs for browser in clients.browsers.values() if browser.tabs}


async def _come_back(clients: WireClients, open_tabs: Mapping[str, Sequence[int]]) -> None:
    for name, tabs in open_tabs.items():
        browser = clients.browsers[name]
        if browser.user is not None:
            await clients.change_user(browser, browser.user)
        for tab in tabs:
            if browser.current(tab) is None:
                await clients.open(browser, tab)

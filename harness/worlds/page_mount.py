"""Whether tabs must mount a target's channels themselves: what its file says, or what one broadcast shows."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import anyio

from harness.targets.control import Control
from harness.targets.process import RunningTarget
from harness.worlds.page_tab import POLL_S, PageTab
from harness.worlds.world import Recorder, publish

UNMOUNTED_S = 1.0
_found: WeakKeyDictionary[RunningTarget, bool] = WeakKeyDictionary()
"""What was found out in this session, so that it is asked once."""


def must_mount(running: RunningTarget) -> bool | None:
    """Return whether tabs must mount the channels; None until it was found out."""
    page = running.target.page
    if page is not None and page.mounted is not None:
        return not page.mounted
    return _found.get(running)


async def find_out_mounting(running: RunningTarget, tab: PageTab, *, recorder: Recorder, control: Control) -> None:
    """Decide it for the open `tab` and those to come: does it hear a broadcast without having mounted anything?"""
    tab.mounts = False
    if tab.last is not None and tab.last.mounts:
        token = await publish(recorder, control)
        model = recorder.model
        key = model.tabs[tab.id].key
        tab.mounts = None
        with anyio.move_on_after(UNMOUNTED_S):
            while not model.delivered(key, token):
                await anyio.sleep(POLL_S)
                await tab.look()
        tab.mounts = not model.delivered(key, token)
    _found[running] = tab.mounts

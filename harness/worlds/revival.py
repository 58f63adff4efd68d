"""A target that a client broke is started again, so that what comes after it is judged by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.history import TargetRestarted, TargetRestarting
from harness.worlds.wire_clients import WireClients


async def revive(clients: WireClients, tabs: Mapping[str, Sequence[int]]) -> None:
    """Kill the target and start it, sign in who was signed in, and open `tabs`, by browser, as far as they are closed.

    Raises:
        TargetError: it does not come back.
    """
    recorder = clients.recorder
    recorder.record(TargetRestarting(at_s=recorder.now(), kill=True))
    await clients.live.restart(kill=True)
    clients.control.forget_sessions()
    recorder.record(TargetRestarted(at_s=recorder.now()))
    for name, numbers in tabs.items():
        browser = clients.browsers[name]
        if browser.user is not None:
            await clients.change_user(browser, browser.user)
        for number in numbers:
            if browser.current(number) is None:
                await clients.open(browser, number)

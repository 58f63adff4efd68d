"""The settle of the wire world: waiting for all that is owed, and for sockets that have some time left to end."""

from __future__ import annotations

from harness.history import Settled
from harness.model.duty import owed, sign_out_grace_s
from harness.model.model import Model
from harness.model.state import Connection
from harness.worlds.settling import overtaken
from harness.worlds.wire_clients import WireClients
from harness.worlds.world import publish

MOST_LATE_S = 10.0
"""How much longer to wait, at the most, on a machine that is late all the time."""
OVERTAKEN_S = 0.3
"""How long to go on waiting for messages that later ones on the same channel have overtaken."""


async def settle(clients: WireClients) -> None:
    """Wait until all that is owed arrived, and every socket was flushed or had its time to be ended."""
    recorder = clients.recorder
    started = recorder.now()
    await _await_owed(clients)
    await _await_sign_outs(clients)
    if any(message.kind in {"private", "stray"} for message in recorder.model.unsettled):
        for control in clients.place.controls():
            await publish(recorder, control)
    for browser in clients.browsers.values():
        for peer in browser.open_peers:
            if not peer.foreign:
                await clients.send_echo(peer)
    complete = await _await_owed(clients)
    now = recorder.now()
    recorder.record(Settled(at_s=now, waited_s=now - started, complete=complete))


async def _await_owed(clients: WireClients) -> bool:
    model = clients.recorder.model
    if await clients.until(lambda: overtaken(model, owed(model)), timeout_s=clients.patience_s):
        return await clients.until(lambda: not any(owed(model)), timeout_s=OVERTAKEN_S)
    return False


async def _await_sign_outs(clients: WireClients) -> None:
    """Give the server its time to end sockets that outlived their session, less when it is quicker.

    What is published after it is judged: a server that is late with us has the more time, and we wait for that as well.
    """
    recorder, model = clients.recorder, clients.recorder.model
    kept = [
        peer.connection
        for browser in clients.browsers.values()
        for peer in browser.open_peers
        if peer.connection is not None and _outlived_its_user(model, model.connections[peer.id])
    ]
    spans = [span for browser in clients.browsers for span in model.browser(browser).spans]

    def over_s() -> float:
        grace_s = sign_out_grace_s(model, recorder.now())
        return max((each.until.at_s + max(grace_s, each.soft_s) for each in spans if each.until), default=0.0)

    until_s = over_s() + MOST_LATE_S
    while any(each.open for each in kept) and (timeout_s := min(over_s(), until_s) - recorder.now()) > 0:
        await clients.until(lambda: not any(each.open for each in kept), timeout_s=timeout_s + 0.05)


def _outlived_its_user(model: Model, connection: Connection) -> bool:
    """Whether it was opened as a user whom its browser is no longer; a guest's has nobody to lose."""
    browser = model.browser(connection.browser)
    then = browser.users(connection.opening, connection.opened or connection.opening)
    now = {span.user for span in browser.spans if span.until is None}
    return connection.replayed or bool(then - {None} - now)

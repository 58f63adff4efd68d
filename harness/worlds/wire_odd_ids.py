"""Private messages to what is no id: whatever the server makes of the request, it is only asked. Judges nothing."""

from __future__ import annotations

import contextlib

import anyio

from harness.errors import TargetUnreachable
from harness.wire.odd_ids import odd_ids
from harness.worlds.wire_clients import WireClients
from harness.worlds.world import publish

ANSWER_S = 2.0
"""How long an answer is waited for: a server may leave what it can make nothing of without any."""


async def send_to_odd_ids(clients: WireClients, user: str) -> None:
    """Ask for one message to each thing that is no id or another form of the user's, where the request can carry it."""
    target, control = clients.target, clients.control
    taken = frozenset(str(each.id) for each in target.users.values())
    for odd in odd_ids(target.users[user].id, taken=taken):
        if not control.takes(odd) or clients.live.died is not None:
            continue
        with contextlib.suppress(TargetUnreachable), anyio.move_on_after(ANSWER_S):
            await publish(clients.recorder, control, to_odd=odd)

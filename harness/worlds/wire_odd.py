"""The steps of clients that send what no right client sends: to whom each belongs in the wire world."""

from __future__ import annotations

from harness.plan import (
    ClaimIdentity,
    EchoBare,
    Forge,
    MakeThrow,
    MalformedStep,
    PublishBare,
    SendOnStrangers,
    SendPoison,
    SendText,
)
from harness.worlds.wire_bare import echo_bare, publish_bare
from harness.worlds.wire_clients import WireClients
from harness.worlds.wire_forgery import claim_identity, forge
from harness.worlds.wire_malformed import send_odd


async def perform_odd(clients: WireClients, step: MalformedStep) -> str | None:
    """Carry out one step; the note says why it was left out."""
    match step:
        case PublishBare():
            await publish_bare(clients, step)
            return None
        case ClaimIdentity(tab):
            return await claim_identity(clients, clients.browser(tab.browser), step)
    peer = clients.current(step.tab)
    if peer is None:
        return "it has no open connection"
    match step:
        case SendText() | SendPoison() | SendOnStrangers() | MakeThrow():
            return await send_odd(clients, peer, step)
        case Forge():
            return await forge(clients, peer, step)
        case EchoBare():
            await echo_bare(clients, peer)
    return None

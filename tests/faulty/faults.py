"""All faulty implementations by name. Each area has its module, whose FAULTS are listed here once."""

from __future__ import annotations

from tests.faulty import (
    client,
    client_hand_over,
    client_lead,
    client_life,
    client_network,
    client_relay,
    client_views,
    frames,
    handshake,
    identity,
    instances,
    malformed,
    messages,
    network,
    odd_ids,
    races,
)
from tests.faulty.fault import Fault

SERVER_FAULTS: tuple[Fault, ...] = (
    *messages.FAULTS,
    *frames.FAULTS,
    *handshake.FAULTS,
    *identity.FAULTS,
    *instances.FAULTS,
    *malformed.FAULTS,
    *races.FAULTS,
    *network.FAULTS,
    *odd_ids.FAULTS,
)
CLIENT_FAULTS: tuple[Fault, ...] = (
    *client.FAULTS,
    *client_hand_over.FAULTS,
    *client_lead.FAULTS,
    *client_life.FAULTS,
    *client_network.FAULTS,
    *client_relay.FAULTS,
    *client_views.FAULTS,
)
FAULTS = {fault.name: fault for fault in (*SERVER_FAULTS, *CLIENT_FAULTS)}

"""When nothing is owed between instances: from the loss of the broker, or garbage on it, until messages cross again.

What local delivery does meanwhile is a policy, and what is published may come late or twice. A loss that never ended
is a finding by itself, so nothing else is demanded after it.
"""

from __future__ import annotations

from harness.history import BrokerReturned, BrokerStopped, Event, GarbagePublished, GarbagePublishing
from harness.model.model import Model
from harness.model.state import Moment

_BEGINNINGS: tuple[type[Event], ...] = (BrokerStopped, GarbagePublishing)


def cut_off(model: Model, since: Moment, until: Moment) -> bool:
    """Whether the broker was away, or digesting garbage, at any time between two moments."""
    for kind in _BEGINNINGS:
        for begun, _ in model.facts(kind):
            if begun.index <= until.index and not any(
                begun.index < over.index < since.index for over in _recoveries(model)
            ):
                return True
    return False


def _recoveries(model: Model) -> list[Moment]:
    returned = [moment for moment, event in model.facts(BrokerReturned) if event.crossed]
    return returned + [moment for moment, event in model.facts(GarbagePublished) if event.crossed]

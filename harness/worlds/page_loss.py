"""How much each tab missed, or was told twice, of a stream of messages while tabs changed hands: told, not judged.

What is lost in a hand-over is owed to nobody; how much it is tells one implementation from another.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from harness.history import StreamCounted
from harness.model.model import Model
from harness.model.state import Message
from harness.plan import AtOnce, Broadcast

FEWEST_MESSAGES = 20
"""Fewer are no stream to count."""


def is_stream(step: AtOnce) -> bool:
    """Tell whether a stream of broadcasts is part of what is done at once."""
    return any(isinstance(each, Broadcast) and each.times >= FEWEST_MESSAGES for each in step.steps)


def counted(model: Model, tabs: Iterable[str], *, first: int, at_s: float) -> list[StreamCounted]:
    """Return a count a tab of the broadcasts from number `first` on, among those that were accepted."""
    messages = [each for each in list(model.messages.values())[first:] if each.kind == "broadcast" and each.accepted]
    return [_count(model, tab, messages, at_s=at_s) for tab in tabs]


def _count(model: Model, tab: str, messages: list[Message], *, at_s: float) -> StreamCounted:
    arrived = [model.delivered(model.tabs[tab].key, message.token) for message in messages]
    order = [each[0].moment.index for each in arrived if each]
    return StreamCounted(
        at_s=at_s,
        tab=tab,
        asked=len(messages),
        missing=sum(not each for each in arrived),
        twice=sum(len(each) > 1 for each in arrived),
        disordered=sum(later < earlier for earlier, later in itertools.pairwise(order)),
    )

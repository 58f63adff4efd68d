"""When to stop waiting: pure decisions over the model that every world's settle uses."""

from __future__ import annotations

from collections.abc import Iterable

from harness.model.duty import Owed
from harness.model.model import Model


def overtaken(model: Model, missing: Iterable[Owed]) -> bool:
    """Whether each missing message was overtaken: its observer got a later one of the same channel and instance.

    True also when nothing is missing. Such a message is lost or out of order, so that waiting the whole promise for it
    changes only which of the two a finding says.
    """
    return all(_was_overtaken(model, each) for each in missing)


def _was_overtaken(model: Model, missing: Owed) -> bool:
    message = model.messages[missing.token]
    life = model.tabs.get(missing.observer)
    arrived = model.deliveries[life.key if life else missing.observer]
    return any(
        (later.channel, later.instance) == (message.channel, message.instance)
        and later.started.index > message.started.index
        for token, found in arrived.items()
        if found and (later := model.messages.get(token)) is not None
    )

"""Typed channels: the contract both ends share. An id is `{plugin}_{module}_{name}`.

The format is ambiguous when a part holds `_` (a_b + c reads like a + b_c), so ids are compared whole and
`Registry` refuses a second channel with the same full id. Knows nothing of connections.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, Never, NewType, TypeVar

import msgspec

from harness.errors import UsageError

ChannelId = NewType("ChannelId", str)

SendT = TypeVar("SendT")
ReceiveT = TypeVar("ReceiveT")


@dataclass(frozen=True, slots=True)
class Channel(Generic[SendT, ReceiveT]):
    """One channel: what a client sends on it and what a client receives on it, both as types.

    `send` is None on a broadcast-only channel: a client's message on it reaches nobody.
    """

    plugin: str
    module: str
    name: str
    send: type[SendT] | None
    receive: type[ReceiveT]

    id: ChannelId = field(init=False)
    """The full id as it stands in every envelope."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", ChannelId(f"{self.plugin}_{self.module}_{self.name}"))

    def check(self, data: ReceiveT) -> None:
        """Refuse data that is not of this channel's receive type.

        Raises: TypeError, naming the channel and both types.
        """
        if not isinstance(data, self.receive):
            raise TypeError(f"channel {self.id} carries {self.receive.__name__} to clients, not {type(data).__name__}")


def channel(
    name: str, *, plugin: str, module: str, send: type[SendT], receive: type[ReceiveT]
) -> Channel[SendT, ReceiveT]:
    """Return a channel that clients send on and receive from.

    Raises: UsageError, when a part of the id is empty or holds white space.
    """
    _check_parts(plugin, module, name)
    return Channel(plugin, module, name, send, receive)


def broadcast_channel(name: str, *, plugin: str, module: str, receive: type[ReceiveT]) -> Channel[Never, ReceiveT]:
    """Return a channel that only the server speaks on.

    Raises: UsageError, when a part of the id is empty or holds white space.
    """
    _check_parts(plugin, module, name)
    return Channel(plugin, module, name, None, receive)


def _check_parts(*parts: str) -> None:
    for part in parts:
        if not part or any(letter.isspace() for letter in part):
            raise UsageError(
                "a part of a channel id is empty or holds white space",
                where=f"plugin, module, name = {parts!r}",
                todo="give all three parts as words without spaces",
            )


class Empty(msgspec.Struct, frozen=True):
    """The send type of channels that are only asked: an object, whatever is in it."""

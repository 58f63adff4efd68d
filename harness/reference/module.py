"""Message handlers, and modules that register routes and sockets together.

`Registry` refuses what could send a message to the wrong place: two channels with one full id, a channel of
another module, a handler on a broadcast-only channel. Knows nothing of connections.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import msgspec
from starlette.routing import BaseRoute

from harness.errors import UsageError
from harness.reference.channel import Channel, ChannelId
from harness.reference.context import Context
from harness.reference.done import DONE

SendT = TypeVar("SendT")
ReceiveT = TypeVar("ReceiveT")
SendT_contra = TypeVar("SendT_contra", contravariant=True)
ReceiveT_co = TypeVar("ReceiveT_co", covariant=True)


Hearer: TypeAlias = Callable[[msgspec.Raw], Awaitable[None] | None]


class OnMessage(Protocol[SendT_contra, ReceiveT_co]):
    """A handler: `data` is parsed and typed; `send` answers on the same channel, to this connection only."""

    def __call__(
        self, *, data: SendT_contra, send: Callable[[ReceiveT_co], None], context: Context
    ) -> Awaitable[None] | None:
        """Handle one message, now or as soon as what is returned is done; what it raises is logged, and told nobody."""
        ...


@dataclass(frozen=True, slots=True)
class WebSocketHandler(Generic[SendT, ReceiveT]):
    """What happens when a client speaks on a channel."""

    channel: Channel[SendT, ReceiveT]
    send_type: type[SendT]
    on_message: OnMessage[SendT, ReceiveT]
    description: str

    def hearer(self, *, send: Callable[[object], None], context: Context) -> Hearer:
        """Return what one connection's messages on this channel are handed to: each is parsed, and the handler called.

        Data of another shape is ignored. What it returns is still to be waited for, if anything is.
        """
        read, check, on_message = msgspec.json.Decoder(self.send_type).decode, self.channel.check, self.on_message

        def reply(answer: ReceiveT) -> None:
            check(answer)
            send(answer)

        def hear(raw: msgspec.Raw) -> Awaitable[None] | None:
            try:
                data = read(raw)
            except (msgspec.DecodeError, RecursionError):
                return None
            waiting = on_message(data=data, send=reply, context=context)
            return None if waiting is DONE else waiting

        return hear


def websocket(
    channel: Channel[SendT, ReceiveT], *, on_message: OnMessage[SendT, ReceiveT], description: str
) -> WebSocketHandler[SendT, ReceiveT]:
    """Return a handler for a channel, to be listed in its module's `sockets`.

    Raises: UsageError, when nobody may send on the channel.
    """
    if channel.send is None:
        raise UsageError(
            "a broadcast-only channel cannot have a handler",
            where=f"channel {channel.id}",
            todo="give the channel a send type, or drop the handler",
        )
    return WebSocketHandler(channel, channel.send, on_message, description)


@dataclass(frozen=True, slots=True)
class Module:
    """One part of an application: its routes, its sockets, and the channels only the server speaks on."""

    plugin: str
    name: str
    routes: Sequence[BaseRoute] = ()
    sockets: Sequence[WebSocketHandler[Any, Any]] = ()
    channels: Sequence[Channel[Any, Any]] = ()


class Registry:
    """Every route and channel of an application.

    Raises: UsageError, on a second channel with the same full id or a channel of another module.
    """

    def __init__(self, modules: Iterable[Module]) -> None:
        self.routes: list[BaseRoute] = []
        self.handlers: dict[ChannelId, WebSocketHandler[Any, Any]] = {}
        self._owners: dict[ChannelId, Module] = {}
        for module in modules:
            self._register(module)

    def _register(self, module: Module) -> None:
        for channel in (*module.channels, *(handler.channel for handler in module.sockets)):
            self._claim(channel, module)
        self.handlers.update((handler.channel.id, handler) for handler in module.sockets)
        self.routes.extend(module.routes)

    def _claim(self, channel: Channel[Any, Any], module: Module) -> None:
        if (channel.plugin, channel.module) != (module.plugin, module.name):
            raise UsageError(
                "a channel is registered by a module it does not belong to",
                where=f"channel {channel.id}, module {module.plugin}/{module.name}",
                todo="register it in its own module, or change its plugin and module",
            )
        owner = self._owners.get(channel.id)
        if owner is not None:
            raise UsageError(
                "two channels have the same full id",
                where=f"{channel.id}, in {owner.plugin}/{owner.name} and {module.plugin}/{module.name}",
                todo="rename one: an id is plugin, module and name joined by `_`, and is compared whole",
            )
        self._owners[channel.id] = module

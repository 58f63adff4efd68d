"""The echo of the seed, and a channel that says who the connection is now."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from harness.reference.channel import Empty, channel
from harness.reference.context import Context
from harness.reference.module import Module, websocket
from harness.reference.modules import PLUGIN


class EchoMessage(msgspec.Struct, frozen=True):
    """What a client says."""

    message: str


class EchoReply(msgspec.Struct, frozen=True):
    """What it hears."""

    reply: str


class Whoami(msgspec.Struct, frozen=True):
    """Whose connection it is; null for a guest."""

    user_id: int | None


echo_channel = channel("echo", plugin=PLUGIN, module="chat", send=EchoMessage, receive=EchoReply)
whoami_channel = channel("whoami", plugin=PLUGIN, module="chat", send=Empty, receive=Whoami)


async def _on_echo(
    *,
    data: EchoMessage,
    send: Callable[[EchoReply], None],
    context: Context,  # noqa: ARG001 - every handler is called with the same three
) -> None:
    send(EchoReply(f"You said: {data.message}"))


async def _on_whoami(
    *,
    data: Empty,  # noqa: ARG001 - every handler is called with the same three
    send: Callable[[Whoami], None],
    context: Context,
) -> None:
    user = context.user
    send(Whoami(None if user is None else user.id))


chat_module = Module(
    PLUGIN,
    "chat",
    sockets=[
        websocket(echo_channel, on_message=_on_echo, description="Replies with whatever it receives."),
        websocket(whoami_channel, on_message=_on_whoami, description="Tells a connection whose it is now."),
    ],
)

"""The echo of the seed, a channel that says who the connection is now, and one whose handler always fails."""

from __future__ import annotations

from collections.abc import Callable

import anyio
import msgspec

from harness.reference.channel import Empty, channel
from harness.reference.context import Context
from harness.reference.module import Module, websocket
from harness.reference.modules import PLUGIN

SLOW_S = 0.5
"""How long the slow handler takes for one message."""


class EchoMessage(msgspec.Struct, frozen=True):
    """What a client says."""

    message: str


class EchoReply(msgspec.Struct, frozen=True):
    """What it hears."""

    reply: str


class Whoami(msgspec.Struct, frozen=True):
    """Whose connection it is; null for a guest."""

    user_id: int | None


class Nothing(msgspec.Struct, frozen=True):
    """What a channel that never answers would carry."""


echo_channel = channel("echo", plugin=PLUGIN, module="chat", send=EchoMessage, receive=EchoReply)
whoami_channel = channel("whoami", plugin=PLUGIN, module="chat", send=Empty, receive=Whoami)

slow_channel = channel("slow", plugin=PLUGIN, module="chat", send=EchoMessage, receive=EchoReply)
failing_channel = channel("failing", plugin=PLUGIN, module="chat", send=Empty, receive=Nothing)


def _on_echo(
    *,
    data: EchoMessage,
    send: Callable[[EchoReply], None],
    context: Context,  # noqa: ARG001 - every handler is called with the same three
) -> None:
    send(EchoReply(f"You said: {data.message}"))


def _on_whoami(
    *,
    data: Empty,  # noqa: ARG001 - every handler is called with the same three
    send: Callable[[Whoami], None],
    context: Context,
) -> None:
    user = context.user
    send(Whoami(None if user is None else user.id))


async def _on_slow(
    *,
    data: EchoMessage,
    send: Callable[[EchoReply], None],
    context: Context,  # noqa: ARG001
) -> None:
    await anyio.sleep(SLOW_S)
    send(EchoReply(f"You said: {data.message}"))


async def _on_failing(
    *,
    data: Empty,
    send: Callable[[Nothing], None],  # noqa: ARG001 - every handler is called with the same three
    context: Context,  # noqa: ARG001
) -> None:
    raise RuntimeError(f"this handler always fails, here at {data!r}")


chat_module = Module(
    PLUGIN,
    "chat",
    sockets=[
        websocket(echo_channel, on_message=_on_echo, description="Replies with whatever it receives."),
        websocket(slow_channel, on_message=_on_slow, description="Replies after a while."),
        websocket(failing_channel, on_message=_on_failing, description="Fails, to show what a failure costs."),
        websocket(whoami_channel, on_message=_on_whoami, description="Tells a connection whose it is now."),
    ],
)

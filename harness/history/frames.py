"""Events of trials on the frames of a connection: what was sent at the edge of the rules or beyond, and what it led to.

A trial has a connection of its own, which no other event speaks of but `Received` by its name.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from harness.history.event import Event
from harness.wire.template import Json
from harness.wire.token import Token


class SeenFrame(msgspec.Struct, frozen=True, kw_only=True):
    """A frame that came back: its opcode, size, the beginning of its payload as hexadecimal digits, a close's code."""

    at_s: float
    opcode: int
    size_bytes: int
    payload: str = ""
    code: int | None = None


class FramesSending(Event, frozen=True, kw_only=True, tag="frames_sending"):
    """An open connection, on which an echo had come back, is about to be sent `what`.

    `asks` is what a right server does, in a word of `wire.deviation.Asks`, within `allowed_s`. `tokens` are those of
    the messages in it, the first `answers` of which are to be answered on `channel`, with data like `expected` in their
    order. `reply` is the template of every such answer. `pings` are the payloads of its pings, as hexadecimal digits.
    `silent`: no message of it may be answered. `bad_close`: it is itself a close frame that no answer can fit.
    """

    observer: str
    what: str
    requirement: str
    asks: str
    allowed_s: float
    tokens: tuple[Token, ...] = ()
    expected: tuple[Json, ...] = ()
    answers: int = 0
    channel: str = ""
    reply: Json = None
    pings: tuple[str, ...] = ()
    silent: bool = False
    bad_close: bool = False


class FramesEnded(Event, frozen=True, kw_only=True, tag="frames_ended"):
    """The trial is over. `frames` are the first that came back since it began, in their order.

    `tcp` is "open", "eof" or "reset" as the server left it; `waited_s` how long after the last byte was sent.
    `goes_on`: the connection answered another echo afterwards. `others` says how a connection that did nothing fared:
    "answered", "silent" or "ended"; `newcomer` the same of one opened since, where it did not fare well, or "refused".
    `plain` is false where a message was not answered right, and plain messages at once were not all answered either.
    """

    observer: str
    frames: tuple[SeenFrame, ...] = ()
    tcp: str = "open"
    waited_s: float = 0.0
    goes_on: bool = False
    others: str = "answered"
    newcomer: str = ""
    plain: bool = True


FrameEvent: TypeAlias = FramesSending | FramesEnded

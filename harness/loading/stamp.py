"""The text of a load message: which run, stream and place in it, when it was due, and a checksum over all of that.

A receiver that knows nothing else can tell a lost, doubled, overtaken, misdelivered or damaged message from a sound
one. A stream is one sequence of messages: 0 for broadcasts, one more for each user.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

from harness.wire.token import find_tokens, make_token

BROADCAST_STREAM = 0
RUN_DIGITS = 5
STREAMS = 16**3

_SHAPE = re.compile(r"(osk[0-9a-f]{8}n[0-9]{7}z) ([0-9]{1,18}) ([0-9]{1,7})(?: \.+)? ([0-9a-f]{8})")
_NUMBERS = slice(12, 19)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a token says: the message `seq` (from 1) of a stream."""

    stream: int
    seq: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a whole text says. When it was sent, all messages of its stream up to `after` had been answered for."""

    mark: Mark
    due_us: int
    after: int


def write_stamp(stamp: Stamp, *, run: str, size_chars: int = 0) -> str:
    """Return the text of a message of the run `run` (five hexadecimal digits), filled up to `size_chars` if shorter."""
    token = make_token(f"{run}{stamp.mark.stream:03x}", stamp.mark.seq)
    body = f"{token} {stamp.due_us} {stamp.after}"
    room = size_chars - len(body) - 10
    if room > 0:
        body += " " + "." * room
    return f"{body} {_checksum(body)}"


def read_stamp(text: str) -> Stamp | None:
    """Return what `text` says, or None when not every character of it is as it was sent."""
    found = _SHAPE.fullmatch(text)
    if found is None or _checksum(text[:-9]) != found[4]:
        return None
    return Stamp(mark=_mark(found[1]), due_us=int(found[2]), after=int(found[3]))


def find_stamp(raw: str) -> str | None:
    """Return the first text inside `raw` that looks like a stamp, for targets whose template names no place for it."""
    found = _SHAPE.search(raw)
    return found[0] if found else None


def find_marks(raw: str, *, run: str) -> list[Mark]:
    """Return the messages of the run `run` that `raw` names, each once, in the order of their appearance."""
    return [_mark(token) for token in find_tokens(raw) if token.startswith(run, 3)]


def _mark(token: str) -> Mark:
    return Mark(stream=int(token[3 + RUN_DIGITS : 11], 16), seq=int(token[_NUMBERS]))


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"

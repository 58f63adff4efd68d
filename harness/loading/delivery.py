"""What one received text is to a load run: a sound delivery, a damaged one, the answer to an echo, or none of ours.

Knows the target file's shapes and the run; not which connection the text came in on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from harness.loading.stamp import BROADCAST_STREAM, Mark, Stamp, find_marks, find_stamp, read_stamp
from harness.targets.codec import codec_of
from harness.targets.file import Target
from harness.wire.channel import ChannelId
from harness.wire.envelope import Codec, Envelope
from harness.wire.template import fill, match


@dataclass(frozen=True, slots=True)
class Sound:
    """A message exactly as it was published, on its channel."""

    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Damaged:
    """A message that is ours by its token, and not what was published; `why` is one clause."""

    mark: Mark
    why: str


@dataclass(frozen=True, slots=True)
class Echoed:
    """An answer on the echo channel, and the text that it answers."""

    text: str


@dataclass(frozen=True, slots=True)
class Foreign:
    """A text that is no message of this run."""


Received: TypeAlias = Sound | Damaged | Echoed | Foreign


class Reader:
    """Reads texts from the target for the run `run`."""

    def __init__(self, target: Target, *, run: str) -> None:
        self._target = target
        self._run = run
        self._echo_start = f"echo-{run}-"
        self._codec: Codec = codec_of(target)

    def echo_request(self, name: str) -> tuple[str, str]:
        """Return the text that only the echo called `name` has, and the envelope that asks for it."""
        text = self._echo_start + name
        data = fill(self._target.echo.send, {"text": text})
        return text, self._codec.encode(Envelope(ChannelId(self._target.echo.channel), data))

    def read(self, raw: str) -> Received:
        """Return what `raw` is; never raises, whatever the target sent."""
        envelope = self._codec.decode(raw)
        if isinstance(envelope, Envelope) and envelope.channel == self._target.echo.channel:
            text = (match(self._target.echo.receive, envelope.data) or {}).get("text")
            if isinstance(text, str) and text.startswith(self._echo_start):
                return Echoed(text)
        marks = find_marks(raw, run=self._run)
        if not marks:
            return Foreign()
        if not isinstance(envelope, Envelope):
            return Damaged(marks[0], "it is no envelope")
        if len(marks) > 1:
            return Damaged(marks[0], "it holds more than one message")
        return self._read_message(marks[0], envelope, raw)

    def _read_message(self, mark: Mark, envelope: Envelope, raw: str) -> Received:
        action = self._target.broadcast if mark.stream == BROADCAST_STREAM else self._target.send_to_user
        if envelope.channel != action.channel:
            return Damaged(mark, f"it came on channel {envelope.channel!r}")
        found = match(action.receive, envelope.data)
        if found is None:
            return Damaged(mark, "its data does not have the shape of `receive`")
        text = found.get("text", find_stamp(raw))
        stamp = read_stamp(text) if isinstance(text, str) else None
        if stamp is None:
            return Damaged(mark, "its text is not what was published")
        return Sound(stamp)

"""What a connection was sent, as an event of the history: a message, or why it is none."""

from __future__ import annotations

from harness.history import Malformed, Received
from harness.wire.abbreviation import abbreviated
from harness.wire.envelope import Codec, Envelope, NotAnEnvelope
from harness.wire.token import find_tokens
from harness.worlds.world import recordable

RAW_CHARS = 500


def heard(text: str, *, codec: Codec, observer: str, at_s: float) -> Received | Malformed | None:
    """Return the event for a text message; None for traffic that the target file declares as none of ours."""
    found = codec.decode(text)
    if isinstance(found, Envelope):
        return Received(
            at_s=at_s,
            observer=observer,
            channel=str(recordable(found.channel)),
            data=abbreviated(recordable(found.data)),
            tokens=find_tokens(text),
        )
    if isinstance(found, NotAnEnvelope):
        raw = str(recordable(text[:RAW_CHARS]))
        return Malformed(at_s=at_s, observer=observer, raw=raw, why=found.why, tokens=find_tokens(text))
    return None


def heard_binary(data: bytes, *, observer: str, at_s: float) -> Malformed:
    """Return the event for a binary message, which no envelope is."""
    text = data.decode("utf-8", "replace")
    why = "a binary message, not text"
    return Malformed(at_s=at_s, observer=observer, raw=text[:RAW_CHARS], why=why, tokens=find_tokens(text))

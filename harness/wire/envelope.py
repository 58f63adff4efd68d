"""Envelope codecs: how a channel id and its data become one text message, and back.

`TemplateCodec` covers every JSON shape that a template can say; what it cannot, a class with the same two methods can
(`[socket] codec = "package.module:Class"`). Source: seed, EN-2.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Protocol

from harness.wire.channel import ChannelId
from harness.wire.template import Json, fill, match

DEFAULT_ENVELOPE: Json = {"id": "{channel}", "data": "{data}"}


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message: where it belongs and what it says."""

    channel: ChannelId
    data: Json


@dataclass(frozen=True, slots=True)
class NotAnEnvelope:
    """A text that does not carry a channel and data; `why` is one clause, for a finding."""

    why: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A text that the target file declares as traffic of its own (a greeting, a keep-alive)."""


class Codec(Protocol):
    """Both directions of an envelope; `decode` never raises on what a server may send."""

    def encode(self, envelope: Envelope) -> str: ...

    def decode(self, text: str) -> Envelope | NotAnEnvelope | Ignored: ...


@dataclass(frozen=True, slots=True)
class TemplateCodec:
    """A codec from a JSON template with the placeholders `{channel}` and `{data}`, each a whole string."""

    template: Json = field(default_factory=lambda: DEFAULT_ENVELOPE)
    ignore: tuple[Json, ...] = ()

    def encode(self, envelope: Envelope) -> str:
        """Return the text of `envelope`; non-ASCII is sent as it is, lone surrogates as escapes."""
        value = fill(self.template, {"channel": envelope.channel, "data": envelope.data})
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        try:
            text.encode()
        except UnicodeEncodeError:
            return json.dumps(value, separators=(",", ":"))
        return text

    def decode(self, text: str) -> Envelope | NotAnEnvelope | Ignored:
        """Return the envelope in `text`, or why there is none."""
        try:
            value: Json = json.loads(text, parse_constant=_refuse)
        except (ValueError, RecursionError):
            return NotAnEnvelope("not JSON")
        found = match(self.template, value)
        if found is None or "channel" not in found or "data" not in found:
            if any(match(each, value) is not None for each in self.ignore):
                return Ignored()
            return NotAnEnvelope(f"does not have the shape {json.dumps(self.template)}")
        channel = found["channel"]
        if not isinstance(channel, str):
            return NotAnEnvelope("the channel is not a string")
        return Envelope(ChannelId(channel), found["data"])


def _refuse(constant: str) -> None:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(constant)

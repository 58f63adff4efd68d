"""From a step on frames to its deviation: most stand in the table, the others carry their own sizes and bytes."""

from __future__ import annotations

from harness.plan import EchoBytes, EchoInPieces, FrameStep, Ping, SendFrames
from harness.wire.deviation import Asks, Deviation, Material, in_pieces, pings_between
from harness.wire.deviations import DEVIATIONS, pinging
from harness.wire.frame import write_fragments

VARIED = "é€🧦 e\u0301 ü"
"""Characters of one to four bytes, so that there is something to cut."""
_PLACE = "@insert-here@"


def deviation_of(step: FrameStep) -> Deviation:
    """Return what a step sends and what it asks."""
    match step:
        case SendFrames(_, what):
            return DEVIATIONS[what]
        case Ping(_, payload):
            return pinging(f"a ping of {len(payload)} bytes", payload)
        case EchoBytes(_, inserted, fragments, at_end):

            def build(material: Material) -> list[bytes]:
                message = material.first.replace(_PLACE.encode(), b"" if at_end else inserted)
                # A codec that carries texts in another form has no place for raw bytes but the end.
                if at_end or inserted not in message:
                    message += inserted
                return write_fragments(message, fragments)

            return Deviation("a text that is not UTF-8", "FR-5", Asks.END, build, silent=True)
        case EchoInPieces(_, fragments, slice_bytes, pings):
            payloads = pings_between(fragments) if pings else ()
            return Deviation(
                "a message in pieces" + (", and pings between them" if payloads else ""),
                "FR-4",
                Asks.ANSWER,
                lambda it: in_pieces(it.first, fragments=fragments, slice_bytes=slice_bytes, pings=payloads),
                1,
                payloads,
            )


def text_of(step: FrameStep) -> str:
    """Return the text of its messages, after the token."""
    match step:
        case EchoBytes():
            return _PLACE
        case EchoInPieces(text=text) if text:
            return text
        case _:
            return VARIED


def is_utf8(data: bytes) -> bool:
    """Tell whether `data` is UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True

"""Steps on the frames of a connection: each opens one of its own, does one thing on it, and looks how others fare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from harness.plan.words import TAB, WITH, Form, Tab, Words, with_words
from harness.wire.deviations import DEVIATIONS


@dataclass(frozen=True, slots=True)
class SendFrames:
    """Send what the table of deviations calls `what`, on a new connection of the tab's browser."""

    tab: Tab
    what: str

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"deflate"}) if DEVIATIONS[self.what].offer else frozenset()

    def __str__(self) -> str:
        return f"send {self.tab.id} frames: {self.what}"


@dataclass(frozen=True, slots=True)
class EchoInPieces:
    """Have a message echoed that comes in fragments of these sizes and one with the rest, in TCP slices (0: whole).

    `pings`: a ping goes after each fragment but the last. Sizes are bytes, and may cut a character in two (FR-4).
    """

    tab: Tab
    fragments: tuple[int, ...] = ()
    slice_bytes: int = 0
    pings: bool = False
    text: str = ""

    def __str__(self) -> str:
        sizes = " in fragments of " + ",".join(map(str, self.fragments)) if self.fragments else ""
        slices = f" in slices of {self.slice_bytes}" if self.slice_bytes else ""
        return f"echo {self.tab.id} piecewise{sizes}{slices}{' with pings' * self.pings}{with_words(self.text)}"


@dataclass(frozen=True, slots=True)
class EchoBytes:
    """Send the echo's message with these bytes in its text, or after its end, in fragments of these sizes (FR-5)."""

    tab: Tab
    inserted: bytes
    fragments: tuple[int, ...] = ()
    at_end: bool = False

    def __str__(self) -> str:
        sizes = " in fragments of " + ",".join(map(str, self.fragments)) if self.fragments else ""
        return f"echo {self.tab.id} with bytes {self.inserted.hex()}{' at the end' * self.at_end}{sizes}"


@dataclass(frozen=True, slots=True)
class Ping:
    """Ping with this payload, at most 125 bytes (FR-3)."""

    tab: Tab
    payload: bytes = b""

    def __str__(self) -> str:
        return f"ping {self.tab.id}" + (f" with {self.payload.hex()}" if self.payload else "")


FrameStep: TypeAlias = SendFrames | EchoInPieces | EchoBytes | Ping
_SIZES = r"(?: in fragments of (?P<sizes>[0-9]{1,7}(?:,[0-9]{1,7}){0,999}))?"
_HEX = r"(?P<hex>(?:[0-9a-f]{2})+)"
_CONTROL_BYTES = 125


def _sizes(words: Words) -> tuple[int, ...]:
    return tuple(map(int, words["sizes"].split(","))) if "sizes" in words else ()


def _send_frames(words: Words) -> SendFrames:
    if words["what"] not in DEVIATIONS:
        raise ValueError(words["what"])
    return SendFrames(words.tab, words["what"])


def _ping(words: Words) -> Ping:
    payload = bytes.fromhex(words["hex"])
    if len(payload) > _CONTROL_BYTES:
        raise ValueError(words["hex"])
    return Ping(words.tab, payload)


FORMS: tuple[Form[FrameStep], ...] = (
    Form(rf"send {TAB} frames: (?P<what>.+)", _send_frames, "send a/1 frames: a text without a mask"),
    Form(
        rf"echo {TAB} piecewise{_SIZES}(?: in slices of (?P<slice>[1-9][0-9]{{0,6}}))?(?P<pings> with pings)?{WITH}",
        lambda words: EchoInPieces(
            words.tab, _sizes(words), int(words["slice"] or 0), pings="pings" in words, text=words.text
        ),
        "echo a/1 piecewise in fragments of 3,0,7 in slices of 1 with pings",
    ),
    Form(
        rf"echo {TAB} with bytes {_HEX}(?P<end> at the end)?{_SIZES}",
        lambda words: EchoBytes(words.tab, bytes.fromhex(words["hex"]), _sizes(words), at_end="end" in words),
        "echo a/1 with bytes c0af in fragments of 9",
    ),
    Form(rf"ping {TAB}(?: with {_HEX})?", _ping, "ping a/1 with 00ff"),
)

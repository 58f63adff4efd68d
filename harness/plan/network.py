"""Faults of the network between one browser and the server: data, one sentence each, and the steps that arm them.

A fault says itself `on` whom it befalls: a browser ("reset a"), or "every connection" on the command line. Those that
end a connection hit the ones that are open; those that hinder it (slice, delay, limit, frames) hit later ones too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias, cast

from harness.plan.words import BrowserId, Form, Words

Way: TypeAlias = Literal["to", "from", "of"]
"""Bytes that go to the browser, come from it, or both."""
Deed: TypeAlias = Literal["drop", "duplicate", "swap", "corrupt", "inject"]
EVERY = "every connection"


@dataclass(frozen=True, slots=True)
class Reset:
    """Break the connection with a TCP reset."""

    severs: ClassVar[bool] = True

    def on(self, whom: str) -> str:
        return f"reset {whom}"


@dataclass(frozen=True, slots=True)
class HalfClose:
    """End the client's bytes (FIN) without a close frame, and go on taking the server's."""

    severs: ClassVar[bool] = True

    def on(self, whom: str) -> str:
        return f"half-close {whom}"


@dataclass(frozen=True, slots=True)
class CutOff:
    """Let nothing through any more and say nothing: the cable is pulled."""

    severs: ClassVar[bool] = True

    def on(self, whom: str) -> str:
        return f"cut off {whom}"


@dataclass(frozen=True, slots=True)
class Stall:
    """Take no bytes off one side, so that its windows fill: to a browser, this is a reader that stopped reading."""

    way: Way = "to"
    severs: ClassVar[bool] = False

    def on(self, whom: str) -> str:
        return f"stall the bytes {self.way} {whom}"


@dataclass(frozen=True, slots=True)
class Slice:
    """Pass the bytes on one at a time, each in a write of its own."""

    way: Way = "of"
    severs: ClassVar[bool] = False

    def on(self, whom: str) -> str:
        return f"slice the bytes {self.way} {whom}"


@dataclass(frozen=True, slots=True)
class Delay:
    """Hold each piece back by `delay_ms`."""

    delay_ms: int
    way: Way = "of"
    severs: ClassVar[bool] = False

    def on(self, whom: str) -> str:
        return f"delay the bytes {self.way} {whom} by {self.delay_ms} ms"


@dataclass(frozen=True, slots=True)
class Limit:
    """Let through `rate_kb` kilobytes a second."""

    rate_kb: int
    way: Way = "of"
    severs: ClassVar[bool] = False

    def on(self, whom: str) -> str:
        return f"limit the bytes {self.way} {whom} to {self.rate_kb} KB a second"


@dataclass(frozen=True, slots=True)
class Tamper:
    """Do something to data frame `number`, counted from 1 when the fault is armed; `way` is "to" or "from"."""

    deed: Deed
    number: int = 1
    way: Way = "to"
    severs: ClassVar[bool] = False

    def on(self, whom: str) -> str:
        return f"{self.deed} frame {self.number} {self.way} {whom}"


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer the next handshakes with 503."""

    times: int = 1
    severs: ClassVar[bool] = False

    def on(self, whom: str) -> str:
        return f"refuse the next {self.times} handshakes of {whom}"


@dataclass(frozen=True, slots=True)
class CloseNext:
    """Accept the next handshakes oneself and close each at once with `code`."""

    code: int = 1013
    times: int = 1
    severs: ClassVar[bool] = False

    def on(self, whom: str) -> str:
        if self.times == 1:
            return f"accept the next handshake of {whom} and close it with {self.code}"
        return f"accept the next {self.times} handshakes of {whom} and close each with {self.code}"


@dataclass(frozen=True, slots=True)
class CloseWith:
    """Close the connection with a close frame of this code, as a server does (page)."""

    code: int
    severs: ClassVar[bool] = True

    def on(self, whom: str) -> str:
        return f"end the connection of {whom} with {self.code}"


NetworkFault: TypeAlias = (
    Reset | HalfClose | CutOff | Stall | Slice | Delay | Limit | Tamper | Refuse | CloseNext | CloseWith
)


@dataclass(frozen=True, slots=True)
class Disturb:
    """Arm a fault on one browser's way to the server."""

    browser: BrowserId
    fault: NetworkFault

    def __str__(self) -> str:
        return self.fault.on(self.browser)


@dataclass(frozen=True, slots=True)
class Heal:
    """End what hinders a browser; what it missed meanwhile has until then to arrive."""

    browser: BrowserId

    def __str__(self) -> str:
        return f"heal {self.browser}"


@dataclass(frozen=True, slots=True)
class AwaitEnd:
    """Wait, at most as long as is promised, until the server ends what it still holds of severed connections."""

    browser: BrowserId

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"half_open_s"})

    def __str__(self) -> str:
        return f"wait until the server lets go of {self.browser}"


NetworkStep: TypeAlias = Disturb | Heal | AwaitEnd
WHOM = rf"(?P<whom>[a-z][a-z0-9]*|{EVERY})"
_WAY = r"(?P<way>to|from|of)"
_CODE = r"(?P<number>[1-4][0-9]{3})"
_FAULTS: tuple[tuple[str, Callable[[Words], NetworkFault], str], ...] = (
    (rf"reset {WHOM}", lambda _: Reset(), "reset a"),
    (rf"half-close {WHOM}", lambda _: HalfClose(), "half-close a"),
    (rf"cut off {WHOM}", lambda _: CutOff(), "cut off a"),
    (rf"stall the bytes {_WAY} {WHOM}", lambda words: Stall(_way(words)), "stall the bytes to a"),
    (rf"slice the bytes {_WAY} {WHOM}", lambda words: Slice(_way(words)), "slice the bytes of a"),
    (
        rf"delay the bytes {_WAY} {WHOM} by (?P<number>[1-9][0-9]{{0,3}}) ms",
        lambda words: Delay(int(words["number"]), _way(words)),
        "delay the bytes of a by 50 ms",
    ),
    (
        rf"limit the bytes {_WAY} {WHOM} to (?P<number>[1-9][0-9]{{0,5}}) KB a second",
        lambda words: Limit(int(words["number"]), _way(words)),
        "limit the bytes to a to 64 KB a second",
    ),
    (
        rf"(?P<deed>drop|duplicate|swap|corrupt|inject) frame (?P<number>[1-9][0-9]{{0,3}}) (?P<way>to|from) {WHOM}",
        lambda words: Tamper(cast(Deed, words["deed"]), int(words["number"]), _way(words)),
        "drop frame 2 to a",
    ),
    (
        rf"refuse the next (?P<number>[1-9][0-9]{{0,3}}) handshakes of {WHOM}",
        lambda words: Refuse(int(words["number"])),
        "refuse the next 2 handshakes of a",
    ),
    (
        rf"accept the next handshake of {WHOM} and close it with {_CODE}",
        lambda words: CloseNext(int(words["number"])),
        "accept the next handshake of a and close it with 1013",
    ),
    (
        rf"accept the next (?P<times>[1-9][0-9]{{0,3}}) handshakes of {WHOM} and close each with {_CODE}",
        lambda words: CloseNext(int(words["number"]), int(words["times"])),
        "accept the next 9 handshakes of a and close each with 4401",
    ),
    (
        rf"end the connection of {WHOM} with {_CODE}",
        lambda words: CloseWith(int(words["number"])),
        "end the connection of a with 1012",
    ),
)


def _way(words: Words) -> Way:
    return cast(Way, words["way"])


def _disturbing(build: Callable[[Words], NetworkFault]) -> Callable[[Words], Disturb]:
    def disturb(words: Words) -> Disturb:
        if words["whom"] == EVERY:
            raise ValueError("a step names one browser")
        return Disturb(BrowserId(words["whom"]), build(words))

    return disturb


FAULT_FORMS: tuple[Form[NetworkFault], ...] = tuple(
    Form(pattern, build, example.replace(" a", f" {EVERY}", 1)) for pattern, build, example in _FAULTS
)
"""The forms of faults by themselves, as the command line takes them."""
_ONE = r"(?P<whom>[a-z][a-z0-9]*)"
FORMS: tuple[Form[NetworkStep], ...] = (
    *(Form(pattern, _disturbing(build), example) for pattern, build, example in _FAULTS),
    Form(rf"heal {_ONE}", lambda words: Heal(BrowserId(words["whom"])), "heal a"),
    Form(
        rf"wait until the server lets go of {_ONE}",
        lambda words: AwaitEnd(BrowserId(words["whom"])),
        "wait until the server lets go of a",
    ),
)

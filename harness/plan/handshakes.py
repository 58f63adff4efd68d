"""Steps of handshakes: knocking with a wrong one, and opening from a look-alike origin or with a forged cookie."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeAlias

from harness.plan.words import TAB, TIMES, BrowserId, Form, Tab, Words, times_words
from harness.wire.forged_cookies import FORGERIES
from harness.wire.knocks import GROUPS, KNOCKS
from harness.wire.look_alike_origins import LOOK_ALIKES


@dataclass(frozen=True, slots=True)
class Knock:
    """Send one handshake of `wire.knocks` with the cookies of a browser; `key` replaces its Sec-WebSocket-Key."""

    browser: BrowserId
    name: str
    times: int = 1
    key: str = ""

    def __str__(self) -> str:
        key = f" and the key {json.dumps(self.key)}" if self.key else ""
        return f"knock as {self.browser} with {json.dumps(self.name)}{key}" + times_words(self.times)


@dataclass(frozen=True, slots=True)
class KnockEvery:
    """Send every handshake of a group: one after the other, or all at once where each takes its time."""

    browser: BrowserId
    group: str

    def __str__(self) -> str:
        return f"knock as {self.browser} with every {self.group} handshake"


@dataclass(frozen=True, slots=True)
class OpenLookAlike:
    """Open a connection with the browser's cookies from a page whose origin looks like the target's own (HS-5)."""

    tab: Tab
    look_alike: str

    def __str__(self) -> str:
        return f"open {self.tab.id} from look-alike {json.dumps(self.look_alike)}"


@dataclass(frozen=True, slots=True)
class OpenForged:
    """Open a guest's connection with cookies forged from those of another browser (HS-7)."""

    tab: Tab
    of: BrowserId
    forgery: str

    def __str__(self) -> str:
        return f"open {self.tab.id} with cookies of {self.of} forged as {json.dumps(self.forgery)}"


@dataclass(frozen=True, slots=True)
class OpenWithBoth:
    """Open a guest's connection with the cookies of two browsers in one header (HS-7)."""

    tab: Tab
    first: BrowserId
    second: BrowserId

    def __str__(self) -> str:
        return f"open {self.tab.id} with the cookies of {self.first} and {self.second}"


@dataclass(frozen=True, slots=True)
class LeaveOutCookies:
    """Open a guest's connection for each cookie of another browser, with all of them but that one (HS-8)."""

    tab: Tab
    of: BrowserId

    def __str__(self) -> str:
        return f"open {self.tab.id} leaving out each cookie of {self.of}"


HandshakeStep: TypeAlias = Knock | KnockEvery | OpenLookAlike | OpenForged | OpenWithBoth | LeaveOutCookies
_BROWSER = r"(?P<browser>[a-z][a-z0-9]*)"
_OF = r"(?P<of>[a-z][a-z0-9]*)"
_QUOTED = r"(?P<name>\"[^\"]*\")"


def _named(words: Words, known: Collection[str]) -> str:
    """Return the quoted name, which must be one of those `known`."""
    name = str(json.loads(words["name"]))
    if name not in known:
        raise ValueError(name)
    return name


FORMS: tuple[Form[HandshakeStep], ...] = (
    Form(
        rf"knock as {_BROWSER} with {_QUOTED}(?: and the key (?P<key>\"[^\"]*\"))?{TIMES}",
        lambda words: Knock(
            BrowserId(words["browser"]), _named(words, KNOCKS), words.times, json.loads(words["key"] or '""')
        ),
        'knock as a with "no key"',
    ),
    Form(
        rf"knock as {_BROWSER} with every (?P<group>{'|'.join(GROUPS)}) handshake",
        lambda words: KnockEvery(BrowserId(words["browser"]), words["group"]),
        "knock as a with every bad handshake",
    ),
    Form(
        rf"open {TAB} from look-alike {_QUOTED}",
        lambda words: OpenLookAlike(words.tab, _named(words, LOOK_ALIKES)),
        'open a/1 from look-alike "null"',
    ),
    Form(
        rf"open {TAB} with cookies of {_OF} forged as {_QUOTED}",
        lambda words: OpenForged(words.tab, BrowserId(words["of"]), _named(words, FORGERIES)),
        'open h/1 with cookies of a forged as "garbage"',
    ),
    Form(
        rf"open {TAB} with the cookies of {_OF} and {_BROWSER}",
        lambda words: OpenWithBoth(words.tab, BrowserId(words["of"]), BrowserId(words["browser"])),
        "open h/1 with the cookies of a and b",
    ),
    Form(
        rf"open {TAB} leaving out each cookie of {_OF}",
        lambda words: LeaveOutCookies(words.tab, BrowserId(words["of"])),
        "open h/1 leaving out each cookie of a",
    ),
)

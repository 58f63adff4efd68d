"""Steps of a page whose way to the server is disturbed: what is waited for and watched, odd frames, being offline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from harness.plan.words import BrowserId, Form
from harness.wire.odd_frames import ODD_FRAMES


@dataclass(frozen=True, slots=True)
class AwaitDown:
    """Wait, as long as tabs may take to tell each other, until none says that the connection is open (TAB-11)."""

    browser: BrowserId

    def __str__(self) -> str:
        return f"wait until {self.browser} knows that it is down"


@dataclass(frozen=True, slots=True)
class AwaitNotice:
    """Wait, as long as is promised, until a browser that was cut off without a word has noticed (LC-6)."""

    browser: BrowserId

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"notices"})

    def __str__(self) -> str:
        return f"wait until {self.browser} notices that it was cut off"


@dataclass(frozen=True, slots=True)
class WatchHandshakes:
    """Let so many seconds pass, in which the handshakes of every browser are counted (LC-3, LC-4, LC-7)."""

    seconds: int

    def __str__(self) -> str:
        return f"watch the handshakes for {self.seconds} s"


@dataclass(frozen=True, slots=True)
class GoOffline:
    """Take a browser off the network, as it says itself in `navigator.onLine`."""

    browser: BrowserId

    def __str__(self) -> str:
        return f"take {self.browser} offline"


@dataclass(frozen=True, slots=True)
class GoOnline:
    """Bring it back."""

    browser: BrowserId

    def __str__(self) -> str:
        return f"bring {self.browser} back online"


@dataclass(frozen=True, slots=True)
class Slip:
    """Hand a browser a frame that no right server sends: one of `wire/odd_frames.py`."""

    browser: BrowserId
    what: str

    def __str__(self) -> str:
        return f"slip {self.browser} {self.what}"


OutageStep: TypeAlias = AwaitDown | AwaitNotice | WatchHandshakes | GoOffline | GoOnline | Slip
_WHOM = r"(?P<whom>[a-z][a-z0-9]*)"
_WHAT = "|".join(ODD_FRAMES)
FORMS: tuple[Form[OutageStep], ...] = (
    Form(
        rf"wait until {_WHOM} knows that it is down",
        lambda words: AwaitDown(BrowserId(words["whom"])),
        "wait until a knows that it is down",
    ),
    Form(
        rf"wait until {_WHOM} notices that it was cut off",
        lambda words: AwaitNotice(BrowserId(words["whom"])),
        "wait until a notices that it was cut off",
    ),
    Form(
        r"watch the handshakes for (?P<seconds>[1-9]|1[0-9]) s",
        lambda words: WatchHandshakes(int(words["seconds"])),
        "watch the handshakes for 3 s",
    ),
    Form(rf"take {_WHOM} offline", lambda words: GoOffline(BrowserId(words["whom"])), "take a offline"),
    Form(rf"bring {_WHOM} back online", lambda words: GoOnline(BrowserId(words["whom"])), "bring a back online"),
    Form(
        rf"slip {_WHOM} (?P<what>{_WHAT})",
        lambda words: Slip(BrowserId(words["whom"]), words["what"]),
        "slip a what is not JSON",
    ),
)

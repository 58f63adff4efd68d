"""Steps of the life of tabs and browsers, which only a real browser can carry out.

A tab that is away (left, frozen or hung) is still there: it comes back by "return to" or "wake". What needs a browser
that is started otherwise than for all plans says so: "natural" is a process of its own, in which tabs can be frozen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from harness.plan.words import TAB, BrowserId, Form, Tab

NATURAL = "natural"
"""The need of a browser process of its own, started as a person's is."""
CACHED = "back_forward_cache"
"""The need of a browser that keeps pages that were left."""
_NATURAL = frozenset({NATURAL})


@dataclass(frozen=True, slots=True)
class Leave:
    """Navigate a tab to a blank page of elsewhere; what was there may go to the back/forward cache."""

    tab: Tab

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({CACHED})

    def __str__(self) -> str:
        return f"leave {self.tab.id}"


@dataclass(frozen=True, slots=True)
class Return:
    """Go back in the history of a tab that was left."""

    tab: Tab

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({CACHED})

    def __str__(self) -> str:
        return f"return to {self.tab.id}"


@dataclass(frozen=True, slots=True)
class Freeze:
    """Freeze a tab, as a browser does with one that was long in the background."""

    tab: Tab

    @property
    def needs(self) -> frozenset[str]:
        return _NATURAL

    def __str__(self) -> str:
        return f"freeze {self.tab.id}"


@dataclass(frozen=True, slots=True)
class Hang:
    """Keep a tab's scripts from running, as an endless loop or a debugger does, until it is woken."""

    tab: Tab

    def __str__(self) -> str:
        return f"hang {self.tab.id}"


@dataclass(frozen=True, slots=True)
class Wake:
    """Let a frozen or hung tab go on."""

    tab: Tab

    def __str__(self) -> str:
        return f"wake {self.tab.id}"


@dataclass(frozen=True, slots=True)
class KillBrowser:
    """Kill a browser's process with all its tabs; the next tab opened starts it again, with the same cookies."""

    browser: BrowserId

    @property
    def needs(self) -> frozenset[str]:
        return _NATURAL

    def __str__(self) -> str:
        return f"kill browser {self.browser}"


@dataclass(frozen=True, slots=True)
class Sleep:
    """Move the clock of a browser's pages ahead, as when a laptop was shut; its sockets stay as they are."""

    browser: BrowserId
    minutes: int

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"page_clock"})

    def __str__(self) -> str:
        return f"browser {self.browser} sleeps for {self.minutes} minutes"


AwayStep: TypeAlias = Leave | Return | Freeze | Hang | Wake
LifeStep: TypeAlias = AwayStep | KillBrowser | Sleep
BROWSER = r"(?P<browser>[a-z][a-z0-9]*)"
FORMS: tuple[Form[LifeStep], ...] = (
    Form(rf"leave {TAB}", lambda words: Leave(words.tab), "leave a/1"),
    Form(rf"return to {TAB}", lambda words: Return(words.tab), "return to a/1"),
    Form(rf"freeze {TAB}", lambda words: Freeze(words.tab), "freeze a/1"),
    Form(rf"hang {TAB}", lambda words: Hang(words.tab), "hang a/1"),
    Form(rf"wake {TAB}", lambda words: Wake(words.tab), "wake a/1"),
    Form(rf"kill browser {BROWSER}", lambda words: KillBrowser(BrowserId(words["browser"])), "kill browser a"),
    Form(
        rf"browser {BROWSER} sleeps for (?P<minutes>[1-9][0-9]{{0,3}}) minutes",
        lambda words: Sleep(BrowserId(words["browser"]), int(words["minutes"])),
        "browser a sleeps for 60 minutes",
    ),
)

"""Steps that open a page in other places than a plain tab: copies, popups, frames, an insecure origin.

Also what another page of the same origin may do to a client's tab channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from harness.plan.pages import BROWSER
from harness.plan.words import TAB, BrowserId, Form, Tab

_OPENER = r"(?P<opener>[a-z][a-z0-9]*(?:/[1-9][0-9]*)?)"


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Open a tab from another one, which gets a copy of its sessionStorage, as a duplicated tab and a popup do."""

    opener: Tab
    tab: Tab

    def __str__(self) -> str:
        return f"duplicate {self.opener.id} as {self.tab.id}"


@dataclass(frozen=True, slots=True)
class OpenFramed:
    """Open a page in a frame of a blank one: of its own origin, or of another site, where its storage is set apart."""

    tab: Tab
    third_party: bool = False

    def __str__(self) -> str:
        return f"open {self.tab.id} in a {'third-party ' if self.third_party else ''}frame"


@dataclass(frozen=True, slots=True)
class UseInsecureOrigin:
    """Have a browser reach the target by plain http under a name: no secure context, so no Web Locks."""

    browser: BrowserId

    def __str__(self) -> str:
        return f"browser {self.browser} has an insecure origin"


@dataclass(frozen=True, slots=True)
class PostGarbage:
    """Post what no client of the target would on each BroadcastChannel that a browser's tabs have made."""

    browser: BrowserId

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"tab_channels"})

    def __str__(self) -> str:
        return f"post garbage on the tab channels of browser {self.browser}"


PlaceStep: TypeAlias = Duplicate | OpenFramed | UseInsecureOrigin | PostGarbage
FORMS: tuple[Form[PlaceStep], ...] = (
    Form(
        rf"duplicate {_OPENER} as {TAB}",
        lambda words: Duplicate(words.tab_in("opener"), words.tab),
        "duplicate a/1 as a/4",
    ),
    Form(
        rf"open {TAB} in a (?P<third>third-party )?frame",
        lambda words: OpenFramed(words.tab, third_party="third" in words),
        "open a/4 in a frame",
    ),
    Form(
        rf"browser {BROWSER} has an insecure origin",
        lambda words: UseInsecureOrigin(BrowserId(words["browser"])),
        "browser a has an insecure origin",
    ),
    Form(
        rf"post garbage on the tab channels of browser {BROWSER}",
        lambda words: PostGarbage(BrowserId(words["browser"])),
        "post garbage on the tab channels of browser a",
    ),
)

"""Steps of views: what subscribes in a tab comes and goes; and whether what was shown there ran as markup (page)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from harness.plan.words import TAB, Form, Tab, Words

What: TypeAlias = Literal["broadcasts", "private messages", "echoes"]
MARKUP = '<img data-onesocket-markup src="nowhere:" onerror="document.documentElement.dataset.onesocketRan = 1">'
"""A text that runs where it is rendered as markup, and leaves a mark."""


@dataclass(frozen=True, slots=True)
class MountView:
    """Mount the view of a channel in a tab that has none (SUB-1, SUB-4)."""

    tab: Tab
    what: What

    def __str__(self) -> str:
        return f"mount {self.what} in {self.tab.id}"


@dataclass(frozen=True, slots=True)
class UnmountView:
    """Unmount the view of a channel in a tab (SUB-1, SUB-2)."""

    tab: Tab
    what: What

    def __str__(self) -> str:
        return f"unmount {self.what} in {self.tab.id}"


@dataclass(frozen=True, slots=True)
class ToggleView:
    """Unmount and mount the view of a channel in turn, so many times, as fast as it goes (SUB-3)."""

    tab: Tab
    what: What
    times: int

    def __str__(self) -> str:
        return f"toggle {self.what} in {self.tab.id} {self.times} times"


@dataclass(frozen=True, slots=True)
class SendMarkup:
    """Have the server send a user a private message whose text is markup (OPS-1)."""

    user: str

    def __str__(self) -> str:
        return f"send_to_user {self.user} what is markup"


@dataclass(frozen=True, slots=True)
class LookForMarkup:
    """Look whether a tab shows that text, and whether it ran there (OPS-1)."""

    tab: Tab

    def __str__(self) -> str:
        return f"look for markup in {self.tab.id}"


ViewStep: TypeAlias = MountView | UnmountView | ToggleView | SendMarkup | LookForMarkup
_WHAT = r"(?P<what>broadcasts|private messages|echoes)"


def _what(words: Words) -> What:
    return cast(What, words["what"])


FORMS: tuple[Form[ViewStep], ...] = (
    Form(rf"mount {_WHAT} in {TAB}", lambda words: MountView(words.tab, _what(words)), "mount broadcasts in a/1"),
    Form(rf"unmount {_WHAT} in {TAB}", lambda words: UnmountView(words.tab, _what(words)), "unmount broadcasts in a/1"),
    Form(
        rf"toggle {_WHAT} in {TAB} (?P<number>[1-9][0-9]?) times",
        lambda words: ToggleView(words.tab, _what(words), int(words["number"])),
        "toggle broadcasts in a/1 10 times",
    ),
    Form(
        r"send_to_user (?P<user>[^\s\"]+) what is markup",
        lambda words: SendMarkup(words["user"]),
        "send_to_user ada what is markup",
    ),
    Form(rf"look for markup in {TAB}", lambda words: LookForMarkup(words.tab), "look for markup in a/1"),
)

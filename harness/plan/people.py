"""Steps of people: tabs that open, close and crash, users who sign in and out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from harness.plan.words import TAB, USER, Form, Tab


@dataclass(frozen=True, slots=True)
class Open:
    """Open a tab; on the wire, open the browser's connection. `origin` replaces the target's own."""

    tab: Tab
    origin: str | None = None

    def __str__(self) -> str:
        return f"open {self.tab.id}" + (f" from {self.origin}" if self.origin else "")


@dataclass(frozen=True, slots=True)
class Close:
    """Close a tab as a person does; on the wire, close the connection politely."""

    tab: Tab

    def __str__(self) -> str:
        return f"close {self.tab.id}"


@dataclass(frozen=True, slots=True)
class Drop:
    """End the connection without a close frame (wire) or crash the tab (page)."""

    tab: Tab

    def __str__(self) -> str:
        return f"crash {self.tab.id}"


@dataclass(frozen=True, slots=True)
class Reload:
    """Reload a tab; on the wire, close and open again."""

    tab: Tab

    def __str__(self) -> str:
        return f"reload {self.tab.id}"


@dataclass(frozen=True, slots=True)
class SignIn:
    """Sign a browser in through one of its tabs; a browser that is signed in becomes the other user."""

    tab: Tab
    user: str
    keep_socket: bool = False

    def __str__(self) -> str:
        return f"sign {self.tab.id} in as {self.user}" + (" keeping the socket" if self.keep_socket else "")


@dataclass(frozen=True, slots=True)
class SignOut:
    """Sign a browser out through one of its tabs; a ghost keeps its old socket open and ignores the sign-out."""

    tab: Tab
    keep_socket: bool = False

    def __str__(self) -> str:
        return f"sign {self.tab.id} out" + (" keeping the socket" if self.keep_socket else "")


PeopleStep: TypeAlias = Open | Close | Drop | Reload | SignIn | SignOut
_KEEP = r"(?P<keep> keeping the socket)?"
FORMS: tuple[Form[PeopleStep], ...] = (
    Form(rf"open {TAB}", lambda words: Open(words.tab), "open a/1"),
    Form(
        rf"open {TAB} from (?P<origin>\S+)",
        lambda words: Open(words.tab, words["origin"]),
        "open a/1 from http://evil.example",
    ),
    Form(rf"close {TAB}", lambda words: Close(words.tab), "close a/1"),
    Form(rf"crash {TAB}", lambda words: Drop(words.tab), "crash a/1"),
    Form(rf"reload {TAB}", lambda words: Reload(words.tab), "reload a/1"),
    Form(
        rf"sign {TAB} in as {USER}{_KEEP}",
        lambda words: SignIn(words.tab, words["user"], keep_socket="keep" in words),
        "sign a/1 in as ada",
    ),
    Form(
        rf"sign {TAB} out{_KEEP}",
        lambda words: SignOut(words.tab, keep_socket="keep" in words),
        "sign a/1 out keeping the socket",
    ),
)

"""Steps of people who sign in and out by a full page load, and of cookies that go away by themselves (page)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from harness.plan.words import TAB, USER, BrowserId, Form, Tab


@dataclass(frozen=True, slots=True)
class SignInByLoad:
    """Sign a browser in as a form does: the request is answered, then the tab loads anew; no hook is asked."""

    tab: Tab
    user: str

    def __str__(self) -> str:
        return f"sign {self.tab.id} in as {self.user} by full load"


@dataclass(frozen=True, slots=True)
class SignOutByLoad:
    """Sign a browser out in the same way."""

    tab: Tab

    def __str__(self) -> str:
        return f"sign {self.tab.id} out by full load"


@dataclass(frozen=True, slots=True)
class ClearCookies:
    """Clear a browser's cookies, as its settings do: no page is told, and no server."""

    browser: BrowserId

    def __str__(self) -> str:
        return f"clear the cookies of {self.browser}"


FullLoadStep: TypeAlias = SignInByLoad | SignOutByLoad | ClearCookies
FORMS: tuple[Form[FullLoadStep], ...] = (
    Form(
        rf"sign {TAB} in as {USER} by full load",
        lambda words: SignInByLoad(words.tab, words["user"]),
        "sign a/1 in as ada by full load",
    ),
    Form(rf"sign {TAB} out by full load", lambda words: SignOutByLoad(words.tab), "sign a/1 out by full load"),
    Form(
        r"clear the cookies of (?P<whom>[a-z][a-z0-9]*)",
        lambda words: ClearCookies(BrowserId(words["whom"])),
        "clear the cookies of a",
    ),
)

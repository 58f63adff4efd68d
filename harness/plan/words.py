"""The words that sentences are made of: browsers, tabs, users, and the form that turns a sentence into a step."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NewType, TypeVar

BrowserId = NewType("BrowserId", str)
TabId = NewType("TabId", str)
StepT_co = TypeVar("StepT_co", covariant=True)
ROLES = ("ada", "bob", "cyd", "dan", "eve", "fay")
"""Names of ordinary users in plans; the nth stands for the nth ordinary user of the target."""
PUBLISHER = "publisher"
"""Who makes the target publish: the user that an `as` of the target file names, for send_to_user first."""


@dataclass(frozen=True, slots=True)
class Tab:
    """Tab `number` (from 1) of browser `browser`.

    In the wire world a browser is one connection and only tab 1 exists.
    """

    browser: BrowserId
    number: int = 1

    @property
    def id(self) -> TabId:
        return TabId(f"{self.browser}/{self.number}")


class Words:
    """What a sentence says in its named places: "tab", "user", "times", "text" and whatever else its form names."""

    def __init__(self, places: dict[str, str | None]) -> None:
        self._places = places

    def __getitem__(self, name: str) -> str:
        return self._places[name] or ""

    def __contains__(self, name: str) -> bool:
        return bool(self._places.get(name))

    @property
    def tab(self) -> Tab:
        """The tab; a browser alone means its first one."""
        return self.tab_in("tab")

    def tab_in(self, place: str) -> Tab:
        """Return the tab that stands in another place of the sentence."""
        browser, _, number = self[place].partition("/")
        return Tab(BrowserId(browser), int(number or 1))

    @property
    def times(self) -> int:
        """How often; once when the sentence does not say."""
        return int(self["times"] or 1)

    @property
    def text(self) -> str:
        """The quoted text, unquoted; empty when there is none."""
        return str(json.loads(self["text"])) if self["text"] else ""


@dataclass(frozen=True, slots=True)
class Form(Generic[StepT_co]):
    """One form of sentence: a pattern over the whole of it, what it builds, and an example for errors and docs."""

    pattern: str
    build: Callable[[Words], StepT_co]
    example: str

    def read(self, sentence: str) -> StepT_co | None:
        """Return the step, or None when the sentence has another form or a value in it cannot be read."""
        hit = re.fullmatch(self.pattern, sentence.strip(), re.DOTALL)
        if hit is None:
            return None
        try:
            return self.build(Words(hit.groupdict()))
        except ValueError:
            return None


TAB = r"(?P<tab>[a-z][a-z0-9]*(?:/[1-9][0-9]*)?)"
TIMES = r"(?: (?P<times>[1-9][0-9]{0,4}) times)?"
WITH = r"(?: with (?P<text>\".*\"))?"
USER = r"(?P<user>[^\s\"]+)"


def times_words(times: int) -> str:
    """Return " 3 times", or nothing for once."""
    return "" if times == 1 else f" {times} times"


def with_words(text: str) -> str:
    """Return ` with "text"`, or nothing for no text."""
    return f" with {json.dumps(text)}" if text else ""

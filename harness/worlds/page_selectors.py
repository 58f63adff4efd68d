"""A tab asked by its elements, as a person would: what it shows of user, state and messages, and forms to fill.

Messages are found by comparing what is shown now with what was shown before each change: a list that is drawn anew, or
forgets its oldest lines, shows no line twice.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec
from anyio.abc import TaskGroup
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Frame, Page

from harness.targets.file import Target
from harness.targets.page import SEND, SIGN_IN, Form, Selectors
from harness.wire.template import Json, fill
from harness.wire.token import find_tokens
from harness.worlds import page_call
from harness.worlds.page_call import HookFailed, Look, first_line, is_leaving, within
from harness.worlds.page_driver import Live, mark_of

GUESTS = frozenset({"", "guest", "anonymous", "nobody", "null", "none", "-", "–"})
STATES = {
    "connecting": 0, "reconnecting": 0, "open": 1, "connected": 1, "online": 1, "live": 1, "closing": 2, "closed": 3,
    "disconnected": 3, "offline": 3, "0": 0, "1": 1, "2": 2, "3": 3,
}  # fmt: skip
_READ_JS = """([user, state, messages]) => {
  const one = (selector) => {
    const found = selector ? document.querySelector(selector) : null;
    const typed = /^(INPUT|TEXTAREA|SELECT|OUTPUT)$/.test(found?.tagName);
    return found === null ? null : (typed ? found.value : found.textContent).trim();
  };
  const lines = () => (messages ? [...document.querySelectorAll(messages)].slice(-500) : []);
  const kept = (globalThis.__onesocketShown ??= { snapshots: [], last: "" });
  const keep = () => {
    const texts = lines().map((each) => each.textContent.slice(0, 20_000)), all = texts.join("\\u0000");
    if (all === kept.last || kept.snapshots.length > 200) return;
    kept.last = all;
    kept.snapshots.push(texts);
  };
  if (messages && !kept.observer) {
    kept.observer = new MutationObserver(keep);
    kept.observer.observe(document, { childList: true, subtree: true, characterData: true });
  }
  keep();
  return [one(user), one(state), kept.snapshots.splice(0)];
}"""


class SelectorDriver:
    """Asks the elements that `selectors` names; `live` stands for a state that is shown nowhere."""

    waits = True

    def __init__(self, target: Target, selectors: Selectors, *, live: Live) -> None:
        self._target = target
        self._selectors = selectors
        self._live = live
        self._mark = ""
        self._shown: list[str] = []
        self._states = {**STATES, **{word.lower(): number for word, number in selectors.states.items()}}

    async def look(self, page: Page | Frame, *, known: str, read: int) -> Look:
        mark = await mark_of(page)
        asked = [self._selectors.user, self._selectors.state, self._selectors.messages]
        user, state, snapshots = msgspec.convert(
            await page.evaluate(_READ_JS, asked), tuple[str | None, str | None, list[list[str]]]
        )
        if mark != self._mark:
            self._mark, self._shown = mark, []
        new = [each for shown in snapshots for each in self._beyond(shown)]
        items = tuple(json.dumps(each) for each in new if find_tokens(each))
        look = Look(hooked=True, mark=mark, items=items, shown=True, state=1 if self._live() else 0, told=False)
        if self._selectors.state:
            number = self._states.get((state or "").lower())
            if number is None:
                # A page that is not drawn yet is waited for, as one is whose hooks are not there yet.
                seen = "is not there" if state is None else f"says {state[:80]!r}, which is no state"
                return Look(hooked=False, problem=f"the state at {self._selectors.state} {seen}")
            look = msgspec.structs.replace(look, state=number, told=True)
        asks, who = self._user(user)
        return msgspec.structs.replace(look, asks=asks, user=who)

    def _beyond(self, shown: list[str]) -> list[str]:
        """Return the lines that are new, given all that are shown."""
        if self._selectors.newest_first:
            shown.reverse()
        new, self._shown = shown[overlap(self._shown, shown) :], shown
        return new

    def _user(self, text: str | None) -> tuple[bool, str | None]:
        """Return whether the text says who the user is, and the id; None is a guest."""
        if text is None:
            return False, None
        if text.lower() in GUESTS:
            return True, None
        for name, user in self._target.users.items():
            if text in {name, str(user.id), *(each for each in user.login.values() if isinstance(each, str))}:
                return True, str(user.id)
        return False, None

    async def call(
        self, group: TaskGroup, page: Page | Frame, name: str, *args: Json, timeout_s: float | None = None
    ) -> bool:
        values: dict[str, Json] = {}
        login: dict[str, Json] = {}
        if name == SIGN_IN:
            login = args[0] if args and isinstance(args[0], dict) else {}
            values = {f"login.{key}": each for key, each in login.items()}
        elif name == SEND:
            found = find_tokens(json.dumps(args[1])) if len(args) > 1 else ()
            values = {"text": found[0] if found else ""}
        if name not in {SEND, SIGN_IN, "signOut"}:
            return True
        form = self._selectors.form(name, login=login)
        if form is None:
            raise HookFailed(
                f"the page has no form for {name}", where="[page.selectors]", todo="name one, or leave such plans out"
            )
        return await _fill(group, page, name, form, values)


async def _fill(group: TaskGroup, page: Page | Frame, name: str, form: Form, values: dict[str, Json]) -> bool:
    timeout_ms = page_call.HOOK_TIMEOUT_S * 1000

    async def work() -> bool:
        for selector, text in form.fill.items():
            await page.fill(str(fill(selector, values)), str(fill(text, values)), timeout=timeout_ms)
        if form.click:
            # A real click waits for the page to be drawn, which a tab in the background may never be.
            await page.dispatch_event(str(fill(form.click, values)), "click", timeout=timeout_ms)
        return True

    try:
        return await within(group, work, timeout_s=page_call.HOOK_TIMEOUT_S + 1.0)
    except (TimeoutError, PlaywrightError) as error:
        if isinstance(error, PlaywrightError) and is_leaving(error):
            return False
        raise HookFailed(
            f"the page's form for {name} cannot be used: {first_line(error)}",
            where=f"[page.selectors] fill {dict(form.fill)!r}, click {form.click!r}"[:300],
            todo="check the selectors; each must name one element that can be seen",
        ) from error


def overlap(before: Sequence[str], now: Sequence[str]) -> int:
    """Return how many of the first lines of `now` are the last ones of `before`: what follows is new."""
    for length in range(min(len(before), len(now)), 0, -1):
        if list(before[-length:]) == list(now[:length]):
            return length
    return 0

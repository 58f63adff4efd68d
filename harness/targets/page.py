"""The page of a target file: how its tabs are asked, and thus what can be tried in them.

Four layers: an object of hooks on the page, selectors of its elements, a class of the user's own, or the network alone.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from harness.wire.template import Json

Layer = Literal["hooks", "selectors", "class", "network"]
SEND, RECEIVED, STATE, USER, SIGN_IN, SIGN_OUT = "send", "received", "readyState", "userId", "signIn", "signOut"
MOUNT, ANY_CHANNEL = "mount", "any channel"
EVERYTHING = frozenset({SEND, RECEIVED, STATE, USER, SIGN_IN, SIGN_OUT, MOUNT, ANY_CHANNEL})


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person does: fill fields, by selector, then click. Strings are templates: {login.key}, {text}."""

    fill: dict[str, str] = {}
    click: str = ""


class Selectors(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a page shows and takes what hooks would say; an empty string, or false, where it does not.

    `messages` are the elements of messages, one each, oldest first unless `newest_first`. `states` gives the words of
    `state` that are not those of a WebSocket a number from 0 to 3. A form that is true is the default one, of elements
    with a data-testid: login-KEY for each key of the login, sign-in, sign-out, message, send.
    """

    user: str = "[data-testid=user]"
    state: str = "[data-testid=state]"
    messages: str = "[data-testid=messages] > *"
    newest_first: bool = False
    states: dict[str, int] = {}
    sign_in: Form | bool = True
    sign_out: Form | bool = True
    send: Form | bool = True

    def form(self, name: str, *, login: dict[str, Json]) -> Form | None:
        """Return the form for `signIn`, `signOut` or `send`; None where the page has none."""
        given = {SIGN_IN: self.sign_in, SIGN_OUT: self.sign_out, SEND: self.send}[name]
        if isinstance(given, Form):
            return given
        if not given:
            return None
        if name == SIGN_IN:
            fields = {f"[data-testid=login-{key}]": f"{{login.{key}}}" for key in login}
            return Form(fill=fields, click="[data-testid=sign-in]")
        if name == SIGN_OUT:
            return Form(click="[data-testid=sign-out]")
        return Form(fill={"[data-testid=message]": "{text}"}, click="[data-testid=send]")


class Page(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The page that holds the client. `mounted`: it mounts this file's channels by itself (None: find out).

    `hooks` is where its object of hooks is; an empty string says that it has none. `driver` names a class
    (package.module:Class) that asks the page in its own way.
    """

    path: str = "/"
    hooks: str | None = "window.realtime"
    mounted: bool | None = None
    selectors: Selectors | None = None
    driver: str | None = None

    @property
    def layer(self) -> Layer:
        """How its tabs are asked."""
        if self.driver is not None:
            return "class"
        if self.selectors is not None:
            return "selectors"
        return "hooks" if self.hooks else "network"

    @property
    def offers(self) -> frozenset[str]:
        """What can be asked of a tab, by the names of hooks; of hooks and classes all is expected until it is asked."""
        if self.layer in {"hooks", "class"}:
            return EVERYTHING
        if self.selectors is None:
            return frozenset()
        said = {RECEIVED: self.selectors.messages, STATE: self.selectors.state, USER: self.selectors.user}
        done = {SEND: self.selectors.send, SIGN_IN: self.selectors.sign_in, SIGN_OUT: self.selectors.sign_out}
        return frozenset(name for name, how in (*said.items(), *done.items()) if how)


NEEDED = {
    "TAB-2": (RECEIVED,), "TAB-3": (RECEIVED, SEND), "TAB-6": (RECEIVED,), "TAB-7": (SIGN_IN,),
    "TAB-8": (RECEIVED, SIGN_IN), "TAB-11": (STATE,), "TAB-12": (SEND,), "SUB-1": (RECEIVED, MOUNT),
    "SUB-2": (RECEIVED, MOUNT), "SUB-3": (RECEIVED, MOUNT), "SUB-4": (RECEIVED, MOUNT),
}  # fmt: skip
"""What of a page the requirements need that pages alone can show."""
_WORDS = {
    SEND: "a way to send from a tab", RECEIVED: "what a tab is handed", STATE: "the state that a tab shows",
    SIGN_IN: "a way to sign in", SIGN_OUT: "a way to sign out", MOUNT: "a way to mount and unmount channels",
    USER: "the user that a tab shows", ANY_CHANNEL: "a way to send on any channel",
}  # fmt: skip


def asked_by(page: Page | None) -> str:
    """Return what a tab is asked by, as an error names it."""
    if page is None or page.layer == "hooks":
        return (page.hooks if page else None) or "window.realtime"
    return {"class": f"[page] driver = {page.driver!r}", "selectors": "[page.selectors]"}.get(page.layer, "[page]")


def lacking_of_page(page: Page) -> dict[str, str]:
    """Return the requirements that only pages can show and this one cannot, each with the reason."""
    return {name: why for name, needed in NEEDED.items() if (why := lack_of_page(page, *needed))}


def lack_of_page(page: Page, *needed: str) -> str:
    """Return why `needed` cannot be had of this page; empty when all of it can."""
    missing = [_WORDS[each] for each in needed if each not in page.offers]
    how = "a page of which only the network is seen" if page.layer == "network" else "[page.selectors]"
    return f"{how} does not offer {' or '.join(missing)}" if missing else ""

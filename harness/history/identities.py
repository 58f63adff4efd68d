"""Events of who is signed in."""

from __future__ import annotations

from typing import TypeAlias

from harness.history.event import Event


class IdentityChanging(Event, frozen=True, kw_only=True, tag="identity_changing"):
    """A sign-in (`user`) or sign-out (None) was asked for in this browser.

    `lasts_s` is how long the session of this sign-in lives at the least, where the target says.
    """

    browser: str
    user: str | None
    instance: int = 1
    lasts_s: float | None = None


class IdentityChanged(Event, frozen=True, kw_only=True, tag="identity_changed"):
    """It was answered; with `ok` false the browser may be either user."""

    browser: str
    user: str | None
    ok: bool = True


IdentityEvent: TypeAlias = IdentityChanging | IdentityChanged

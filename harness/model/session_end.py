"""Sessions that end without a sign-out: what a revocation or an expiry makes of who a browser may be.

From the request on the browser may be a guest; from the answer on the server has `revoke_s` to notice everywhere, on
sockets and at new handshakes alike. Pure; called by the model's fold.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.history import Revoked, Revoking, SessionExpired, SessionExpiring
from harness.model.state import Browser, IdentitySpan, Moment


def apply_session_end(
    event: Revoking | Revoked | SessionExpiring | SessionExpired,
    browsers: Iterable[Browser],
    *,
    now: Moment,
    grace_s: float,
) -> None:
    """Take one event in; `browsers` are all there are."""
    match event:
        case Revoking(user=user):
            for browser in browsers:
                if _live(browser, user):
                    browser.spans.append(IdentitySpan(None, now))
        case Revoked(user=user, ok=ok):
            for browser in browsers if ok else ():
                _end(_live(browser, user), how="revoke", now=now, grace_s=grace_s)
        case SessionExpiring(browser=name):
            for browser in browsers:
                if browser.id == name:
                    browser.spans.append(IdentitySpan(None, now))
        case _:
            for browser in browsers:
                if browser.id == event.browser:
                    _end(_live(browser), how="expiry", now=now, grace_s=grace_s)


def _live(browser: Browser, user: str | None = None) -> list[IdentitySpan]:
    """Return the spans of this user, or of anybody, that have not ended."""
    return [
        span
        for span in browser.spans
        if span.until is None and span.user is not None and (user is None or span.user == user)
    ]


def _end(spans: Iterable[IdentitySpan], *, how: str, now: Moment, grace_s: float) -> None:
    for span in spans:
        span.until, span.end, span.soft_s = now, how, grace_s

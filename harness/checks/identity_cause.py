"""What befell a user's identity before a private message that must reach them: what its arrival proves besides ISO-1.

A loss is a matter of what befell last: of a sign-in (ID-1), a switch of user (ID-6), a sign-in during the handshake of
another socket (ID-11), the end of their session in another browser (ID-7), the revocation of somebody else (ID-8), or a
renewal of the session (ID-10). On several instances none of them is told apart from the plain loss (MI-2).
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.history import InstancesJoined, SessionRotated
from harness.model.model import Model
from harness.model.state import Browser, Connection, IdentitySpan, Moment


def causes(model: Model, connection: Connection, *, user: str | None, before: Moment) -> list[tuple[int, str]]:
    """Return (index, requirement) of what befell, oldest first, up to a moment; `user` is whose connection it is."""
    browser = model.browser(connection.browser)
    own = [span for span in browser.spans if user and span.user == user and span.since.index < before.index]
    if not own or user is None:
        return []
    since = own[-1].since
    found = [*_change(model, browser, connection, since)]
    if not model.facts(InstancesJoined):
        found += _race(browser, connection, since)
        found += _ends_elsewhere(model, browser, user, since)
        found += [
            (moment.index, "ID-10")
            for moment, event in model.facts(SessionRotated)
            if event.browser == browser.id and event.ok and moment.index > since.index
        ]
    return sorted(each for each in found if each[0] < before.index)


def _change(model: Model, browser: Browser, connection: Connection, since: Moment) -> Iterator[tuple[int, str]]:
    """Whether the browser had an earlier connection as somebody else, and as whom last."""
    now = browser.users(connection.opening, connection.opening)
    earlier = [
        users
        for each in browser.connections
        if each.opening.index < connection.opening.index and (users := browser.users(each.opening, each.opening)) != now
    ]
    if earlier:
        switched = earlier[-1] != {None} and not model.facts(InstancesJoined)
        yield since.index, "ID-6" if switched else "ID-1"


def _race(browser: Browser, connection: Connection, since: Moment) -> Iterator[tuple[int, str]]:
    for each in browser.connections:
        if each.opened is not None and each.opening.index < since.index < each.opened.index < connection.opening.index:
            yield each.opened.index, "ID-11"


def _ends_elsewhere(model: Model, browser: Browser, user: str, since: Moment) -> Iterator[tuple[int, str]]:
    for other in model.browsers.values():
        for span in other.spans:
            if other is not browser and _ended_after(span, since) and span.until is not None:
                if span.end in {"sign-out", "expiry"} and span.user == user:
                    yield span.until.index, "ID-7"
                elif span.end == "revoke" and span.user not in {user, None}:
                    yield span.until.index, "ID-8"


def _ended_after(span: IdentitySpan, since: Moment) -> bool:
    return span.until is not None and span.until.index > since.index

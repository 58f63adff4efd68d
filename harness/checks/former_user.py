"""What a private message to the user that a browser was before is a matter of; one cause is filed once.

| the connection that got it | how the user left | requirement |
|---|---|---|
| any | all their sessions were revoked | ID-8 |
| any | the session's time was over | ID-9 |
| opened with the cookies of before | signed out, or became another | ID-5 |
| its handshake was under way meanwhile | the same | ID-11 |
| opened before, and kept | the same | ID-3; TAB-7 where a page keeps it |
| opened after, as a guest's | signed out | ID-2 |
| opened after, as another user's | became another | ID-6 |

So ID-3 is about sockets, ID-5 about the session behind them: both have `sign_out_s` to be noticed. ID-2 and ID-6 have
not: who opens a connection after the answer is who they are now. On several instances the plainer ones serve (MI).
"""

from __future__ import annotations

from harness.history import InstancesJoined
from harness.model.model import Model
from harness.model.state import Browser, Connection, IdentitySpan, Moment


def former_span(browser: Browser, user: str | None, *, before: Moment) -> IdentitySpan | None:
    """Return the last time that a browser was this user, before a moment."""
    spans = [span for span in browser.spans if span.user == user and span.since.index < before.index]
    return spans[-1] if spans and user is not None else None


def former_requirement(
    model: Model, connection: Connection, user: str | None, *, now: str | None, at: Moment
) -> str | None:
    """Return what a message to `user` that reached this connection is a matter of, where its browser, `now` somebody
    else's, was once theirs; None where it never was.
    """
    browser = model.browser(connection.browser)
    span = former_span(browser, user, before=at)
    if span is None:
        return None
    if span.end in _ENDED_BY:
        return _ENDED_BY[span.end]
    finer = not model.facts(InstancesJoined)
    if connection.replayed:
        return "ID-5"
    opened = connection.opened or at
    if user in browser.users(connection.opening, opened):
        if browser.tabs:
            return "TAB-7"  # it is for the page to leave that socket
        return "ID-11" if finer and browser.changed_within(connection.opening, opened) else "ID-3"
    if now is None:
        return "ID-2"
    return "ID-6" if finer else None


def took_the_place(model: Model, connection: Connection, user: str | None) -> bool:
    """Whether a connection of `user` had ended when this one was opened, in a browser that never was theirs (ISO-8)."""
    if user is None or model.facts(InstancesJoined):
        return False
    if any(span.user == user for span in model.browser(connection.browser).spans):
        return False
    return any(
        each.over_by(connection.opening.index)
        and each.opened is not None
        and user in model.browser(each.browser).users(each.opening, each.opened)
        for each in model.connections.values()
    )


_ENDED_BY = {"revoke": "ID-8", "expiry": "ID-9"}

"""How sessions end, and what goes on beside them: ID-4, ID-7, ID-8, ID-10, ID-12. Private delivery itself: isolation.

An end is a sign-out, a switch of user, a revocation or an expiry, from the request to the settle after its answer. Who
was somebody else's or on another session goes on undisturbed, if anybody at all did: else the server went away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.checks.claims import claiming
from harness.checks.finding import Finding, Held
from harness.checks.identity_cause import causes
from harness.history import TargetRestarting, WhoAnswered, WhoAsked
from harness.model.model import Model
from harness.model.state import Browser, Connection, IdentitySpan, Moment

TELLING_CODES = frozenset({1008, *range(3000, 5000)})
"""Policy violation (RFC 6455 section 7.4.1), and the ranges for frameworks and applications (section 7.4.2)."""


@dataclass(frozen=True, slots=True)
class _End:
    """One end of a user's identity in a browser, as seen from outside."""

    browser: Browser
    span: IdentitySpan
    asked: Moment
    answered: Moment
    settled: Moment


def identity(model: Model) -> Iterator[Finding | Held]:
    """Judge each end of a session, at the sockets it was about and at the others, and each answer to who one is."""
    blamed: set[str] = set()
    for end in _ends(model):
        yield from _closed_beside(model, end, blamed)
        yield from _codes(model, end)
        yield from _answers(model, end)
    yield from _refused(model)


def _ends(model: Model) -> Iterator[_End]:
    for browser in model.browsers.values():
        for index, span in enumerate(browser.spans):
            until = span.until
            if span.user is None or until is None:
                continue
            asked = next((each.since for each in browser.spans[index + 1 :]), until)
            if any(moment.index == asked.index for moment, _ in model.facts(TargetRestarting)):
                continue
            settled = next((each for each in model.settles if each.index > until.index), model.now)
            yield _End(browser, span, asked, until, settled)


def _closed_beside(model: Model, end: _End, blamed: set[str]) -> Iterator[Finding]:
    requirement = {"sign-out": "ID-7", "expiry": "ID-7", "revoke": "ID-8"}.get(end.span.end)
    there = [
        each
        for each in model.connections.values()
        if each.ready is not None and each.ready.index < end.asked.index and not each.over_by(end.asked.index)
    ]
    closed = [
        each
        for each in there
        if _concerned(model, each, end) and _closed_by_server(each, end) and not _replaced(model, each, end)
    ]
    if requirement is None or not any(not each.over_by(end.settled.index) for each in there):
        return
    for connection in closed:
        if connection.id not in blamed:
            blamed.add(connection.id)
            how = "was revoked" if requirement == "ID-8" else "is no longer signed in elsewhere"
            yield Finding(
                requirement=requirement,
                check="identity",
                observer=connection.id,
                at=(connection.closed or end.settled).index,
                kind="closed",
                expected=f"when {end.span.user} {how} ({end.browser.id}), {connection.id} stays open and signed in",
                seen=f"the server closed it with {_code(connection)}",
            )


def _concerned(model: Model, connection: Connection, end: _End) -> bool:
    """Whether the connection is a signed-in user's all along, whose own session did not end."""
    browser = model.browser(connection.browser)
    if browser is end.browser or not connection.in_order:
        return False
    users = browser.users(connection.opening, end.settled)
    steady = len(users) == 1 and None not in users and not browser.changed_within(connection.opening, end.settled)
    return steady and connection.id not in claiming(model)


def _replaced(model: Model, connection: Connection, end: _End) -> bool:
    """Whether its user opened another connection after the end was asked for, and before this one was closed."""
    closed = connection.closed or end.settled
    users = model.browser(connection.browser).users(connection.opening, closed)
    return any(
        each.opened is not None
        and end.asked < each.opened < closed
        and model.browser(each.browser).users(each.opened, each.opened) == users
        for each in model.connections.values()
    )


def _closed_by_server(connection: Connection, end: _End) -> bool:
    closed = connection.closed
    return (
        closed is not None
        and connection.by == "server"
        and connection.closing is None
        and end.asked.index < closed.index <= end.settled.index
    )


def _codes(model: Model, end: _End) -> Iterator[Finding | Held]:
    """Judge how the server closed sockets of the session that ended (ID-12)."""
    survivors = [each for each in model.connections.values() if not each.over_by(end.settled.index)]
    for connection in end.browser.connections:
        opened_as = end.browser.users(connection.opening, connection.opened or connection.opening)
        if connection.opened is None or end.span.user not in opened_as or connection.origin is not None:
            continue
        if not _closed_by_server(connection, end) or not survivors:
            continue
        if connection.code in TELLING_CODES:
            yield Held("ID-12")
        else:
            yield Finding(
                requirement="ID-12",
                check="identity",
                observer=connection.id,
                at=(connection.closed or end.settled).index,
                expected="a socket that is closed because its session ended says so: close code 1008, or 3000 to 4999",
                seen=f"the server closed it with {_code(connection)}, as after a loss of the network",
            )


def _answers(model: Model, end: _End) -> Iterator[Finding | Held]:
    """Judge what the sockets of the session that ended are told about whose they are (ID-4)."""
    grace_s = max(model.promises.sign_out_s, end.span.soft_s)
    whose = model.ids.get(end.span.user or "")
    for connection in end.browser.connections:
        told = [(moment, event) for moment, event in model.facts(WhoAnswered) if event.connection == connection.id]
        if not any(event.user_id == whose and moment.index < end.asked.index for moment, event in told):
            continue
        if _closed_by_server(connection, end):
            yield Held("ID-4")
        for moment, event in told:
            when = _asked(model, connection, moment)
            again = end.span.user in end.browser.users(when, moment)
            if when.at_s < end.answered.at_s + grace_s or when.index < end.answered.index or again:
                continue
            if event.user_id != whose:
                yield Held("ID-4")
                continue
            yield Finding(
                requirement="ID-4",
                check="identity",
                observer=connection.id,
                at=moment.index,
                kind="context",
                expected=f"a handler on {connection.id}, whose session has ended, no longer works for {end.span.user}",
                seen=f"asked whose connection it is, it told the id {whose}",
            )


def _asked(model: Model, connection: Connection, answered: Moment) -> Moment:
    asked = [moment for moment, event in model.facts(WhoAsked) if event.connection == connection.id]
    return max(moment for moment in asked if moment.index < answered.index)


def _refused(model: Model) -> Iterator[Finding]:
    """Judge handshakes that were refused to who is signed in, when something befell their sessions (ID-7, ID-10)."""
    for connection in model.connections.values():
        browser = model.browser(connection.browser)
        closed = connection.closed
        if not connection.refused or closed is None or connection.origin is not None or connection.replayed:
            continue
        users = browser.users(connection.opening, closed)
        user = next(iter(users)) if len(users) == 1 else None
        befell = causes(model, connection, user=user, before=connection.opening)
        if befell and befell[-1][1] in {"ID-7", "ID-8", "ID-10"} and connection.id not in claiming(model):
            yield Finding(
                requirement=befell[-1][1],
                check="identity",
                observer=connection.id,
                at=closed.index,
                kind="refused",
                expected=f"{browser.id}, where {user} is still signed in, can open another connection",
                seen="the handshake was refused",
            )


def _code(connection: Connection) -> str:
    return "no close frame" if connection.code is None else f"close code {connection.code}"

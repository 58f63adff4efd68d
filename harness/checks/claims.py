"""Connections opened under a claim: a cookie that stands for nobody new, the flags of the one that counts: HS-7, HS-8.

Such a connection may be a guest's or refused, or be the one user whose own cookie is in it; never another's, never two
users' at once. Its private messages are judged here and nowhere else. What an origin claims is `isolation`'s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from harness.checks.finding import Finding, Held
from harness.history import CookieClaimed, CookieSeen, IdentityClaimed, OriginClaimed
from harness.model.duty import may_reach_connection
from harness.model.model import Model
from harness.model.state import Delivery, Message, Moment
from harness.wire.look_alike_origins import LOOK_ALIKES

_STRICT = frozenset({"lax", "strict"})


def claiming(model: Model) -> frozenset[str]:
    """Return the connections that were opened with cookies not their browser's, or claim an identity otherwise (which
    `claimed_identity` judges).
    """
    forged = [claim.connection for _, claim in model.facts(CookieClaimed)]
    return frozenset([*forged, *(claim.connection for _, claim in model.facts(IdentityClaimed))])


def origin_requirement(model: Model, connection: str) -> tuple[str, str]:
    """Return which requirement a connection from a foreign page is about, and the level of a leak to it."""
    for _, claim in model.facts(OriginClaimed):
        if claim.connection == connection:
            return "HS-5", LOOK_ALIKES[claim.look_alike].level
    return "HS-4", "fail"


def origin_words(model: Model, connection: str, origin: str) -> str:
    """Return how a connection from a foreign page said where it comes from; `origin` is what it named, if but once."""
    for _, claim in model.facts(OriginClaimed):
        if claim.connection == connection and len(claim.origins) > 1:
            return f"with the Origin headers {' and '.join(claim.origins)}, of which no browser sends two"
    return f"from the foreign origin {origin}"


def claims(model: Model) -> Iterator[Finding | Held]:
    """Judge each connection with claimed cookies."""
    for moment, claim in model.facts(CookieClaimed):
        if claim.left_out:
            continue
        found = list(_answer_findings(claim, moment)) or list(_leak_findings(model, claim))
        yield from found
        if not found and _was_tried(model, claim):
            yield Held("HS-7")
    yield from _flags(model)


def _answer_findings(claim: CookieClaimed, moment: Moment) -> Iterator[Finding]:
    expected = f"{_words(claim)} opens a guest's connection, or is refused with 4xx"
    if claim.afterwards not in {"", "upgraded", "answered"}:
        yield _finding(claim, moment, expected, f"a right handshake after it was {claim.afterwards}")
    elif not claim.answered:
        yield _finding(claim, moment, expected, "the handshake was left without an answer")
    elif claim.status >= 500 and claim.status != 503:
        yield _finding(claim, moment, expected, f"it was answered with {claim.status}")


def _leak_findings(model: Model, claim: CookieClaimed) -> Iterator[Finding]:
    got = _private(model, claim.connection)
    whose = dict.fromkeys(message.to_user or f"id {message.to_id}" for message, _ in got)
    for message, arrived in got:
        if (message.to_user or "") not in claim.may_be:
            expected = f"{_words(claim)} shows no private message but those of {_one_of(claim)}"
            seen = f"{claim.connection} received one to {message.to_user or message.to_id!r}"
            yield _finding(claim, arrived.moment, expected, seen, token=message.token, kind="leak")
            return
    if len(whose) > 1:
        _, arrived = got[-1]
        expected = f"{_words(claim)} is {_one_of(claim)}, not both"
        seen = f"it received messages to {' and to '.join(whose)}"
        yield _finding(claim, arrived.moment, expected, seen, kind="leak")


def _was_tried(model: Model, claim: CookieClaimed) -> bool:
    """Whether it was refused, or a private message that it could have got did arrive at its own user."""
    connection = model.connections.get(claim.connection)
    if connection is None or connection.opened is None:
        return 400 <= claim.status < 500
    opened = connection.opened.index
    return any(
        message.kind == "private" and message.settled and message.started.index > opened and _arrived(model, message)
        for message in model.messages.values()
    )


def _flags(model: Model) -> Iterator[Finding | Held]:
    """Judge the cookies without which the socket is not the user's: one at least is kept from scripts (HS-8)."""
    needed: defaultdict[str, list[CookieSeen]] = defaultdict(list)
    seen = {(each.browser, each.cookie): (moment, each) for moment, each in model.facts(CookieSeen)}
    for _, claim in model.facts(CookieClaimed):
        if claim.left_out and (claim.of, claim.left_out) in seen and _is_needed(model, claim):
            needed[claim.of].append(seen[claim.of, claim.left_out][1])
    for browser, cookies in needed.items():
        if any(not _lacks(each) for each in cookies):
            yield Held("HS-8")
            continue
        worst = cookies[0]
        yield Finding(
            requirement="HS-8",
            check="claims",
            observer=browser,
            at=seen[browser, worst.cookie][0].index,
            expected="the session cookie is HttpOnly, SameSite Lax or Strict, and Secure over TLS",
            seen=f"{worst.cookie!r}, without which nobody is signed in, lacks {' and '.join(_lacks(worst))}",
        )


def _is_needed(model: Model, claim: CookieClaimed) -> bool:
    """Whether a private message reached the user's own connection and not the one without this cookie."""
    connection = model.connections.get(claim.connection)
    since = connection.opening.index if connection else model.now.index
    reached = {
        message.token
        for message in model.messages.values()
        if message.kind == "private"
        and message.to_user in claim.may_be
        and message.settled
        and message.started.index > since
        and _arrived(model, message)
    }
    return bool(reached) and not any(model.delivered(claim.connection, token) for token in reached)


def _lacks(cookie: CookieSeen) -> list[str]:
    lacking = [] if cookie.http_only else ["HttpOnly"]
    lacking += [] if cookie.same_site in _STRICT else ["SameSite=Lax or Strict"]
    return lacking + (["Secure"] if cookie.tls and not cookie.secure else [])


def _private(model: Model, connection: str) -> list[tuple[Message, Delivery]]:
    return [
        (message, arrived)
        for message in model.messages.values()
        if message.kind == "private"
        for arrived in model.delivered(connection, message.token)[:1]
    ]


def _arrived(model: Model, message: Message) -> bool:
    """Whether a private message got to a connection of its user."""
    return any(
        may_reach_connection(model, connection, arrived, message)
        for connection in model.connections.values()
        for arrived in model.delivered(connection.id, message.token)[:1]
    )


def _words(claim: CookieClaimed) -> str:
    return f"a handshake with cookies of {claim.of} forged as {claim.forgery!r}"


def _one_of(claim: CookieClaimed) -> str:
    return " or ".join(claim.may_be) or "nobody"


def _finding(
    claim: CookieClaimed, moment: Moment, expected: str, seen: str, *, token: str = "", kind: str = ""
) -> Finding:
    return Finding(
        requirement="HS-7",
        check="claims",
        observer=claim.connection,
        token=token,
        at=moment.index,
        kind=kind,
        expected=expected,
        seen=seen,
    )

"""Every handshake is answered as RFC 6455 says, and the server goes on after it: HS-1, HS-2, HS-3, HS-6, HS-9.

Judges by the table of `wire.knocks`, which says what each may end in. What one handshake does to the connections of
others is filed under its own requirement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from harness.checks.finding import Finding, Held
from harness.history import Knocked, Knocking
from harness.model.lag import lag_between
from harness.model.model import Model
from harness.model.state import Moment
from harness.wire.handshake import accept_for, listed
from harness.wire.knocks import KNOCKS, Knock

BUSY = frozenset({429, 503})
"""Answers that say nothing of the handshake: the server has had enough for now."""
SLACK_S = 0.5
"""How late an unfinished handshake may be dropped: a server looks for such ones every now and then."""

_AFTERWARDS = {
    "unreachable": "no connection can be made any more",
    "silent": "it was left without an answer",
    "closed": "its connection was closed without an answer",
}


def handshake(model: Model) -> Iterator[Finding | Held]:
    """Judge each knock by itself, and those without an Origin together."""
    for moment, knocked in model.facts(Knocked):
        knock = KNOCKS[knocked.knock]
        if not _goes_on(knocked):
            expected, level = "a right handshake just after it is answered", "fail"
            seen = _AFTERWARDS.get(knocked.afterwards, knocked.afterwards)
        elif ended := _ended_meanwhile(model, knocked, moment):
            expected, level = "the connections of others go on", "fail"
            seen = f"{', '.join(ended)} ended without a cause of their own"
        elif fault := _fault(knock, knocked, lag_s=_lag_s(model, knocked, moment)):
            level, expected, seen = fault
        else:
            if _is_evidence(knock, knocked):
                yield Held(knock.requirement)
            continue
        yield Finding(
            requirement=knock.requirement,
            check="handshake",
            observer=knocked.browser,
            at=moment.index,
            level=level,
            expected=f"{knock.name!r}: {expected} ({knock.source})",
            seen=seen,
        )
    yield from _same_every_time(model)


def _goes_on(knocked: Knocked) -> bool:
    return knocked.afterwards in {"", "upgraded", "answered"}


def _ended_meanwhile(model: Model, knocked: Knocked, moment: Moment) -> list[str]:
    """Return the connections of others that the server ended while this knock went on, with no reason of theirs to end.

    A server may bound the connections of one user, and the knock is one more of its own.
    """
    begun = max(
        (start.index for start, each in model.facts(Knocking) if _begins(each, knocked) and start.index < moment.index),
        default=moment.index,
    )
    its_own = model.browser(knocked.browser).users(moment, moment) - {None}
    return [
        connection.id
        for connection in model.connections.values()
        if connection.ready is not None
        and connection.closed is not None
        and connection.closing is None
        and connection.ready.index < begun < connection.closed.index < moment.index
        and connection.browser != knocked.browser
        and not model.browser(connection.browser).changed_within(connection.opening, moment)
        and not model.browser(connection.browser).users(connection.opening, moment) & its_own
    ]


def _begins(knocking: Knocking, knocked: Knocked) -> bool:
    return (knocking.browser, knocking.knock) == (knocked.browser, knocked.knock)


def _lag_s(model: Model, knocked: Knocked, moment: Moment) -> float:
    return lag_between(model, moment.at_s - knocked.waited_s, moment.at_s)


def _fault(knock: Knock, knocked: Knocked, *, lag_s: float) -> tuple[str, str, str] | None:
    """Return level, what was expected and what was seen, where it did not end as it may."""
    match knock.must:
        case "upgrade":
            return _not_upgraded(knock, knocked) or _wrongly_upgraded(knocked)
        case "refuse":
            return _not_refused(knock, knocked)
        case "drop":
            return _not_dropped(knocked, lag_s=lag_s)
        case _:
            return None


def _not_upgraded(knock: Knock, knocked: Knocked) -> tuple[str, str, str] | None:
    if knocked.outcome == "upgraded" or knocked.status in BUSY or (knock.refusable and knocked.outcome != "silent"):
        return None
    return "fail", "the handshake is right and is answered with 101", _how(knocked)


def _wrongly_upgraded(knocked: Knocked) -> tuple[str, str, str] | None:
    if knocked.outcome != "upgraded":
        return None
    right = accept_for(knocked.key)
    if knocked.accept != right:
        return "fail", f"Sec-WebSocket-Accept is {right!r} for the key {knocked.key!r}", f"it is {knocked.accept!r}"
    for what, offered, chosen in (
        ("subprotocol", knocked.offered, knocked.protocol),
        ("extension", knocked.extensions_offered, knocked.extensions),
    ):
        strange = [each for each in listed(chosen) if each not in listed(offered)]
        if strange:
            return "fail", f"no {what} is chosen that was not offered ({offered or 'none was'})", f"{chosen!r} is"
    return None


def _not_refused(knock: Knock, knocked: Knocked) -> tuple[str, str, str] | None:
    refused = "it is refused"
    if knocked.outcome == "upgraded":
        return (knock.upgraded, refused, _how(knocked)) if knock.upgraded else None
    if knocked.outcome == "silent":
        return (knock.silent, "it is answered or the connection is closed", _how(knocked)) if knock.silent else None
    if knocked.status == 500:
        return "warn", "it is refused as the client's fault, not the server's", _how(knocked)
    if knock.names_versions and knocked.status not in BUSY:
        if knocked.outcome != "answered" or knocked.status < 400:
            return "warn", "it is refused with an error code", _how(knocked)
        if not knocked.versions:
            return "warn", "the answer names the versions understood, in Sec-WebSocket-Version", _how(knocked)
    return None


def _not_dropped(knocked: Knocked, *, lag_s: float) -> tuple[str, str, str] | None:
    """Tell one that outlasted its promise by more than this machine was late."""
    if knocked.waited_s <= knocked.limit_s + SLACK_S + lag_s:
        return None
    level = "fail" if knocked.outcome == "silent" else "late"
    return level, f"it is dropped within {knocked.limit_s:g} s, as promised", _how(knocked)


def _is_evidence(knock: Knock, knocked: Knocked) -> bool:
    """Whether it says something that all went well: a refusal does only where a right handshake is upgraded."""
    if knock.must == "upgrade":
        return knocked.outcome == "upgraded"
    if knock.must == "drop":
        return knocked.outcome in {"closed", "answered"}
    return knock.must == "refuse" and knocked.afterwards == "upgraded" and knocked.status not in BUSY


def _same_every_time(model: Model) -> Iterator[Finding | Held]:
    """Judge the answers to handshakes without an Origin: the same to the same browser and user, whichever (HS-6)."""
    answers: defaultdict[tuple[str, str], list[tuple[Moment, Knocked]]] = defaultdict(list)
    for moment, knocked in model.facts(Knocked):
        if KNOCKS[knocked.knock].must == "repeat" and knocked.status not in BUSY:
            users = sorted(str(user) for user in model.browser(knocked.browser).users(moment, moment))
            answers[knocked.browser, " ".join(users)].append((moment, knocked))
    for (browser, _), told in answers.items():
        moment, _ = told[-1]
        if len({each.outcome == "upgraded" for _, each in told}) > 1:
            yield Finding(
                requirement="HS-6",
                check="handshake",
                observer=browser,
                at=moment.index,
                expected="a handshake without Origin has the same answer every time (RFC 6455 §10.2)",
                seen=", then ".join(_how(each) for _, each in told)[:300],
            )
        elif len(told) > 1:
            yield Held("HS-6")


def _how(knocked: Knocked) -> str:
    match knocked.outcome:
        case "upgraded":
            return "it was answered with 101"
        case "answered":
            return f"it was answered with {knocked.status}"
        case "closed":
            return f"the connection was closed after {knocked.waited_s:.1f} s without an answer"
        case "silent":
            return f"nothing came and nothing was closed in {knocked.waited_s:.1f} s"
        case _:
            return "no connection could be made"

"""The end of the server's process, asked for and not: LC-1, LC-8, and a death during a plan.

A stop that is asked for says goodbye to every client; after a kill no client has a message twice. A process that ends
by itself is filed under what its plan was to show, unless a finding of the same step says it better.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from harness.checks.finding import DIED, Finding, Held
from harness.history import (
    Overwhelmed,
    StepFinished,
    StepStarted,
    TargetDied,
    TargetRestarted,
    TargetRestarting,
    TargetStopped,
)
from harness.model.lag import lag_between
from harness.model.model import Model
from harness.model.state import Browser, Connection, Message, Moment

ACCUSING = frozenset({1002, 1003, 1007, 1008, 1009, 1010})
"""Codes that blame the client. RFC 6455 section 7.4.1 has 1001 for a server that goes down, and forbids no other."""
OF_ANY_PLAN = "BC-1"
FAILURES = ("reset ", "half-close ", "cut off ", "crash ")
SEVERAL = 2
JUST_BEFORE = 2
"""A death is noticed some hundredths of a second late: the step before may be the one that it came from."""


def life_cycle(model: Model) -> Iterator[Finding | Held]:
    """Judge each stop, each kill and each death of the process."""
    for moment, event in model.facts(TargetRestarting):
        if event.kill:
            yield from _after_kill(model, moment)
        else:
            yield from _goodbyes(model, moment)
    yield from _hung_up(model)
    for moment, death in model.facts(TargetDied):
        last = f"; its last line was: {death.last_line}" if death.last_line else ""
        yield Finding(
            requirement=_blamed(model, moment, death),
            check="life_cycle",
            at=moment.index,
            kind=DIED,
            expected=f"the server goes on working ({death.step or 'before the first step'})",
            seen=f"its process ended by itself, with code {death.code}{last}",
        )


def _hung_up(model: Model) -> Iterator[Finding]:
    """Judge a server on which no connection lasts until its first echo: else nothing would be owed to anybody."""
    mine = [each for each in model.connections.values() if each.opened and each.origin is None and not each.replayed]
    if len(mine) < SEVERAL or model.facts(TargetDied) or not all(_ended_at_once(model, each) for each in mine):
        return
    first = mine[0]
    yield Finding(
        requirement="EN-1",
        check="life_cycle",
        observer=first.id,
        at=(first.closed or model.now).index,
        kind="loss:all",
        expected="a connection stays open for its first echo",
        seen=f"each of {len(mine)} connections ended before, by no wish of the client's",
    )


def _ended_at_once(model: Model, connection: Connection) -> bool:
    overwhelmed = {event.connection for _, event in model.facts(Overwhelmed)}
    if connection.ready is not None or connection.closed is None:
        return False
    return connection.closing is None or connection.id in overwhelmed


def _blamed(model: Model, died: Moment, death: TargetDied) -> str:
    """Return the requirement to file a death under: that of a connection that failed just before, or of the plan."""
    steps = [step for at, step in _carried_out(model) if at.index < died.index and step != "settle"]
    if any(step.startswith(FAILURES) for step in steps[-JUST_BEFORE:]):
        return "BC-3"
    return death.proves[0] if death.proves else OF_ANY_PLAN


def told_otherwise(model: Model, findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings without deaths that another finding of the same step explains; that is marked as one."""
    steps = [moment.index for moment, _ in _carried_out(model)]
    deaths = {moment.index: max((at for at in steps if at < moment.index), default=0) for moment in _deaths(model)}
    since = min(deaths.values(), default=None)
    told = [
        msgspec.structs.replace(each, kind=each.kind or DIED) if since is not None and each.at >= since else each
        for each in findings
        if each.kind != DIED
    ]
    alone = since is not None and not any(each.at >= since and each.level == "fail" for each in told)
    return [*told, *(each for each in findings if each.kind == DIED)] if alone else told


def _carried_out(model: Model) -> list[tuple[Moment, str]]:
    """Return the steps that did something, each with its beginning: one that was left out kills nobody."""
    left_out = {event.index for _, event in model.facts(StepFinished) if event.outcome == "skipped"}
    return [(moment, event.step) for moment, event in model.facts(StepStarted) if event.index not in left_out]


def _deaths(model: Model) -> list[Moment]:
    return [moment for moment, _ in model.facts(TargetDied)]


def _goodbyes(model: Model, asked: Moment) -> Iterator[Finding | Held]:
    stops = [(moment, event) for moment, event in model.facts(TargetStopped) if moment.index > asked.index]
    if not stops:
        return
    gone, stop = stops[0]
    promise_s = model.promises.stop_s + lag_between(model, asked.at_s, gone.at_s)
    for connection in model.connections.values():
        ready = connection.ready is not None and connection.ready.index < asked.index
        if not ready or connection.over_by(asked.index) or connection.stalled_at(asked.index) or connection.tampered:
            continue
        yield _goodbye(connection, asked, gone, promise_s=promise_s, killed=stop.killed)


def _goodbye(connection: Connection, asked: Moment, gone: Moment, *, promise_s: float, killed: bool) -> Finding | Held:
    closed = connection.closed
    after_s = (closed or gone).at_s - asked.at_s
    level, seen = "fail", ""
    if closed is None or connection.code is None:
        seen = "its connection ended without a close frame"
        seen += ", when the process had to be killed" if killed else ""
    elif connection.code in ACCUSING:
        seen = f"it was closed with {connection.code}, which blames the client"
    elif after_s > promise_s:
        level, seen = "late", f"it took {after_s:.2f} s"
    else:
        return Held("LC-1")
    return Finding(
        requirement="LC-1",
        check="life_cycle",
        observer=connection.id,
        at=(closed or gone).index,
        level=level,
        expected=f"a server that is told to stop sends {connection.id} a close frame first (1001 or 1012), in its time",
        seen=seen,
    )


def _after_kill(model: Model, killed: Moment) -> Iterator[Finding | Held]:
    returns = [moment for moment, _ in model.facts(TargetRestarted) if moment.index > killed.index]
    if not returns:
        return
    under_way = [
        each
        for each in model.messages.values()
        if each.kind == "broadcast"
        and each.started.index < killed.index
        and (each.settled is None or each.settled.index > killed.index)
    ]
    for browser in model.browsers.values():
        before = [each for each in browser.connections if each.opening.index < killed.index]
        after = [each for each in browser.connections if each.opening.index > returns[0].index and each.ready]
        if before and after:
            for message in under_way:
                yield _once(model, browser, message, before=before, after=after)


def _once(
    model: Model, browser: Browser, message: Message, *, before: Sequence[Connection], after: Sequence[Connection]
) -> Finding | Held:
    old = [each for mine in before for each in model.delivered(mine.id, message.token)]
    new = [each for mine in after for each in model.delivered(mine.id, message.token)]
    if not old or not new:
        return Held("LC-8")
    return Finding(
        requirement="LC-8",
        check="life_cycle",
        observer=new[0].observer,
        token=message.token,
        at=new[0].moment.index,
        expected=f"browser {browser.id} has a message that was under way when the process was killed at most once",
        seen=f"it got it on {old[0].observer} before, and again on {new[0].observer} afterwards",
    )

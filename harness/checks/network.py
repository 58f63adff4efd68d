"""What fails hurts nobody else, and the server lets go of who is gone: BC-3, BC-4, FR-8, LC-5, ORD-4.

A loss that only faults explain is filed under them by `under_fault`; `filing_faults` takes that back where the run
shows the same loss without any. A fault that never bit proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

import msgspec

from harness.checks.finding import FAULTED, Finding, Held
from harness.checks.stream import account
from harness.history import (
    FaultArmed,
    FaultBit,
    PeerFreed,
    PeerKept,
    TargetDied,
    TargetRestarting,
    VolumePublished,
)
from harness.model.duty import is_in_stream, must_reach_connection
from harness.model.lag import lag_between
from harness.model.model import Model
from harness.model.state import Connection, Message, Moment
from harness.wire.token import Token

FAULTED_EACH_TIME = f"{FAULTED}each:"
"""The same, where it happened after so many failures, and only then, that it is no chance."""
OFTEN = 3
SOON = 3
"""A server may hear of a failure some broadcasts later, when many are under way."""
SEVERED = frozenset({"reset", "half-close", "cut off"})
FAILING = SEVERED | {"stall"}
LOSSES = frozenset({"BC-1", "ISO-1", "ID-1"})
LET_GO = {
    "cut off": ("LC-5", "that is gone without a word"),
    "half-close": ("FR-8", "that ended its bytes without a close frame"),
}
WAITED_SHARE, WAITED_TIMES = 0.4, 10.0
"""A request that took longer than this share of its limit and so many times the median of its like waited for somebody.
"""
MUCH_BYTES = 4_000_000
"""Less than this may wait in buffers of the kernels without anybody's noticing."""


def network(model: Model) -> Iterator[Finding | Held]:
    """Judge what went on beside connections that failed, and what became of these."""
    bitten = {event.fault for _, event in model.facts(FaultBit) if event.count}
    failing = [
        (moment, event) for moment, event in model.facts(FaultArmed) if event.kind in FAILING and event.fault in bitten
    ]
    if failing:
        yield from _deliveries(model, failing)
        yield from _volumes(model)
    yield from _freed(model)


def under_fault(model: Model, finding: Finding) -> Finding:
    """Return the finding under the requirement of the fault that explains it; unchanged where none does."""
    message = model.messages.get(Token(finding.token))
    connection = model.connections.get(finding.observer)
    if message is None or connection is None:
        return finding
    name = ""
    if finding.requirement in LOSSES and finding.kind.startswith("loss"):
        name = _explained_by(model, connection, message)
    elif finding.requirement in {"ORD-2", "BC-2"} and _replayed(model, connection, message):
        name = "LC-8"
    if not name:
        return finding
    seen = finding.seen
    if name == "ORD-4":
        seen = f"{seen}; {account(model, model.browser(connection.browser))}"
    kind = (FAULTED_EACH_TIME if name == "BC-3" and _each_time(model) else FAULTED) + finding.kind
    return msgspec.structs.replace(finding, requirement=name, kind=kind, told_as=finding.requirement, seen=seen)


def _explained_by(model: Model, connection: Connection, message: Message) -> str:
    settled = message.settled or model.now
    if any(each.since.index <= settled.index and _ended_after(each.until, message) for each in connection.stalls):
        return "LIM-3"
    failed = _failures(model)
    others = [moment for name, moment in failed.items() if name != connection.id and moment.index < settled.index]
    if not others or not _did_well_before(model, connection, min(others), message.kind):
        return ""
    mine = {each.id for each in model.browser(connection.browser).connections}
    before = {name for name, moment in failed.items() if moment.index < connection.opening.index}
    return "ORD-4" if mine & before else "BC-3"


def _failures(model: Model) -> dict[str, Moment]:
    """Return the connections that failed, by a fault or without a close frame of ours, and when they did."""
    found = {each.id: each.closing for each in model.connections.values() if each.closing and _was_dropped(each)}
    for moment, event in model.facts(FaultArmed):
        if event.connection is not None and event.kind in FAILING:
            found[event.connection] = moment
    return found


def _each_time(model: Model) -> bool:
    """Whether others, there when it happened, missed a broadcast just after one failure and the next, and no other."""
    failures = [moment.index for moment in _failures(model).values()]
    broadcasts = [each for each in model.messages.values() if each.kind == "broadcast"]
    hits = 0
    for number, message in enumerate(broadcasts[1:], start=1):
        newest = max((each.opening.index for each in _without(model, message)), default=None)
        if newest is None:
            continue
        before = max(broadcasts[max(0, number - SOON)].started.index, newest)
        if not any(before < index < message.started.index for index in failures):
            return False
        hits += 1
    return hits >= OFTEN


def _without(model: Model, message: Message) -> list[Connection]:
    return [
        each
        for each in model.connections.values()
        if must_reach_connection(model, each, message) and not model.delivered(each.id, message.token)
    ]


def _was_dropped(connection: Connection) -> bool:
    return connection.closed is not None and connection.code is None and connection.by == "client"


def _ended_after(until: Moment | None, message: Message) -> bool:
    return until is None or until.index > message.started.index


def _did_well_before(model: Model, connection: Connection, armed: Moment, kind: str) -> bool:
    """Whether nothing of this sort was lost here while nothing was the matter with anybody.

    The first message may be: a connection of an earlier plan may have failed.
    """
    before = [
        message
        for message in model.messages.values()
        if message.kind == kind and message.settled is not None and message.settled.index < armed.index
    ]
    return all(
        model.delivered(connection.id, message.token)
        for message in before[1:]
        if must_reach_connection(model, connection, message)
    )


def _replayed(model: Model, connection: Connection, message: Message) -> bool:
    kills = [moment for moment, event in model.facts(TargetRestarting) if event.kill]
    return any(message.started.index < kill.index < connection.opening.index for kill in kills)


def _deliveries(model: Model, failing: list[tuple[Moment, FaultArmed]]) -> Iterator[Held]:
    first = failing[0][0].index
    ill = {event.connection for _, event in failing}
    severed = {event.browser for _, event in failing if event.kind in SEVERED}
    for message in model.messages.values():
        if message.kind not in {"broadcast", "private"} or message.settled is None or message.started.index < first:
            continue
        for connection in model.connections.values():
            if connection.id in ill or not must_reach_connection(model, connection, message):
                continue
            if model.delivered(connection.id, message.token):
                yield Held("ORD-4" if connection.browser in severed else "BC-3")


def _volumes(model: Model) -> Iterator[Finding | Held]:
    for moment, event in model.facts(VolumePublished):
        stalled = [each for each in model.connections.values() if each.stalled_at(moment.index)]
        if not stalled or model.facts(TargetDied):
            continue
        if event.unanswered:
            yield from _unanswered(model, moment, event, stalled)
        elif event.messages * event.size_bytes >= MUCH_BYTES:
            yield _answered(model, moment, event, stalled)


def _answered(model: Model, moment: Moment, event: VolumePublished, stalled: list[Connection]) -> Finding | Held:
    """Judge the longest request of a volume: who drops a stalled reader only after a while kept others waiting."""
    took = [(end.at_s - each.started.at_s, each) for each, end in _asked(model, moment)[-event.messages :]]
    usual_s = median(seconds for seconds, _ in took)
    slowest_s, slowest = max(took, key=lambda each: each[0])
    late_s = lag_between(model, slowest.started.at_s, moment.at_s)
    if slowest_s - late_s < WAITED_SHARE * event.limit_s + WAITED_TIMES * usual_s:
        return Held("BC-4")
    return Finding(
        requirement="BC-4",
        check="network",
        token=slowest.token,
        at=moment.index,
        expected=f"a broadcast waits for nobody who does not read ({', '.join(each.id for each in stalled)})",
        seen=f"one request took {slowest_s:.2f} s, half of all took less than {usual_s:.2f} s",
    )


def _unanswered(
    model: Model, moment: Moment, event: VolumePublished, stalled: list[Connection]
) -> Iterator[Finding | Held]:
    message, _ = _asked(model, moment)[-1]
    if lag_between(model, message.started.at_s, moment.at_s) > event.limit_s / 2:
        return
    missing = [
        connection.id
        for connection in model.connections.values()
        if connection not in stalled
        and is_in_stream(model, connection, _as_accepted(message), end=moment)
        # What came once the readers were let go, or the request given up, had waited for that.
        and not any(each.moment.index < moment.index for each in model.delivered(connection.id, message.token))
    ]
    whom = ", ".join(each.id for each in stalled)
    expected = f"a broadcast waits for nobody who does not read ({whom})"
    if missing:
        seen = f"{', '.join(missing)} did not get it within {event.limit_s:g} s, nor was the request answered"
    else:
        seen = f"everybody else got it, and the request had no answer within {event.limit_s:g} s"
    yield Finding(
        requirement="BC-3" if missing else "BC-4",
        check="network",
        observer=missing[0] if missing else "",
        token=message.token,
        at=moment.index,
        expected=expected,
        seen=seen,
    )


def _asked(model: Model, moment: Moment) -> list[tuple[Message, Moment]]:
    """Return the broadcasts whose requests had ended by then, each with its end, in the order of asking."""
    return [
        (each, each.finished)
        for each in model.messages.values()
        if each.kind == "broadcast" and each.finished is not None and each.finished.index < moment.index
    ]


def _as_accepted(message: Message) -> Message:
    """The message as if its request had been answered: whoever is asked to wait for one must not lose by it."""
    return Message(
        message.token, message.kind, message.channel, message.expected, message.started, message.finished, accepted=True
    )


def _freed(model: Model) -> Iterator[Finding | Held]:
    promise_s = model.promises.half_open_s
    if promise_s is None or model.facts(TargetDied):
        return
    kept = {event.connection: (moment, event) for moment, event in model.facts(PeerKept)}
    freed = {event.connection: (moment, event) for moment, event in model.facts(PeerFreed)}
    for armed, fault in model.facts(FaultArmed):
        if fault.kind not in LET_GO or fault.connection not in {*kept, *freed}:
            continue
        moment, event = kept.get(fault.connection) or freed[fault.connection]
        # What a restart ended was not noticed by anybody.
        if any(armed.index < each.index < moment.index for each, _ in model.facts(TargetRestarting)):
            continue
        took = f"{event.after_s:.2f} s"
        late_s = event.after_s - promise_s - lag_between(model, armed.at_s, moment.at_s)
        if isinstance(event, PeerFreed) and late_s <= 0:
            yield Held(LET_GO[fault.kind][0])
            continue
        yield Finding(
            requirement=LET_GO[fault.kind][0],
            check="network",
            observer=event.connection,
            at=moment.index,
            level="late" if isinstance(event, PeerFreed) else "fail",
            expected=f"the server lets go of a peer {LET_GO[fault.kind][1]} within {promise_s:g} s",
            seen=f"it took {took}" if isinstance(event, PeerFreed) else f"it still held the connection after {took}",
        )

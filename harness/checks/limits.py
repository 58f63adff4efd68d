"""What goes past a limit is bounded, and costs nobody else: LIM-2, LIM-3, LIM-4, LIM-5, LIM-6.

A reader that stopped is either dropped, or misses nothing in a stream that stays open. Deadlines and numbers are the
target's promises; what it does not promise is not judged here.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.finding import FAULTED, Finding, Held
from harness.checks.network import MUCH_BYTES
from harness.history import Crowded, Flooded, HandlerBusy, ReaderResumed, VolumePublished
from harness.model.duty import gap, is_in_stream
from harness.model.lag import lag_between
from harness.model.model import Model
from harness.model.state import Connection, Message, Moment

RATE_SLACK, BURST_S = 1.5, 3.0
"""A limiter may be generous by half, and let through what it would in three seconds at once."""
ALL_SHARE = 0.9
"""A limiter that was put to the test has let through less than this share of what was sent."""
TOO_MUCH_BYTES = 12_000_000
"""What a server may keep for a reader, in its own queue and in buffers of the kernels, before it must give it up."""
WAITED_SHARE, WAITED_S = 0.5, 0.25
"""An echo that took more than this share of what a slow handler takes for one message, and longer than this, waited."""
BUSY_S = 0.1


def limits(model: Model) -> Iterator[Finding | Held]:
    """Judge readers that stopped, floods, crowds and slow handlers."""
    for moment, resumed in model.facts(ReaderResumed):
        yield from _slow_reader(model, moment, resumed)
    for connection in model.connections.values():
        yield from _stream(model, connection)
    for moment, flooded in model.facts(Flooded):
        yield from _flood(moment, flooded)
    for moment, crowded in model.facts(Crowded):
        if crowded.tried > crowded.allowed:
            yield _crowd(moment, crowded)
    for moment, busy in model.facts(HandlerBusy):
        yield from _busy(model, moment, busy)


def _slow_reader(model: Model, moment: Moment, event: ReaderResumed) -> Iterator[Finding | Held]:
    connection = model.connections[event.connection]
    stall = connection.stalls[-1]
    volume = sum(
        each.messages * each.size_bytes
        for at, each in model.facts(VolumePublished)
        if stall.since.index < at.index < moment.index
    )
    if volume < MUCH_BYTES:
        return
    if event.ended or any(gap(model, connection)):
        yield Held("LIM-2")
    elif volume >= TOO_MUCH_BYTES:
        yield from _kept_it_all(model, moment, event, volume)


def _kept_it_all(model: Model, moment: Moment, event: ReaderResumed, volume: int) -> Iterator[Finding]:
    yield Finding(
        requirement="LIM-2",
        check="limits",
        observer=event.connection,
        at=moment.index,
        expected=f"a reader that stopped reading is dropped, or what it missed is shed, within "
        f"{model.promises.slow_reader_s or 0:g} s, so that the server need not keep it",
        seen=f"{event.stopped_s:.1f} s later it was sent all of the {volume / 1e6:.0f} MB of that time",
    )


def _stream(model: Model, connection: Connection) -> Iterator[Finding | Held]:
    """Judge what a reader that stopped for a while got of what settled meanwhile; the rest is delivery's to judge."""
    for stall in connection.stalls:
        settles = [each for each in model.settles if stall.until is not None and each.index > stall.until.index]
        if stall.until is None or not settles:
            continue
        end = settles[0]
        missed = [each for each in model.messages.values() if _settled_within(each, stall.since, stall.until)]
        if not missed:
            continue
        lost = [
            each
            for each in missed
            if is_in_stream(model, connection, each, end=end) and not model.delivered(connection.id, each.token)
        ]
        if not lost:
            yield Held("LIM-3")
            continue
        yield Finding(
            requirement="LIM-3",
            check="limits",
            observer=connection.id,
            token=lost[0].token,
            at=end.index,
            kind=f"{FAULTED}loss:some",
            told_as="BC-1" if lost[0].kind == "broadcast" else "ISO-1",
            expected="a reader that falls behind gets all of the stream, or its connection is closed",
            seen=f"{len(lost)} of {len(missed)} messages are missing in the stream, and it is still open",
        )


def _settled_within(message: Message, since: Moment, until: Moment) -> bool:
    return (
        message.kind in {"broadcast", "private"}
        and message.settled is not None
        and since.index < message.settled.index < until.index
        and message.started.index > since.index
    )


def _flood(moment: Moment, event: Flooded) -> Iterator[Finding | Held]:
    most = event.allowed * (RATE_SLACK * event.seconds + BURST_S)
    if event.ended or event.answered <= most:
        # Where all of a flood was answered and it is still too little, it was our machine that had no more to send.
        if event.ended or event.sent > most or event.answered < ALL_SHARE * event.sent:
            yield Held("LIM-4")
        return
    yield Finding(
        requirement="LIM-4",
        check="limits",
        observer=event.connection,
        at=moment.index,
        expected=f"one connection gets no more than {event.allowed} messages a second through: the rest waits or is "
        "dropped, or it is closed",
        seen=f"{event.answered} of {event.sent} messages were answered within {event.seconds:.2f} s, and it is open",
    )


def _crowd(moment: Moment, event: Crowded) -> Finding | Held:
    if event.open_now <= event.allowed:
        return Held("LIM-5")
    return Finding(
        requirement="LIM-5",
        check="limits",
        observer=event.browser,
        at=moment.index,
        expected=f"one user has no more than {event.allowed} connections: one more is refused, or the oldest closed",
        seen=f"{event.open_now} are open",
    )


def _busy(model: Model, moment: Moment, event: HandlerBusy) -> Iterator[Finding | Held]:
    each_s = event.busy_s / max(1, event.answered)
    late_s = lag_between(model, moment.at_s - event.busy_s, moment.at_s)
    blocked = not event.echoed or (event.echo_s - late_s > WAITED_S and event.echo_s > WAITED_SHARE * each_s)
    if not blocked:
        if event.answered and event.busy_s > BUSY_S:
            yield Held("LIM-6")
        return
    took = f"took {event.echo_s:.2f} s" if event.echoed else "did not come"
    yield Finding(
        requirement="LIM-6",
        check="limits",
        observer=event.other,
        at=moment.index,
        kind="" if event.echoed else "once:busy",
        expected=f"an echo of {event.other} does not wait for the slow handler that {event.connection} keeps busy",
        seen=f"one {took} while the handler had {event.times} messages for {event.busy_s:.2f} s",
    )

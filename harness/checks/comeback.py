"""How a client comes back: spread by chance (LC-3), slower each time (LC-4, LC-7), by itself after silence (LC-6).

Delays are read off the handshakes after faults alone: from the end of one attempt to the next. Nobody is asked for a
certain delay; what is found is none that chance has a part in, hundreds of attempts a minute, or one after the other
for ever after the same time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from harness.checks.filing_pages import HOT, STEADY
from harness.checks.finding import Finding, Held
from harness.history import FaultArmed, FrameFaulted, HandshakesWatched, Lag, SilenceEnded
from harness.model.lag import lag_between
from harness.model.model import Model
from harness.model.state import Browser, Connection, Moment

ENOUGH = 6
"""So many browsers that were lost at the same time tell chance from rule."""
ATTEMPTS = 3
"""So many delays of each are compared, each with those of the same attempt: they may grow."""
SAME_SHARE, SAME_S, MOST = 0.03, 0.01, 5 / 6
"""Delays of which five in six are within 3 % of their median, or 10 ms, are the same: a timer, and what it is late.

Of 18 that are drawn from a tenth less to a tenth more as many look so in 7 runs of 10,000, from a fifth in none (20,000
drawn each); of a timer 17 or 18 did, in eight runs on a busy machine.
"""
LEAST = 2 / 3
"""So many of them have to be told apart from stalls of our own machine."""
HOT_GAPS, HOT_S, GROWTH = 5, 0.4, 1.5
"""More than five attempts at less than 0.4 s, which do not grow by half, come without backing off."""
STEADY_DELAYS, STEADY_GROWTH = 5, 1.5
"""Of five delays or more none is half as long again as any other: they do not grow.

RFC 6455, 7.2.3: "increasingly longer amounts of time". A delay that has reached its longest differs more than that from
the first; one that is drawn from half as long to as long may be missed here.
"""
STEADY_DEEDS = frozenset({"refuse", "close"})
AFTER_STALL_S = 0.1
"""What was due in a stall of the machine comes all at once, until so long after it."""
DEEDS = {
    "refuse": ("LC-3", "whose handshakes are refused"),
    "close": ("LC-7", "whose connections are accepted and closed at once"),
    "refusal": ("LC-4", "that is turned away with a close code which says so"),
}


def comeback(model: Model) -> Iterator[Finding | Held]:
    """Judge when browsers came back after faults."""
    yield from _chance(model)
    deeds = {str(event.connection): event.deed for _, event in model.facts(FrameFaulted)}
    for moment, event in model.facts(HandshakesWatched):
        for browser in model.browsers.values():
            for deed in DEEDS:
                tries = [
                    each
                    for each in browser.connections
                    if deeds.get(each.id) == deed and event.since_s <= each.opening.at_s <= moment.at_s
                ]
                yield from _pace(browser, tries, deed)
    yield from _silence(model)


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to come back: when it came, and how long after the end of the one before it."""

    at_s: float
    delay_s: float


def attempts_of(model: Model, browser: Browser) -> list[Attempt]:
    """Return the attempts to come back, from the first loss by a fault to the first success."""
    ended = {event.connection for _, event in model.facts(FaultArmed)}
    refused = {event.connection for _, event in model.facts(FrameFaulted)}
    found: list[Attempt] = []
    for before, after in pairwise(browser.connections):
        if before.id not in ended | refused or before.closed is None:
            if found:
                break
            continue
        found.append(Attempt(after.opening.at_s, after.opening.at_s - before.closed.at_s))
    return found


def _chance(model: Model) -> Iterator[Finding | Held]:
    samples = [attempts_of(model, browser)[:ATTEMPTS] for browser in model.browsers.values()]
    samples = [each for each in samples if len(each) == ATTEMPTS]
    if len(samples) < ENOUGH:
        return
    turns = list(zip(*samples, strict=True))
    stalls = [(moment.at_s - event.lag_s, moment.at_s + AFTER_STALL_S) for moment, event in model.facts(Lag)]
    alike, told = (sum(column) for column in zip(*(_alike(each, stalls) for each in turns), strict=True))
    if told < ENOUGH * ATTEMPTS * LEAST:
        return
    if alike < MOST * told:
        yield Held("LC-3")
        return
    words = ", ".join(f"{median(each.delay_s for each in turn) * 1000:.0f} ms" for turn in turns)
    yield Finding(
        requirement="LC-3",
        check="comeback",
        at=model.now.index,
        expected=f"{len(samples)} browsers that lose their connections at once do not come back in one burst",
        seen=f"all of them waited the same time before each attempt: {words}, give or take a few ms",
    )


def _alike(turn: Sequence[Attempt], stalls: Sequence[tuple[float, float]]) -> tuple[int, int]:
    """Return how many waited the same time, and of how many: those that a stall of the machine let go tell nothing."""
    middle_s = median(each.delay_s for each in turn)
    telling = [each for each in turn if not any(start_s <= each.at_s <= end_s for start_s, end_s in stalls)]
    same = [each for each in telling if abs(each.delay_s - middle_s) < max(SAME_SHARE * middle_s, SAME_S)]
    return len(same), len(telling)


def _pace(browser: Browser, tries: Sequence[Connection], deed: str) -> Iterator[Finding | Held]:
    requirement, _ = DEEDS[deed]
    found = _hot(browser, tries, deed) or (_steady(browser, tries, deed) if deed in STEADY_DEEDS else None)
    if found is not None:
        yield found
    elif tries and requirement != "LC-3":  # that needs chance as well
        yield Held(requirement)


def _hot(browser: Browser, tries: Sequence[Connection], deed: str) -> Finding | None:
    gaps = [after.opening.at_s - before.opening.at_s for before, after in pairwise(tries)]
    half = len(gaps) // 2
    if len(gaps) < HOT_GAPS or median(gaps[half:]) >= min(HOT_S, GROWTH * median(gaps[:half])):
        return None
    requirement, whose = DEEDS[deed]
    return Finding(
        requirement=requirement,
        check="comeback",
        observer=browser.id,
        kind=HOT,
        at=tries[-1].opening.index,
        expected=f"a browser {whose} tries less and less often, or no more",
        seen=f"{len(tries)} attempts in {tries[-1].opening.at_s - tries[0].opening.at_s:.1f} s, "
        f"at last one each {median(gaps[half:]) * 1000:.0f} ms",
    )


def _steady(browser: Browser, tries: Sequence[Connection], deed: str) -> Finding | None:
    """Judge the delays from the end of each attempt to the next, the first of them after the loss."""
    if len(tries) < STEADY_DELAYS:
        return None
    first = browser.connections.index(tries[0])
    ends = pairwise([*browser.connections[max(0, first - 1) : first], *tries])
    waited = [after.opening.at_s - before.closed.at_s for before, after in ends if before.closed is not None]
    if len(waited) < STEADY_DELAYS or max(waited) >= STEADY_GROWTH * max(0.0, min(waited)):
        return None
    return Finding(
        requirement="LC-7",
        check="comeback",
        observer=browser.id,
        kind=STEADY,
        at=tries[-1].opening.index,
        expected=f"a browser {DEEDS[deed][1]} waits longer and longer before it tries again, up to its longest",
        seen=f"{len(waited)} times it came back after the same time: {min(waited):.2f} to {max(waited):.2f} s",
    )


def _silence(model: Model) -> Iterator[Finding | Held]:
    promise_s = model.promises.half_open_s or 0.0
    for moment, event in model.facts(SilenceEnded):
        late_s = event.after_s - promise_s - _late_s(model, moment, event.after_s)
        if late_s <= 0:
            if event.noticed:
                yield Held("LC-6")
            continue
        yield Finding(
            requirement="LC-6",
            check="comeback",
            observer=event.browser,
            at=moment.index,
            level="late" if event.noticed else "fail",
            expected=f"a page whose connection is dead without a word notices within {promise_s:g} s",
            seen=f"it took {event.after_s:.2f} s" if event.noticed else f"it had not after {event.after_s:.2f} s",
        )


def _late_s(model: Model, moment: Moment, after_s: float) -> float:
    return lag_between(model, moment.at_s - after_s, moment.at_s)

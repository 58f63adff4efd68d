"""How a client comes back: spread by chance (LC-3), slower each time (LC-4, LC-7), by itself after silence (LC-6).

Delays are read off the handshakes after faults alone: from the end of one attempt to the next. Nobody is asked for a
certain delay; what is found is none that chance has a part in, or hundreds of attempts a minute.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from harness.checks.filing_pages import HOT
from harness.checks.finding import Finding, Held
from harness.history import FaultArmed, FrameFaulted, HandshakesWatched, SilenceEnded
from harness.model.lag import lag_between
from harness.model.model import Model
from harness.model.state import Browser, Connection, Moment

ENOUGH = 6
"""So many browsers that were lost at the same time tell chance from rule."""
ATTEMPTS = 3
"""So many delays of each are compared, each with those of the same attempt: they may grow."""
SAME_SHARE, SAME_S, MOST = 0.03, 0.01, 2 / 3
"""Delays of which most are within 3 % of their median, or 10 ms, are the same: a timer, and what it is late.

Drawn from half as long to as long they look so once in ten thousand runs, a fifth more or less once in a thousand.
"""
HOT_GAPS, HOT_S, GROWTH = 5, 0.4, 1.5
"""More than five attempts at less than 0.4 s, which do not grow by half, come without backing off."""
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
            for deed, (requirement, whose) in DEEDS.items():
                tries = [
                    each
                    for each in browser.connections
                    if deeds.get(each.id) == deed and event.since_s <= each.opening.at_s <= moment.at_s
                ]
                yield from _heat(browser, tries, requirement, whose)
    yield from _silence(model)


def delays(model: Model, browser: Browser) -> list[float]:
    """Return the delays before each attempt to come back, from the first loss by a fault to the first success."""
    ended = {event.connection for _, event in model.facts(FaultArmed)}
    refused = {event.connection for _, event in model.facts(FrameFaulted)}
    found: list[float] = []
    for before, after in pairwise(browser.connections):
        if before.id not in ended | refused or before.closed is None:
            if found:
                break
            continue
        found.append(after.opening.at_s - before.closed.at_s)
    return found


def _chance(model: Model) -> Iterator[Finding | Held]:
    samples = [delays(model, browser)[:ATTEMPTS] for browser in model.browsers.values()]
    samples = [each for each in samples if len(each) == ATTEMPTS]
    if len(samples) < ENOUGH:
        return
    attempts = list(zip(*samples, strict=True))
    alike = sum(_alike(each) for each in attempts)
    if alike < MOST * len(samples) * ATTEMPTS:
        yield Held("LC-3")
        return
    words = ", ".join(f"{median(each) * 1000:.0f} ms" for each in attempts)
    yield Finding(
        requirement="LC-3",
        check="comeback",
        at=model.now.index,
        expected=f"{len(samples)} browsers that lose their connections at once do not come back in one burst",
        seen=f"all of them waited the same time before each attempt: {words}, give or take a few ms",
    )


def _alike(times_s: Sequence[float]) -> int:
    middle = median(times_s)
    return sum(abs(each - middle) < max(SAME_SHARE * middle, SAME_S) for each in times_s)


def _heat(browser: Browser, tries: Sequence[Connection], requirement: str, whose: str) -> Iterator[Finding | Held]:
    if not tries:
        return
    gaps = [after.opening.at_s - before.opening.at_s for before, after in pairwise(tries)]
    half = len(gaps) // 2
    if len(gaps) < HOT_GAPS or median(gaps[half:]) >= min(HOT_S, GROWTH * median(gaps[:half])):
        if requirement != "LC-3":  # that needs chance as well
            yield Held(requirement)
        return
    yield Finding(
        requirement=requirement,
        check="comeback",
        observer=browser.id,
        kind=HOT,
        at=tries[-1].opening.index,
        expected=f"a browser {whose} tries less and less often, or no more",
        seen=f"{len(tries)} attempts in {tries[-1].opening.at_s - tries[0].opening.at_s:.1f} s, "
        f"at last one each {median(gaps[half:]) * 1000:.0f} ms",
    )


def _silence(model: Model) -> Iterator[Finding | Held]:
    promise_s = model.promises.half_open_s or 0.0
    for moment, event in model.facts(SilenceEnded):
        late_s = event.after_s - promise_s - _late_s(model, moment, event.after_s)
        if event.noticed and late_s <= 0:
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

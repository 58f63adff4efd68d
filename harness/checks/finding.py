"""What a check says: a requirement held so many times, or a finding."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

DIED = "died"
"""The kind of a finding that only says that the target's process ended by itself."""
FAULTED = "fault:"
"""Begins the kind of a finding that was filed under a fault; the kind that it had before follows."""
REFUSED = "refused"
"""The kind of a finding that says that the target failed to publish what it was asked to."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One difference between what a requirement asks and what was seen.

    `at` is the index of the event in the history that shows it. `kind` says more where the run as a whole must decide
    (`filing.classify`): "loss:some", "loss:all", "loss:few", "leak", "leak:look-alike". `race` says that the message
    was asked for at the same time as others. `level` is "fail", or "late" when it came true, only after its promise.
    `told_as` is the requirement it had before the run as a whole was known, where that was another.
    """

    requirement: str
    check: str
    expected: str
    seen: str
    observer: str = ""
    token: str = ""
    at: int = -1
    level: str = "fail"
    kind: str = ""
    race: bool = False
    told_as: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """The requirement was put to the test and held."""

    requirement: str
    kind: str = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One test of a run: which plan in which world, how often each requirement held, and what was found.

    `status` is "judged", "skipped" (`reason` says which capability is missing), "target" (it became unusable) or
    "harness" (our own error). `proves` are the requirements that it is there for, if any are named. `history` and
    `repros` (one a requirement that is broken) are paths relative to the run folder. `plan` is the plan in words.
    `shown` holds, per finding, the lines of the wire log around it.
    """

    test: str
    world: str
    status: str = "judged"
    reason: str = ""
    summary: str = ""
    plan: tuple[str, ...] = ()
    proves: tuple[str, ...] = ()
    held: dict[str, int] = {}
    findings: tuple[Finding, ...] = ()
    shown: tuple[tuple[str, ...], ...] = ()
    skipped_requirements: tuple[str, ...] = ()
    events: int = 0
    duration_s: float = 0.0
    history: str = ""
    repros: dict[str, str] = {}
    seed: str = ""
    network: tuple[str, ...] = ()
    """What the network did to every connection all the while, in words."""
    evidence: tuple[str, ...] = ()
    """Pictures of tabs, logs of frames and traces of browsers: paths relative to the run folder."""

    @property
    def showed_nothing(self) -> str:
        """Why a test that ran to its end and found nothing has not passed either; empty where it has."""
        if self.status != "judged" or self.findings:
            return ""
        if not self.held:
            return "nothing could be judged by what was recorded"
        if self.proves and not any(each in self.held for each in self.proves):
            return f"nothing of {', '.join(self.proves)} was put to the test"
        return ""


class LoadCounts(msgspec.Struct, frozen=True, kw_only=True):
    """The counted form of a history, exact and merged over all workers."""

    connections: int = 0
    published: int = 0
    expected: int = 0
    delivered: int = 0
    lost: int = 0
    duplicate: int = 0
    reordered: int = 0
    misdelivered: int = 0
    corrupt: int = 0
    outside_window: int = 0
    refused: int = 0
    disconnected: int = 0


class WorkerLoad(msgspec.Struct, frozen=True, kw_only=True):
    """What one process of a load run did, and how hard it was for it."""

    worker: str
    connections: int = 0
    deliveries: int = 0
    lag_p99_ms: float = 0.0
    busy_percent: float = 0.0


class LoadOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """One load run. Latencies are publish-to-receiver, in milliseconds; `percentiles` maps "50", "95", "99", "99.9",
    "max".

    `histogram` holds (upper bound in ms, count) in rising order; `timeline` (second, deliveries, p50, p99).
    `examples` are the first few lost or misdelivered messages in words. `status` is "valid" or "invalid"; `reason`
    says why, or which budget a valid run broke. `more` has percentiles of other things by name ("connect", "echo"),
    `asides` further counts by name; `series` maps a name to (second, value). `knobs` are those of the run.
    """

    scenario: str
    status: str = "valid"
    reason: str = ""
    users: int = 0
    workers: int = 1
    duration_s: float = 0.0
    counts: LoadCounts = LoadCounts()
    percentiles: dict[str, float] = {}
    publish_percentiles: dict[str, float] = {}
    histogram: tuple[tuple[float, int], ...] = ()
    timeline: tuple[tuple[float, int, float, float], ...] = ()
    examples: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    held: dict[str, int] = {}
    more: dict[str, dict[str, float]] = {}
    asides: dict[str, int] = {}
    series: dict[str, tuple[tuple[float, float], ...]] = {}
    loads: tuple[WorkerLoad, ...] = ()
    knobs: dict[str, float] = {}
    budgets: dict[str, float] = {}

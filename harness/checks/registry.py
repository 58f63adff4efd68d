"""All checks, and which requirement each can judge in which world: the scope of a run is read off here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.checks.claimed_identity import claimed_identity
from harness.checks.claims import claims
from harness.checks.comeback import comeback
from harness.checks.delivery import delivery
from harness.checks.echo import echo
from harness.checks.endurance import endurance
from harness.checks.envelope import envelope
from harness.checks.finding import Finding, Held, Outcome
from harness.checks.forgery import forgery
from harness.checks.frames import frames
from harness.checks.handshake import handshake
from harness.checks.identity import identity
from harness.checks.identity_once import identity_once
from harness.checks.instances import across, instances
from harness.checks.internals import internals
from harness.checks.isolation import isolation
from harness.checks.kept import kept
from harness.checks.late_relay import late_relay
from harness.checks.life_cycle import life_cycle, told_otherwise
from harness.checks.limits import limits
from harness.checks.malformed import malformed
from harness.checks.network import network, under_fault
from harness.checks.order import order
from harness.checks.outbox import outbox
from harness.checks.page_errors import page_errors
from harness.checks.ready_state import ready_state
from harness.checks.round_trip import round_trip
from harness.checks.simultaneous import simultaneous
from harness.checks.single_connection import single_connection
from harness.checks.staleness import staleness
from harness.checks.tabs import tabs
from harness.checks.views import views
from harness.history import AnyEvent
from harness.model.model import Model
from harness.model.promises import Promises

BOTH = ("wire", "page")


@dataclass(frozen=True, slots=True)
class Check:
    """A pure function over a model, and the worlds in which it can judge each of its requirements."""

    run: Callable[[Model], Iterator[Finding | Held]]
    judges: dict[str, tuple[str, ...]]


CHECKS = (
    Check(delivery, {"BC-1": BOTH, "ISO-1": BOTH, "ID-1": BOTH, "ORD-3": BOTH}),
    Check(
        isolation,
        {
            "ISO-2": BOTH,
            "ISO-3": ("wire",),
            "ISO-5": BOTH,
            "ISO-7": ("wire",),
            "ISO-8": ("wire",),
            "ID-2": BOTH,
            "ID-3": ("wire",),
            "ID-5": ("wire",),
            "ID-6": ("wire",),
            "ID-8": BOTH,
            "ID-9": BOTH,
            "ID-11": ("wire",),
            "HS-4": ("wire",),
            "HS-5": ("wire",),
        },
    ),
    Check(identity, dict.fromkeys(("ID-4", "ID-7", "ID-10", "ID-12"), ("wire",))),
    Check(staleness, {"ISO-4": ("wire",), "BC-2": ("wire",)}),
    Check(echo, {"EN-1": ("wire",), "RT-2": ("wire",), "RT-6": ("wire",), "RT-7": ("wire",)}),
    Check(endurance, {}),  # EN-1 and ORD-3 are listed above; this judges what is only counted of them
    Check(kept, {}),  # BC-1, ISO-1 and LC-5 are listed elsewhere; this judges who is there no longer
    Check(envelope, {"EN-2": BOTH, "RT-1": BOTH}),
    Check(malformed, dict.fromkeys(("EN-3", "EN-4", "EN-5", "EN-6", "RT-3"), ("wire",))),
    Check(forgery, {"RT-4": ("wire",), "RT-5": ("wire",)}),
    Check(claimed_identity, {"ISO-6": ("wire",)}),
    Check(internals, {"EN-7": ("wire",)}),
    Check(round_trip, {"EN-8": ("wire",)}),
    Check(order, {"ORD-1": BOTH, "ORD-2": BOTH}),
    Check(network, dict.fromkeys(("BC-3", "BC-4", "FR-8", "LC-5", "ORD-4"), ("wire",))),
    Check(limits, dict.fromkeys(("LIM-2", "LIM-3", "LIM-4", "LIM-5", "LIM-6"), ("wire",))),
    Check(life_cycle, dict.fromkeys(("LC-1", "LC-8"), ("wire",))),
    Check(handshake, dict.fromkeys(("HS-1", "HS-2", "HS-3", "HS-6", "HS-9"), ("wire",))),
    Check(claims, {"HS-7": ("wire",), "HS-8": ("wire",)}),
    Check(instances, dict.fromkeys(("MI-1", "MI-2", "MI-3", "MI-4", "MI-5"), ("wire",))),
    Check(
        single_connection,
        dict.fromkeys(("TAB-1", "TAB-4", "TAB-9", "LC-2", "LC-4", "LC-6"), ("page",)),
    ),
    Check(tabs, dict.fromkeys(("TAB-2", "TAB-3", "TAB-6", "TAB-7", "TAB-10"), ("page",))),
    Check(simultaneous, {"TAB-5": ("page",)}),
    Check(ready_state, {"TAB-11": ("page",)}),
    Check(outbox, {"TAB-12": ("page",), "ID-13": ("page",)}),
    Check(comeback, dict.fromkeys(("LC-3", "LC-7"), ("page",))),  # LC-4 and LC-6 are listed above
    Check(identity_once, {}),  # TAB-7 is listed below; this judges the lesser half of it
    Check(late_relay, {"TAB-8": ("page",)}),
    Check(page_errors, {"TAB-13": ("page",)}),
    Check(views, dict.fromkeys(("SUB-1", "SUB-2", "SUB-3", "SUB-4", "OPS-1"), ("page",))),
    Check(
        frames,
        dict.fromkeys(("FR-1", "FR-2", "FR-3", "FR-4", "FR-5", "FR-6", "FR-7", "FR-9", "LIM-1"), ("wire",)),
    ),
)
LOAD_JUDGES = ("BC-1", "RT-7", "ISO-1", "ISO-2", "ISO-5", "ISO-7", "ORD-1", "ORD-2", "ORD-3")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What all checks say of one history."""

    held: dict[str, int]
    findings: tuple[Finding, ...]


def judge(history: Iterable[AnyEvent], *, promises: Promises) -> Judgement:
    """Return what the checks say of `history`: findings in the order of CHECKS, and how often each requirement held."""
    model = Model.of(history, promises=promises)
    held: Counter[str] = Counter()
    findings = []
    for check in CHECKS:
        for each in check.run(model):
            if isinstance(each, Held):
                held[each.requirement] += 1
            elif (filed := across(model, each)) is not None:
                findings.append(under_fault(model, filed))
    return Judgement(dict(held), tuple(told_otherwise(model, findings)))


def scope(worlds: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the requirements that can be judged in these worlds ("wire", "page", "load"), each with where."""
    found: dict[str, tuple[str, ...]] = {}
    for world in worlds:
        names = (
            LOAD_JUDGES
            if world == "load"
            else [name for check in CHECKS for name, where in check.judges.items() if world in where]
        )
        for name in names:
            found[name] = (*found.get(name, ()), world)
    return found


def tried(outcomes: Sequence[Outcome]) -> dict[str, tuple[str, ...]]:
    """Return the requirements that these tests put to the test or had to skip, each with its worlds."""
    found: dict[str, tuple[str, ...]] = {}
    for outcome in outcomes:
        named = [*outcome.held, *(each.requirement for each in outcome.findings), *outcome.skipped_requirements]
        for name in named:
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), outcome.world)))
    return found

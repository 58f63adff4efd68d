"""All checks, and which requirement each can judge in which world: the scope of a run is read off here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from harness.checks.delivery import delivery
from harness.checks.echo import echo
from harness.checks.envelope import envelope
from harness.checks.finding import Finding, Held
from harness.checks.isolation import isolation
from harness.checks.order import order
from harness.checks.single_connection import single_connection
from harness.checks.tabs import tabs
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
            "ID-2": BOTH,
            "ID-3": ("wire",),
            "HS-4": ("wire",),
        },
    ),
    Check(echo, {"EN-1": ("wire",), "RT-2": ("wire",), "RT-6": ("wire",), "RT-7": ("wire",)}),
    Check(envelope, {"EN-2": BOTH, "RT-1": BOTH}),
    Check(order, {"ORD-1": BOTH, "ORD-2": BOTH}),
    Check(single_connection, {"TAB-1": ("page",), "TAB-4": ("page",), "LC-2": ("page",)}),
    Check(tabs, {"TAB-2": ("page",), "TAB-3": ("page",), "TAB-6": ("page",), "TAB-7": ("page",)}),
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
            else:
                findings.append(each)
    return Judgement(dict(held), tuple(findings))


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

"""What changed between two runs: verdict by verdict, and the figures of their load runs side by side.

Knows what two views say; decides no verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from harness.report.view import LoadView, ReportView
from harness.report.wording import milliseconds, one_line

Change = Literal["broken", "mended", "unknown", "verified", "other"]
BROKEN = frozenset({"fail", "known-failing", "warn"})
TITLES: dict[Change, str] = {
    "broken": "newly broken",
    "mended": "mended",
    "unknown": "no longer verified",
    "verified": "newly verified",
    "other": "another status",
}
PERCENTILES = ("50", "95", "99")


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """One requirement whose status is another; `held_before`: the first run saw it hold."""

    requirement: str
    was: str
    is_: str = msgspec.field(name="is")
    change: Change
    held_before: bool
    sentence: str


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of a load scenario in both runs; None where a run does not have it."""

    scenario: str
    name: str
    was: float | None
    is_: float | None = msgspec.field(name="is")


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What changed from run `a` to run `b`; `worse` when `b` broke something that held in `a`."""

    a: str
    b: str
    changes: tuple[Changed, ...]
    load: tuple[Figure, ...]
    worse: bool
    same: int


def compare(a: ReportView, b: ReportView) -> Comparison:
    """Return what changed from `a` to `b`."""
    before = {row.id: row.status.value for row in a.rows}
    changes = tuple(
        Changed(
            requirement=row.id,
            was=before.get(row.id, "unchecked"),
            is_=row.status.value,
            change=_change(before.get(row.id, "unchecked"), row.status.value),
            held_before=before.get(row.id) == "pass",
            sentence=row.sentence,
        )
        for row in b.rows
        if before.get(row.id, "unchecked") != row.status.value
    )
    return Comparison(
        a=a.folder,
        b=b.folder,
        changes=changes,
        load=_figures(a, b),
        worse=any(each.change == "broken" and each.held_before for each in changes),
        same=len(b.rows) - len(changes),
    )


def comparison_lines(comparison: Comparison) -> list[str]:
    """Return the comparison in plain lines."""
    lines = [f"{one_line(comparison.a)} -> {one_line(comparison.b)}: " + _sum(comparison)]
    for change, title in TITLES.items():
        found = [each for each in comparison.changes if each.change == change]
        if found:
            lines += ["", title]
            lines += [f"  {each.requirement:<8}{f'{each.was} -> {each.is_}':<26} {each.sentence}" for each in found]
    if comparison.load:
        lines += ["", f"{'load':<32}{'before':>14}{'after':>14}"]
        lines += [
            f"  {one_line(f'{each.scenario} {each.name}'):<30}{_number(each.was):>14}{_number(each.is_):>14}"
            for each in comparison.load
        ]
    return lines


def _change(was: str, now: str) -> Change:
    if now in BROKEN and was not in BROKEN:
        return "broken"
    if now == "pass":
        return "mended" if was in BROKEN | {"late"} else "verified"
    if now in {"unknown", "unsupported", "unchecked", "harness-error"} and was in BROKEN | {"late", "pass"}:
        return "unknown"
    return "other"


def _sum(comparison: Comparison) -> str:
    counts = {title: sum(each.change == change for each in comparison.changes) for change, title in TITLES.items()}
    told = [f"{number} {title}" for title, number in counts.items() if number]
    return ", ".join([*told, f"{comparison.same} as before"])


def _figures(a: ReportView, b: ReportView) -> tuple[Figure, ...]:
    before = {load.outcome.scenario: _measured(load) for load in a.loads}
    after = {load.outcome.scenario: _measured(load) for load in b.loads}
    found = []
    for scenario in dict.fromkeys([*before, *after]):
        was, now = before.get(scenario, {}), after.get(scenario, {})
        found += [
            Figure(scenario=scenario, name=name, was=was.get(name), is_=now.get(name))
            for name in dict.fromkeys([*was, *now])
        ]
    return tuple(found)


def _measured(load: LoadView) -> Mapping[str, float]:
    counts = {
        "delivered": load.outcome.counts.delivered,
        **dict(load.broken),
        "deliveries_per_s": load.deliveries_per_s,
    }
    measured = load.outcome.percentiles
    return counts | {f"p{name} ms": measured[name] for name in PERCENTILES if name in measured}


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else milliseconds(value)

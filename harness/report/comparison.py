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
    """What changed from run `a` to run `b`; `worse` when `b` broke something that held in `a`, or a budget kept there.

    `notes` say where figures are of runs that were not asked for the same.
    """

    a: str
    b: str
    changes: tuple[Changed, ...]
    load: tuple[Figure, ...]
    worse: bool
    same: int
    notes: tuple[str, ...] = ()


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
        worse=any(each.change == "broken" and each.held_before for each in changes) or bool(_newly_over(a, b)),
        notes=(*_newly_over(a, b), *_unlike(a, b)),
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
            f"{_ratio(each):>9}".rstrip()
            for each in comparison.load
        ]
    if comparison.notes:
        lines += ["", *map(one_line, comparison.notes)]
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
    outcome = load.outcome
    figures = {f"p{name} ms": value for name, value in outcome.percentiles.items() if name in PERCENTILES}
    figures |= {
        f"{kind} p{name} ms": found[name] for kind, found in outcome.more.items() for name in ("99",) if name in found
    }
    if "99" in outcome.publish_percentiles:
        figures["publisher late p99 ms"] = outcome.publish_percentiles["99"]
    if outcome.loads:
        figures["busiest worker, % of a core"] = max(each.busy_percent for each in outcome.loads)
    return counts | figures


def _ratio(figure: Figure) -> str:
    if not figure.was or figure.is_ is None or figure.was == figure.is_:
        return ""
    return f"x{figure.is_ / figure.was:.2f}"


def _newly_over(a: ReportView, b: ReportView) -> tuple[str, ...]:
    kept = {load.outcome.scenario for load in a.loads if load.outcome.status == "valid" and not _is_over(load)}
    return tuple(
        f"{load.outcome.scenario}: {load.outcome.reason}"
        for load in b.loads
        if load.outcome.scenario in kept and _is_over(load)
    )


def _is_over(load: LoadView) -> bool:
    return load.outcome.status == "valid" and load.outcome.reason.startswith("budget broken")


def _unlike(a: ReportView, b: ReportView) -> tuple[str, ...]:
    before = {load.outcome.scenario: load.outcome for load in a.loads}
    found = []
    for load in b.loads:
        now, was = load.outcome, before.get(load.outcome.scenario)
        if was is None:
            continue
        asked: dict[str, tuple[float, float]] = {"users": (was.users, now.users), "workers": (was.workers, now.workers)}
        asked |= {name: (was.knobs[name], now.knobs[name]) for name in was.knobs.keys() & now.knobs.keys()}
        unlike = [
            f"{name} {first:g} and {second:g}" for name, (first, second) in sorted(asked.items()) if first != second
        ]
        unlike += [f"run {number} was invalid" for number, each in ((1, was), (2, now)) if each.status != "valid"]
        if unlike:
            found.append(f"{now.scenario}: not the same was asked: {', '.join(unlike)}")
    return tuple(found)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else milliseconds(value)

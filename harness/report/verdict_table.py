"""The verdicts as rows by area, each with the tests that exercised it. View-model only: no markup."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from harness.checks.finding import LoadOutcome, Outcome
from harness.checks.verdict import Status, Verdict
from harness.report.wording import STATUS_WORDS, StatusWords, one_line


@dataclass(frozen=True, slots=True)
class Exercise:
    """A test that put a requirement to the test: how often it held there, and how often it did not."""

    test: str
    world: str
    held: int
    found: int


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement with its verdict. `number` is the id without its area ("7" of ISO-7)."""

    id: str
    number: str
    level: str
    set: str
    sentence: str
    source: str
    status: Status
    held: int
    found: int
    worlds: tuple[str, ...]
    reason: str
    exercises: tuple[Exercise, ...]

    @property
    def words(self) -> StatusWords:
        return STATUS_WORDS[self.status]


@dataclass(frozen=True, slots=True)
class Area:
    """The requirements of one area: those the run set out to check, and those it did not."""

    code: str
    title: str
    rows: tuple[Row, ...]

    @property
    def checked(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.status is not Status.UNCHECKED)

    @property
    def unchecked(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.status is Status.UNCHECKED)


@dataclass(frozen=True, slots=True)
class Count:
    """How many requirements have one status."""

    status: Status
    number: int

    @property
    def words(self) -> StatusWords:
        return STATUS_WORDS[self.status]


def rows_of(verdicts: Sequence[Verdict], outcomes: Sequence[Outcome], loads: Sequence[LoadOutcome]) -> tuple[Row, ...]:
    """Return a row for each verdict, in the order of the catalogue. `outcomes` are the classified ones."""
    exercises = _exercises(outcomes, loads)
    return tuple(_row(verdict, exercises.get(verdict.requirement.id, ())) for verdict in verdicts)


def areas_of(verdicts: Sequence[Verdict], rows: Sequence[Row]) -> tuple[Area, ...]:
    """Return the rows by area, in the order of the catalogue."""
    grouped: dict[str, list[Row]] = {}
    for verdict, row in zip(verdicts, rows, strict=True):
        grouped.setdefault(verdict.requirement.area, []).append(row)
    return tuple(
        Area(code=area.partition(" ")[0], title=area.partition(" ")[2], rows=tuple(each))
        for area, each in grouped.items()
    )


def counts_of(rows: Sequence[Row]) -> tuple[Count, ...]:
    """Return how many rows have each status, in the order of STATUS_WORDS; those nobody has are left out."""
    many = Counter(row.status for row in rows)
    return tuple(Count(status, many[status]) for status in STATUS_WORDS if many[status])


def by_reason(rows: Sequence[Row], *, status: Status) -> dict[str, list[str]]:
    """Return the ids of the rows with this status, by the reason that they give."""
    found: dict[str, list[str]] = {}
    for row in rows:
        if row.status is status:
            found.setdefault(row.reason, []).append(row.id)
    return found


def _row(verdict: Verdict, exercises: tuple[Exercise, ...]) -> Row:
    requirement = verdict.requirement
    return Row(
        id=requirement.id,
        number=requirement.id.rpartition("-")[2],
        level=requirement.level,
        set=requirement.set,
        sentence=requirement.sentence,
        source=requirement.source,
        status=verdict.status,
        held=verdict.held,
        found=len(verdict.findings),
        worlds=tuple(one_line(each) for each in verdict.worlds),
        reason=one_line(verdict.reason.strip().partition("\n")[0]),
        exercises=exercises,
    )


def _exercises(outcomes: Sequence[Outcome], loads: Sequence[LoadOutcome]) -> dict[str, tuple[Exercise, ...]]:
    held: dict[str, Counter[tuple[str, str]]] = {}
    found: dict[str, Counter[tuple[str, str]]] = {}
    told = [(outcome.test, outcome.world, outcome.held, outcome.findings) for outcome in outcomes]
    told += [(f"load/{load.scenario}", "load", load.held, load.findings) for load in loads]
    for test, world, times, findings in told:
        for name, number in times.items():
            held.setdefault(name, Counter())[(test, world)] += number
        for finding in findings:
            found.setdefault(finding.requirement, Counter())[(test, world)] += 1
    return {
        name: tuple(
            Exercise(
                one_line(test),
                world,
                held.get(name, Counter())[(test, world)],
                found.get(name, Counter())[(test, world)],
            )
            for test, world in dict.fromkeys([*found.get(name, ()), *held.get(name, ())])
        )
        for name in {**held, **found}
    }

"""A run in several browser engines as a table: a line a scenario, a column an engine. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.checks.finding import Outcome
from harness.checks.verdict import Status
from harness.report.wording import duration, one_line
from harness.worlds.engine import ENGINES, EngineName, told_apart

FAILED = {Status.FAIL: "failed", Status.WARN: "warned", Status.KNOWN_FAILING: "known failing"}
"""The word for a scenario with findings, by the gravest status among the requirements that they break."""
ENDED = {"judged": "passed", "skipped": "not tried", "target": "target lost", "harness": "harness error"}
NOTHING = "judged nothing"
GRAVITY = ("harness error", "target lost", *FAILED.values(), "late", "passed", NOTHING, "not tried")


@dataclass(frozen=True, slots=True)
class EngineCell:
    """How a scenario ended in an engine, what there is to say of it, and how long all its examples took."""

    word: str
    detail: str = ""
    duration_s: float = 0.0

    @property
    def good(self) -> bool:
        """Whether there is nothing in it to look into."""
        return self.word in {"passed", "not tried"}


@dataclass(frozen=True, slots=True)
class EngineTable:
    """`rows` are (scenario, a cell an engine), in the order in which the scenarios were first tried."""

    engines: tuple[EngineName, ...]
    rows: tuple[tuple[str, tuple[EngineCell, ...]], ...]

    @property
    def totals(self) -> tuple[str, ...]:
        """In words, an engine: how many scenarios ended how, and how long they took together."""
        totals = []
        for index in range(len(self.engines)):
            cells = [cells[index] for _, cells in self.rows]
            words = sorted({cell.word for cell in cells}, key=GRAVITY.index)
            told = [f"{sum(cell.word == word for cell in cells)} {word}" for word in words]
            totals.append(f"{', '.join(told)}, in {duration(sum(cell.duration_s for cell in cells))}")
        return tuple(totals)

    @property
    def lines(self) -> list[str]:
        """A line of words an engine, for a terminal."""
        return [f"{engine}: {total}" for engine, total in zip(self.engines, self.totals, strict=True)]


def engine_table(outcomes: Sequence[Outcome], *, statuses: Mapping[str, Status]) -> EngineTable | None:
    """Return the table of the tests in pages, None when all of them were tried in Chromium alone.

    `statuses` is what the run as a whole says of each requirement.
    """
    by_engine: dict[EngineName, dict[str, list[Outcome]]] = {}
    for outcome in outcomes:
        if outcome.world == "page":
            engine, name = engine_of(outcome.test)
            by_engine.setdefault(engine, {}).setdefault(name, []).append(outcome)
    if set(by_engine) <= {"chromium"}:
        return None
    engines = tuple(engine for engine in ENGINES if engine in by_engine)
    names = dict.fromkeys(name for engine in engines for name in by_engine[engine])
    return EngineTable(
        engines,
        tuple(
            (one_line(name), tuple(_cell(by_engine[engine].get(name, ()), statuses) for engine in engines))
            for name in names
        ),
    )


def engine_of(test: str) -> tuple[EngineName, str]:
    """Return the engine that a test was tried in, and the test's name without it."""
    for engine in ENGINES:
        mark = told_apart("", engine)
        if mark and test.endswith(mark):
            return engine, test.removesuffix(mark)
    return "chromium", test


def _cell(outcomes: Sequence[Outcome], statuses: Mapping[str, Status]) -> EngineCell:
    if not outcomes:
        return EngineCell("not tried", "it was not asked for")
    words = [_word(each, statuses) for each in outcomes]
    word = min(words, key=GRAVITY.index)
    shown = outcomes[words.index(word)]
    broken = ", ".join(dict.fromkeys(each.requirement for each in shown.findings))
    why = one_line(shown.showed_nothing or shown.reason, cut_chars=200)
    return EngineCell(word, broken or why, sum(each.duration_s for each in outcomes))


def _word(outcome: Outcome, statuses: Mapping[str, Status]) -> str:
    if outcome.showed_nothing:
        return NOTHING
    if all(each.level == "late" for each in outcome.findings):
        return "late" if outcome.findings else ENDED.get(outcome.status, "harness error")
    found = {statuses.get(each.requirement) for each in outcome.findings if each.level != "late"}
    return next((word for status, word in FAILED.items() if status in found), "failed")

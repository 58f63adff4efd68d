"""A run in several browser engines as a table: a line a scenario, a column an engine. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.checks.finding import Outcome
from harness.report.wording import counted, one_line
from harness.worlds.engine import ENGINES, EngineName, told_apart


@dataclass(frozen=True, slots=True)
class EngineCell:
    """How a scenario ended in an engine: "held", "broken", "not tried" or "lost", with what there is to say of it."""

    word: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class EngineTable:
    """`rows` are (scenario, a cell an engine), in the order in which the scenarios were first tried."""

    engines: tuple[EngineName, ...]
    rows: tuple[tuple[str, tuple[EngineCell, ...]], ...]

    @property
    def lines(self) -> list[str]:
        """A line of words an engine, for a terminal."""
        lines = []
        for index, engine in enumerate(self.engines):
            words = [cells[index].word for _, cells in self.rows]
            told = (f"{counted(words.count(word), 'scenario')} {word}" for word in dict.fromkeys(words))
            lines.append(f"{engine}: " + ", ".join(told))
        return lines


def engine_table(outcomes: Sequence[Outcome]) -> EngineTable | None:
    """Return the table of the tests in pages, None when all of them were tried in Chromium alone."""
    pages = [outcome for outcome in outcomes if outcome.world == "page"]
    by_engine: dict[EngineName, dict[str, Outcome]] = {}
    for outcome in pages:
        engine, name = engine_of(outcome.test)
        known = by_engine.setdefault(engine, {}).get(name)
        if known is None or (outcome.findings and not known.findings):
            by_engine[engine][name] = outcome
    if set(by_engine) <= {"chromium"}:
        return None
    engines = tuple(engine for engine in ENGINES if engine in by_engine)
    names = dict.fromkeys(name for engine in engines for name in by_engine[engine])
    return EngineTable(
        engines,
        tuple((one_line(name), tuple(_cell(by_engine[engine].get(name)) for engine in engines)) for name in names),
    )


def engine_of(test: str) -> tuple[EngineName, str]:
    """Return the engine that a test was tried in, and the test's name without it."""
    for engine in ENGINES:
        mark = told_apart("", engine)
        if mark and test.endswith(mark):
            return engine, test.removesuffix(mark)
    return "chromium", test


def _cell(outcome: Outcome | None) -> EngineCell:
    if outcome is None:
        return EngineCell("not tried", "it was not asked for")
    if outcome.findings:
        return EngineCell("broken", ", ".join(dict.fromkeys(each.requirement for each in outcome.findings)))
    if outcome.status == "skipped":
        return EngineCell("not tried", one_line(outcome.reason))
    return EngineCell("held" if outcome.status == "judged" else "lost", one_line(outcome.reason, cut_chars=200))

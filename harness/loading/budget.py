"""Budgets: bounds that a user sets on a load run, `p99_ms=200`. A broken one fails the run; no leak is within one."""

from __future__ import annotations

from dataclasses import dataclass

from harness.checks.finding import LoadOutcome
from harness.errors import UsageError, did_you_mean

PERCENTILES = {"p50_ms": "50", "p95_ms": "95", "p99_ms": "99", "p999_ms": "99.9", "max_ms": "max"}
_COUNTS = ("lost", "duplicate", "reordered", "corrupt", "refused", "disconnected")
_ASIDES = {"unreturned": "not back after a restart", "broken": "the target broke the protocol"}
_MORE = ("broadcast", "private", "echo", "connect", "return")
_MEMORY = "memory_growth_mb"
_NAMES = (
    *PERCENTILES,
    *(f"{kind}_{name}" for kind in ("publish", *_MORE) for name in PERCENTILES),
    *_COUNTS,
    *_ASIDES,
    _MEMORY,
)


@dataclass(frozen=True, slots=True)
class Budget:
    """`name` may be at most `limit`."""

    name: str
    limit: float

    def broken_by(self, outcome: LoadOutcome) -> str | None:
        """Return how `outcome` breaks this budget, in words, or None."""
        value = self._value(outcome)
        return f"{self.name} is {value:g}, the budget {self.limit:g}" if value > self.limit else None

    def _value(self, outcome: LoadOutcome) -> float:
        if self.name in PERCENTILES:
            return outcome.percentiles.get(PERCENTILES[self.name], 0.0)
        if self.name in _COUNTS:
            return float(getattr(outcome.counts, self.name))
        if self.name in _ASIDES:
            return float(outcome.asides.get(_ASIDES[self.name], 0))
        if self.name == _MEMORY:
            return _growth(outcome)
        kind, _, name = self.name.partition("_")
        found = outcome.publish_percentiles if kind == "publish" else outcome.more.get(kind, {})
        return found.get(PERCENTILES[name], 0.0)


def _growth(outcome: LoadOutcome) -> float:
    # What a server takes to begin with is no growth: the second tenth of the run is compared with the last.
    held = [value for _, value in outcome.series.get("memory of the target, MB", ())]
    tenth = len(held) // 10
    if not tenth:
        return 0.0
    return round(max(0.0, sorted(held[-tenth:])[tenth // 2] - sorted(held[tenth : 2 * tenth])[tenth // 2]), 1)


def parse_budget(text: str) -> Budget:
    """Return the budget that `text` says.

    Raises:
        UsageError: it is not NAME=NUMBER, or no budget has that name.
    """
    name, equals, number = text.partition("=")
    where = f"--harness-budget {text}"
    if name not in _NAMES:
        raise UsageError(f"no budget is called {name!r}", where=where, todo=did_you_mean(name, _NAMES))
    try:
        limit = float(number)
    except ValueError:
        limit = -1.0
    if not equals or not 0 <= limit < float("inf"):
        raise UsageError("a budget needs a number that is not negative", where=where, todo=f"write it like {name}=200")
    return Budget(name, limit)

"""Budgets: bounds that a user sets on a load run, `p99_ms=200`. A broken one fails the run; no leak is within one."""

from __future__ import annotations

from dataclasses import dataclass

from harness.checks.finding import LoadOutcome
from harness.errors import UsageError, did_you_mean

PERCENTILES = {"p50_ms": "50", "p95_ms": "95", "p99_ms": "99", "p999_ms": "99.9", "max_ms": "max"}
_COUNTS = ("lost", "duplicate", "reordered", "corrupt", "refused", "disconnected")
_NAMES = (*PERCENTILES, *(f"publish_{name}" for name in PERCENTILES), *_COUNTS)


@dataclass(frozen=True, slots=True)
class Budget:
    """`name` may be at most `limit`."""

    name: str
    limit: float

    def broken_by(self, outcome: LoadOutcome) -> str | None:
        """Return how `outcome` breaks this budget, in words, or None."""
        if self.name in PERCENTILES:
            value = outcome.percentiles.get(PERCENTILES[self.name], 0.0)
        elif self.name in _COUNTS:
            value = float(getattr(outcome.counts, self.name))
        else:
            value = outcome.publish_percentiles.get(PERCENTILES[self.name.removeprefix("publish_")], 0.0)
        return f"{self.name} is {value:g}, the budget {self.limit:g}" if value > self.limit else None


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

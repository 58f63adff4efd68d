"""What a load run is asked to do: the scenario of its locustfile, and the settings of its command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from harness.errors import UsageError
from harness.loading.budget import Budget, parse_budget

Kind = Literal["broadcast", "private"]

_CHECKED: dict[Kind, tuple[str, ...]] = {
    "broadcast": ("BC-1", "ORD-1", "ORD-2", "ORD-3", "RT-7"),
    "private": ("ISO-1", "ISO-2", "ISO-5", "ISO-7", "ORD-1", "ORD-2", "ORD-3", "RT-7"),
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One locustfile: its name in reports, and which kind of message is published."""

    name: str
    kind: Kind

    @property
    def requirements(self) -> tuple[str, ...]:
        """The requirements that it sets out to check."""
        return _CHECKED[self.kind]


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of a run, checked. `target_file` None is the reference; `run_dir` None a new folder."""

    target_file: Path | None
    run_dir: Path | None
    rate: float
    size_chars: int
    max_lag_ms: float
    budgets: tuple[Budget, ...]

    @classmethod
    def of(cls, options: Mapping[str, object]) -> Settings:
        """Return the settings that `options`, the parsed command line by name, ask for.

        Raises:
            UsageError: a value makes no sense.
        """
        rate = _positive(options["harness_rate"], "--harness-rate", "messages a second, like 10")
        max_lag_ms = _positive(options["harness_max_lag_ms"], "--harness-max-lag-ms", "milliseconds, like 250")
        budgets = options["harness_budget"]
        return cls(
            target_file=_path(options["target"]),
            run_dir=_path(options["harness_run_dir"]),
            rate=rate,
            size_chars=int(str(options["harness_size"])),
            max_lag_ms=max_lag_ms,
            budgets=tuple(parse_budget(str(each)) for each in budgets) if isinstance(budgets, list) else (),
        )


def add_options(parser: Any) -> None:
    """Add the options of a load run to `parser`, which is Locust's."""
    for name, meta, default, kind, words in (
        ("--target", "FILE", None, str, "the target file; without one the reference is started"),
        ("--harness-run-dir", "DIR", None, str, "the run folder, in place of a new one in onesocket-runs/"),
        ("--harness-rate", "N", 10.0, float, "messages published a second (10)"),
        ("--harness-size", "CHARS", 0, int, "fill each message up to this length"),
        ("--harness-max-lag-ms", "MS", 250.0, float, "a worker that is later (p99) makes the run invalid (250)"),
    ):
        parser.add_argument(name, metavar=meta, default=default, type=kind, help=words, include_in_web_ui=False)
    parser.add_argument(
        "--harness-budget",
        action="append",
        metavar="NAME=MAX",
        include_in_web_ui=False,
        help="fail above this, e.g. p99_ms=200; may be repeated",
    )


def _positive(value: object, option: str, example: str) -> float:
    number = float(str(value))
    if not 0 < number < float("inf"):
        raise UsageError("the number must be above 0", where=f"{option} {value}", todo=f"give {example}")
    return number


def _path(value: object) -> Path | None:
    return Path(str(value)) if value else None

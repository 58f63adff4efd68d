"""What a load run is asked to do: the scenario of its locustfile, and the settings of its command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from harness.errors import TargetFileError, UsageError
from harness.loading.budget import Budget, parse_budget
from harness.loading.knobs import Knobs, knobs_of, load_tables
from harness.wire.template import Json

Kind = Literal["broadcast", "private", "mixed", "echo"]
Shape = Literal["steady", "steps", "day"]

_DELIVERED = ("ORD-1", "ORD-2", "ORD-3", "RT-7")
_CHECKED: dict[Kind, tuple[str, ...]] = {
    "broadcast": ("BC-1", *_DELIVERED),
    "private": ("ISO-1", "ISO-2", "ISO-5", "ISO-7", *_DELIVERED),
    "mixed": ("BC-1", "ISO-1", "ISO-2", "ISO-5", "ISO-7", *_DELIVERED),
    "echo": ("RT-7",),
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One locustfile: its name in reports, which kind of message is published, and its own values of the knobs.

    `shape` is how the number of users goes: up to all and steady, up in steps, or as in a day. `returns`: visitors come
    back at once, not at their next turn. `budgets` hold unless others are given; `users` and `duration_s` are what
    `onesocket load` takes where nobody says another.
    """

    name: str
    kind: Kind
    knobs: Mapping[str, Json] = field(default_factory=dict)
    shape: Shape = "steady"
    returns: bool = False
    budgets: tuple[str, ...] = ()
    users: int = 50
    duration_s: float = 20.0

    @property
    def requirements(self) -> tuple[str, ...]:
        """The requirements that it sets out to check."""
        return _CHECKED[self.kind]


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of a run. `target_file` None is the reference; `run_dir` None a new folder."""

    target_file: Path | None
    run_dir: Path | None
    given: tuple[str, ...]
    budget_texts: tuple[str, ...]

    @classmethod
    def of(cls, options: Mapping[str, object]) -> Settings:
        """Return the settings that `options`, the parsed command line by name, ask for."""
        given = options.get("harness_set")
        budgets = options.get("harness_budget")
        named = {"rate": "harness_rate", "size_chars": "harness_size", "max_lag_ms": "harness_max_lag_ms"}
        said = [f"{knob}={options[option]}" for knob, option in named.items() if options.get(option) is not None]
        if options.get("harness_compress"):
            said.append("compress=true")
        return cls(
            target_file=_path(options["target"]),
            run_dir=_path(options["harness_run_dir"]),
            given=(*map(str, given if isinstance(given, list) else ()), *said),
            budget_texts=tuple(map(str, budgets)) if isinstance(budgets, list) else (),
        )

    def knobs(self, scenario: Scenario, *, load: Mapping[str, Json], where: str) -> Knobs:
        """Return the knobs of `scenario` for the target whose `[load]` table is `load`.

        Raises:
            UsageError: an option makes no sense.
            TargetFileError: the table does not.
        """
        return knobs_of(scenario.knobs, name=file_name(scenario.name), load=load, given=self.given, where=where)

    def budgets(self, scenario: Scenario, *, load: Mapping[str, Json], where: str) -> tuple[Budget, ...]:
        """Return the budgets of `scenario`: its own, then the target file's, then the command line's; one of each name.

        Raises:
            UsageError: an option makes no sense.
            TargetFileError: the table does not.
        """
        found = {each.name: each for each in map(parse_budget, scenario.budgets)}
        for table, at in load_tables(load, name=file_name(scenario.name)):
            budgets = table.get("budgets", {})
            for name, limit in budgets.items() if isinstance(budgets, dict) else ():
                try:
                    found[name] = parse_budget(f"{name}={limit}")
                except UsageError as error:
                    raise TargetFileError(
                        error.what, where=f"{where}: {at} budgets.{name} = {limit!r}", todo=error.todo
                    ) from None
        found |= {each.name: each for each in map(parse_budget, self.budget_texts)}
        return tuple(found.values())


def file_name(name: str) -> str:
    """Return the name of a scenario as files, options and tables have it."""
    return name.replace(" ", "_")


def add_options(parser: Any) -> None:
    """Add the options of a load run to `parser`, which is Locust's."""
    for name, meta, kind, words in (
        ("--target", "FILE", str, "the target file; without one the reference is started"),
        ("--harness-run-dir", "DIR", str, "the run folder, in place of a new one in onesocket-runs/"),
        ("--harness-rate", "N", float, "messages published a second"),
        ("--harness-size", "CHARS", int, "fill each message up to this length"),
        ("--harness-max-lag-ms", "MS", float, "a worker that is later (p99) makes the run invalid"),
    ):
        parser.add_argument(name, metavar=meta, default=None, type=kind, help=words, include_in_web_ui=False)
    parser.add_argument(
        "--harness-compress", action="store_true", help="offer compression, as browsers do", include_in_web_ui=False
    )
    for name, meta, words in (
        ("--harness-set", "KNOB=VALUE", "a knob of the scenario, e.g. stay_s=2; may be repeated"),
        ("--harness-budget", "NAME=MAX", "fail above this, e.g. p99_ms=200; may be repeated"),
    ):
        parser.add_argument(name, action="append", metavar=meta, include_in_web_ui=False, help=words)


def _path(value: object) -> Path | None:
    return Path(str(value)) if value else None

"""Plans as documents: a named list of steps, in scenario files (TOML) and as JSON-ready data in repro files."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from harness.errors import PlanError
from harness.plan.grammar import Step, parse_step
from harness.plan.together import AtOnce
from harness.plan.words import ROLES, Tab


@dataclass(frozen=True, slots=True)
class Plan:
    """A named list of steps; `summary` is what must hold, `worlds` where it makes sense, `needs` beyond the steps'."""

    name: str
    steps: tuple[Step, ...]
    summary: str = ""
    worlds: tuple[str, ...] = ("wire", "page")
    proves: tuple[str, ...] = ()

    @property
    def words(self) -> list[str]:
        """The steps as sentences."""
        return [str(step) for step in self.steps]

    @property
    def each_step(self) -> list[Step]:
        """The steps, those of an "at once" in its place."""
        return [
            inner for step in self.steps for inner in ((step, *step.steps) if isinstance(step, AtOnce) else (step,))
        ]

    @property
    def needs(self) -> frozenset[str]:
        """What a world or target must offer, beyond the core: "tabs", and the names that steps give as `needs`."""
        found: set[str] = set()
        for step in self.each_step:
            found |= getattr(step, "needs", frozenset())
            tab = getattr(step, "tab", None)
            if isinstance(tab, Tab) and tab.number > 1:
                found.add("tabs")
        return frozenset(found)

    @property
    def users(self) -> tuple[str, ...]:
        """The roles that appear, in the order of ROLES, then others in order of appearance."""
        named = dict.fromkeys(user for step in self.each_step if isinstance(user := getattr(step, "user", None), str))
        return (*(role for role in ROLES if role in named), *(user for user in named if user not in ROLES))


class _PlanForm(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    steps: list[str]
    summary: str = ""
    worlds: Annotated[tuple[Literal["wire", "page", "simulation"], ...], msgspec.Meta(min_length=1)] = ("wire", "page")
    proves: tuple[str, ...] = ()


class _ScenarioForm(msgspec.Struct, forbid_unknown_fields=True):
    plan: list[_PlanForm]


def load_plans(path: Path) -> list[Plan]:
    """Return the plans of a scenario file, a TOML file with one `[[plan]]` table a plan.

    Raises:
        PlanError: the file cannot be read or a table or step in it is wrong.
    """
    try:
        form = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _ScenarioForm)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise PlanError(
            "the scenario file cannot be read",
            where=f"{path}: {error}",
            todo="each plan is a [[plan]] table with name, steps and, if you like, summary, worlds, proves",
        ) from error
    return [_plan(each, where=f"{path}, plan {each.name!r}") for each in form.plan]


def dump_plan(plan: Plan) -> dict[str, object]:
    """Return the plan as JSON-ready data; `read_plan` gives it back."""
    return {
        "name": plan.name,
        "steps": plan.words,
        "summary": plan.summary,
        "worlds": list(plan.worlds),
        "proves": list(plan.proves),
    }


def read_plan(data: object, *, where: str) -> Plan:
    """Return the plan that `dump_plan` wrote.

    Raises:
        PlanError: the data has another shape.
    """
    try:
        return _plan(msgspec.convert(data, _PlanForm), where=where)
    except msgspec.ValidationError as error:
        raise PlanError(
            "the plan cannot be read", where=f"{where}: {error}", todo="use a file that onesocket wrote"
        ) from error


def _plan(form: _PlanForm, *, where: str) -> Plan:
    steps = tuple(parse_step(each, where=where) for each in form.steps)
    return Plan(form.name, steps, form.summary, form.worlds, form.proves)

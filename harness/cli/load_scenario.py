"""What a locustfile of `load/` says of its scenario, read without running it: importing Locust changes the process."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import UsageError, did_you_mean
from harness.suites import suite_dir
from harness.wire.template import Json

_UNITS_S = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class LoadScenario:
    """One locustfile: what its docstring says first, and its own values where it has any."""

    name: str
    summary: str = ""
    kind: str = ""
    users: int = 50
    duration_s: float = 20.0
    knobs: Mapping[str, Json] = field(default_factory=dict)
    budgets: tuple[str, ...] = ()


def load_scenarios() -> list[str]:
    """Return the names of the load scenarios, in alphabetical order."""
    return sorted(path.stem for path in suite_dir("load").glob("*.py") if not path.stem.startswith("_"))


def load_file(name: str) -> Path:
    """Return the locustfile of a scenario.

    Raises:
        UsageError: there is no such scenario.
    """
    names = load_scenarios()
    if name not in names:
        raise UsageError("there is no such load scenario", where=name, todo=did_you_mean(name, names))
    return suite_dir("load") / f"{name}.py"


def describe(name: str) -> LoadScenario:
    """Return what the locustfile of `name` says.

    Raises:
        UsageError: there is no such scenario.
    """
    tree = ast.parse(load_file(name).read_text("utf-8"))
    named = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    said: dict[str, Any] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Scenario":
            for each in node.keywords:
                value = named.get(each.value.id, each.value) if isinstance(each.value, ast.Name) else each.value
                said[str(each.arg)] = ast.literal_eval(value)
    fields = {key: said[key] for key in ("kind", "users", "duration_s", "knobs", "budgets") if key in said}
    return LoadScenario(name, (ast.get_docstring(tree) or "").partition("\n")[0], **fields)


def duration_s(text: str, *, where: str = "--duration") -> float:
    """Return the seconds that "20", "20s", "1.5m" or "1h" says.

    Raises:
        UsageError: it says none.
    """
    hit = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip())
    seconds = float(hit[1]) * _UNITS_S[hit[2]] if hit else 0.0
    if seconds < 1.0:
        raise UsageError(
            "this is not a duration of a second or more", where=f"{where} {text}", todo="write it like 20s or 2m"
        )
    return seconds

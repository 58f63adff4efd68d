"""The scenarios there are, read from the suites without running them: plans in TOML, tests in Python."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from harness.cli.load_scenario import load_scenarios
from harness.errors import UsageError
from harness.plan import load_plans
from harness.suites import SuiteName, suite_dir

_WORLDS: dict[SuiteName, tuple[str, ...]] = {"scenarios": ("wire",), "browser_tests": ("page",), "load": ("load",)}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario: a plan, a test function or a load scenario. `file` is relative to its suite."""

    name: str
    kind: str
    suite: SuiteName
    file: str
    worlds: tuple[str, ...]
    summary: str = ""
    proves: tuple[str, ...] = ()


def scenarios(*suites: SuiteName) -> list[Scenario]:
    """Return the scenarios of these suites, by file, in the order of the files.

    Raises:
        PlanError: a scenario file is wrong.
    """
    found: list[Scenario] = []
    for suite in suites:
        folder = suite_dir(suite)
        if suite == "load":
            found += [_load(folder / f"{name}.py", name) for name in load_scenarios()]
            continue
        for path in sorted(folder.rglob("*.toml")):
            found += [
                Scenario(
                    each.name,
                    "plan",
                    suite,
                    path.relative_to(folder).as_posix(),
                    each.worlds,
                    each.summary,
                    each.proves,
                )
                for each in load_plans(path)
            ]
        for path in sorted(folder.rglob("test_*.py")):
            found += _tests(path, suite, path.relative_to(folder).as_posix())
    return found


def check_selection(select: str | None, only: Sequence[str], *, suite: SuiteName) -> None:
    """Refuse a `-k` that is one plain word and fits nothing, and a name that no scenario has, before anything starts.

    Raises:
        UsageError: nothing fits, or there is no such scenario.
    """
    for name in only:
        _check_name(name, suite=suite)
    if select is None or not select.replace("_", "").isalnum() or select in {"and", "or", "not", "True", "False"}:
        return
    known = scenarios(suite)
    words = [word for each in known for word in (each.name, each.file)]
    if not any(select.lower() in word.lower() for word in words):
        raise UsageError(
            "no scenario has a name that fits",
            where=f"-k {select}",
            todo=_nearest(select, {word for each in known for word in (each.name, *each.name.split("_"))}),
        )


def _check_name(name: str, *, suite: SuiteName) -> None:
    names = [each.name for each in scenarios(suite)]
    if name not in names:
        raise UsageError("there is no such scenario", where=f"--only {name}", todo=_nearest(name, names))


def _nearest(select: str, names: Iterable[str]) -> str:
    near = get_close_matches(select, names, n=1)
    return f"did you mean {near[0]!r}?" if near else "see their names with: onesocket list scenarios"


def _load(path: Path, name: str) -> Scenario:
    tree = ast.parse(path.read_text("utf-8"))
    return Scenario(name, "load", "load", path.name, ("load",), _first_line(tree))


def _tests(path: Path, suite: SuiteName, file: str) -> list[Scenario]:
    tree = ast.parse(path.read_text("utf-8"))
    whole = _first_line(tree)
    found = []
    for node in tree.body:
        is_test = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
        is_class = isinstance(node, ast.ClassDef) and node.name.startswith("Test")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and (is_test or is_class):
            summary = _first_line(node) or (node.name.removeprefix("test_").replace("_", " ") if is_test else whole)
            found.append(Scenario(node.name, "test", suite, file, _WORLDS[suite], summary))
        elif isinstance(node, ast.Assign):
            # A state machine becomes a test by assignment: `TestSessions = Sessions.TestCase`.
            names = [each.id for each in node.targets if isinstance(each, ast.Name) and each.id.startswith("Test")]
            found += [Scenario(name, "test", suite, file, _WORLDS[suite], whole) for name in names]
    return found


def _first_line(node: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
    return (ast.get_docstring(node) or "").partition("\n")[0]

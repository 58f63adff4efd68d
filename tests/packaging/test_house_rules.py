"""Rules of the house that no tool of its own checks: sizes, names, imports of the suites, the lock."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("harness", "scenarios", "browser_tests", "load", "reports", "tests")
SUITES = {"scenarios", "browser_tests", "load", "reports"}
LONGEST_FILE_LINES = 400
NAMES_THAT_TELL_NOTHING = {"util", "utils", "helper", "helpers", "common", "misc", "manager"}


def sources(*suffixes: str) -> list[Path]:
    return sorted(
        path
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.suffix in suffixes and "node_modules" not in path.parts
    )


def imported_by(path: Path) -> set[str]:
    roots: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            roots.add(node.module.split(".")[0])
    return roots


def modules_loaded_by(statement: str, *, after: str = "") -> set[str]:
    program = f"{after}\nimport sys; before = set(sys.modules)\n{statement}\nprint(*(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=30.0, check=True
    )
    return {name.split(".")[0] for name in done.stdout.split()}


def test_no_file_is_too_long_to_be_read_at_once() -> None:
    lengths = {
        path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources(".py", ".js", ".mjs", ".ts")
    }
    assert not {str(path): lines for path, lines in lengths.items() if lines > LONGEST_FILE_LINES}


def test_every_module_is_named_for_what_it_holds() -> None:
    assert not [path for path in sources(".py", ".js", ".mjs", ".ts") if path.stem in NAMES_THAT_TELL_NOTHING]


def test_suites_import_neither_each_other_nor_the_tests() -> None:
    # Locust loads a file by its path and a wheel moves the folders, so they cannot import even themselves.
    files = [path for path in sources(".py") if path.relative_to(ROOT).parts[0] in {"harness", *SUITES}]
    assert not {str(path): found for path in files if (found := imported_by(path) & {*SUITES, "tests"})}


def test_importing_harness_imports_nothing_else() -> None:
    assert modules_loaded_by("import harness") == {"harness"}


@pytest.mark.slow
def test_the_pytest_plugin_costs_a_stranger_s_test_run_nothing_but_the_standard_library() -> None:
    loaded = modules_loaded_by("import harness.pytest_plugin", after="import pytest")
    assert loaded - set(sys.stdlib_module_names) <= {"harness", "pytest", "_pytest", "pluggy"}


def test_the_lock_pins_everything_by_hash_and_names_no_host() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    entries = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert len(entries) > 50
    assert not [entry for entry in entries if "==" not in entry.splitlines()[0] or "--hash=sha256:" not in entry]

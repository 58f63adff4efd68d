"""The wheel carries everything that a user needs, under one name, and nothing else.

Builds it from this checkout, without a network; knows nothing of what the files say.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath
from typing import get_args

import pytest

from harness import __version__
from harness.suites import SuiteName

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SUITES: tuple[str, ...] = get_args(SuiteName)
LEFT_BEHIND = {"__pycache__", "onesocket-runs", ".hypothesis", "node_modules", ".DS_Store"}
BUILD_TIMEOUT_S = 60.0


def run_python(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=BUILD_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run_python("-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def files_of(folder: str) -> set[PurePosixPath]:
    found = (path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file())
    return {PurePosixPath(path) for path in found if not LEFT_BEHIND & set(path.parts)}


def test_one_name_reaches_site_packages(names: set[str]) -> None:
    assert {name.split("/")[0] for name in names} == {"harness", f"onesocket-{__version__}.dist-info"}


def test_every_file_of_the_library_and_the_suites_is_inside_and_no_other(names: set[str]) -> None:
    library = {str(path) for path in files_of("harness")}
    suites = {f"harness/_suites/{path}" for suite in SUITES for path in files_of(suite)}
    assert {name for name in names if name.startswith("harness/")} == library | suites


@pytest.mark.parametrize("suite", SUITES)
def test_suite_is_inside(names: set[str], suite: str) -> None:
    assert any(name.startswith(f"harness/_suites/{suite}/") for name in names)


@pytest.mark.parametrize("kind", [".toml", ".js", ".d.ts", ".html", "py.typed"])
def test_data_files_are_inside(names: set[str], kind: str) -> None:
    assert any(name.endswith(kind) for name in names)


def test_the_harness_s_own_tests_stay_out(names: set[str]) -> None:
    assert not [name for name in names if "tests" in PurePosixPath(name).parts]


def test_command_and_plugin_are_declared(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        declared = archive.read(f"onesocket-{__version__}.dist-info/entry_points.txt").decode()
    assert "onesocket = harness.cli:main" in declared
    assert "onesocket = harness.pytest_plugin" in declared


def test_an_unpacked_wheel_finds_its_own_suites(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    program = (
        "import sys; sys.path.insert(0, '.')\n"
        "from harness.suites import suite_dir\n"
        f"for name in {SUITES!r}: print(suite_dir(name))"
    )
    found = [Path(line) for line in run_python("-I", "-c", program, cwd=tmp_path).splitlines()]
    assert [path.resolve() for path in found] == [tmp_path / "harness" / "_suites" / name for name in SUITES]

"""`suite_dir` finds the suites of this copy of onesocket and of no other."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from harness import suites
from harness.errors import HarnessError
from harness.suites import SuiteName, suite_dir

ROOT = Path(__file__).parents[2]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site-packages folder in which `harness` seems to be installed."""
    package = tmp_path / "harness"
    package.mkdir()
    monkeypatch.setattr(suites, "__file__", str(package / "suites.py"))
    return tmp_path


@pytest.mark.parametrize("name", get_args(SuiteName))
def test_a_checkout_has_each_suite_at_its_top(name: SuiteName) -> None:
    assert suite_dir(name) == ROOT / name


def test_a_wheel_s_suite_wins_over_a_stranger_s_folder_of_that_name(installed: Path) -> None:
    (installed / "load").mkdir()
    carried = installed / "harness" / "_suites" / "load"
    carried.mkdir(parents=True)
    assert suite_dir("load") == carried


def test_a_missing_suite_is_our_error_and_names_both_places(installed: Path) -> None:
    with pytest.raises(HarnessError) as error:
        suite_dir("reports")
    assert str(installed / "harness" / "_suites" / "reports") in str(error.value)
    assert str(installed / "reports") in str(error.value)

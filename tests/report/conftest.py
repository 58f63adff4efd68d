"""A rich run, for every test of a report."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.report.run_folder import RunFolder
from tests.report.rich_run import rich_run


@pytest.fixture
def rich(tmp_path: Path) -> RunFolder:
    """A run with something of everything."""
    return rich_run(tmp_path)

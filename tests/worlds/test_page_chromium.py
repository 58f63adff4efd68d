"""Where a Chromium is looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.worlds.chromium import chromium, find_chromium


def _program(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text("#!/bin/sh\nexit 1\n")
    path.chmod(0o755)
    return path


def test_the_one_that_is_named_goes_first(tmp_path: Path) -> None:
    _program(tmp_path, "chromium")
    mine = _program(tmp_path, "mine")
    assert find_chromium({"PATH": str(tmp_path), "ONESOCKET_CHROMIUM": str(mine)}) == mine
    assert find_chromium({"PATH": str(tmp_path), "ONESOCKET_CHROMIUM": "mine"}) == mine


def test_the_usual_names_are_looked_for_on_the_path(tmp_path: Path) -> None:
    assert find_chromium({"PATH": str(tmp_path)}) is None
    found = _program(tmp_path, "google-chrome")
    assert find_chromium({"PATH": str(tmp_path)}) == found
    better = _program(tmp_path, "chromium")
    assert find_chromium({"PATH": str(tmp_path)}) == better


def test_one_that_only_runs_headless_is_preferred_where_nobody_looks(tmp_path: Path) -> None:
    whole, shell = _program(tmp_path, "chromium"), _program(tmp_path, "chromium-headless-shell")
    assert find_chromium({"PATH": str(tmp_path)}) == whole
    assert find_chromium({"PATH": str(tmp_path)}, shell=True) == shell


def test_a_named_one_that_is_not_there_is_said_in_three_lines() -> None:
    with pytest.raises(UsageError) as caught:
        find_chromium({"PATH": "", "ONESOCKET_CHROMIUM": "/nowhere/chromium"})
    assert "ONESOCKET_CHROMIUM=/nowhere/chromium" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.anyio
@pytest.mark.slow
async def test_one_that_does_not_start_is_said_in_three_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONESOCKET_CHROMIUM", str(_program(tmp_path, "broken")))
    with pytest.raises(UsageError) as caught:
        await chromium().__aenter__()
    assert "broken" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 3

"""Several children at the same time: each is looked after, none is mistaken for another, none is left behind."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from harness.cli import watched
from harness.cli.aftermath import Ending
from harness.cli.part import Part
from harness.cli.watched import Watched, any_goes_on

LIMIT_S = 20.0


def _start(code: str, folder: Path, *, name: str = "tabs-1", silence_s: float = 60.0) -> Watched:
    part = Part(name, "page", "pytest", (sys.executable, "-u", "-c", code), {}, folder, silence_s)
    return Watched.start(part, log=folder / f"{name}.log")


def _wait(*each: Watched, asked: int = 0) -> list[Ending]:
    notices: list[Ending] = []
    until_s = time.monotonic() + LIMIT_S
    while any_goes_on(each, timeout_s=0.02):
        assert time.monotonic() < until_s
        notices += [notice for one in each if (notice := one.mind(asked=asked, sign=False)) is not None]
    for one in each:
        one.end()
    return notices


@pytest.mark.slow
def test_each_ends_in_its_own_way(tmp_path: Path) -> None:
    one = _start("raise SystemExit(3)", tmp_path)
    other = _start("import time; time.sleep(0.3); print('done')", tmp_path, name="tabs-2", silence_s=30.0)
    assert _wait(one, other) == []
    assert (one.ended.code, other.ended.code) == (3, 0)
    assert "done" in other.ended.printed
    assert one.ended.why is other.ended.why is Ending.ITSELF


@pytest.mark.slow
def test_one_that_is_silent_is_asked_to_finish_and_the_other_is_not(tmp_path: Path) -> None:
    silent = _start("import time; time.sleep(60)", tmp_path, silence_s=0.5)
    quick = _start("pass", tmp_path, name="tabs-2", silence_s=0.5)
    assert _wait(silent, quick) == [Ending.HUNG]
    assert silent.ended.why is Ending.HUNG
    assert quick.ended.why is Ending.ITSELF


@pytest.mark.slow
def test_one_that_does_not_heed_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "GRACE_S", 0.2)
    heedless = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print('deaf'); time.sleep(60)"
    deaf = _start(heedless, tmp_path)
    until_s = time.monotonic() + LIMIT_S
    while "deaf" not in deaf.child.printed():  # before that Python itself would end at the signal
        assert deaf.goes_on(0.02)
        assert time.monotonic() < until_s
    assert _wait(deaf, asked=1) == [Ending.INTERRUPTED]
    assert deaf.ended.code < 0

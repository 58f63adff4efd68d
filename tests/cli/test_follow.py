"""Reading a run folder while it grows."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checks.finding import LoadOutcome, Outcome
from harness.cli.follow import Follower, running_test
from harness.report.record import RunMeta, encode
from harness.report.run_folder import RunFolder


def test_each_outcome_is_given_once_and_half_a_line_waits(tmp_path: Path) -> None:
    follower = Follower(tmp_path)
    assert follower.outcomes() == []
    file = tmp_path / "outcomes.jsonl"
    lines = [encode(Outcome(test=name, world="wire")) for name in "abc"]
    file.write_bytes(lines[0] + b"\n" + lines[1][:10])
    assert [each.test for each in follower.outcomes()] == ["a"]
    assert follower.outcomes() == []
    file.write_bytes(lines[0] + b"\n" + lines[1] + b"\n{nonsense}\n" + lines[2] + b"\n")
    assert [each.test for each in follower.outcomes()] == ["b", "c"]


def test_each_load_run_is_given_once(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, what="x", meta=RunMeta())
    follower = Follower(folder.path)
    assert follower.loads() == []
    folder.add_load(LoadOutcome(scenario="fanout"))
    assert [each.scenario for each in follower.loads()] == ["fanout"]
    (folder.path / "load" / "half.json").write_text('{"scen')
    assert follower.loads() == []


@pytest.mark.parametrize(
    ("printed", "test"),
    [
        ("", ""),
        ("collected 3 items\n\na.toml::x PASSED [ 5%]\n", ""),
        ("a.toml::x PASSED [ 5%]", ""),
        ("a.toml::x PASSED [ 5%]\n../far/b.py::test_y[a/b c] ", "b.py::test_y[a/b c]"),
        ("a.toml::x PASSED [ 5%]\nb.py::test_y SKIPPED (no start)", ""),
        ("../far/a.toml::x (found BC-1, looking) ", "a.toml::x (found BC-1, looking)"),
        ("a.toml::x (found BC-1, looking) FAILED [ 5%]", ""),
    ],
)
def test_the_running_test_is_the_one_whose_end_is_not_printed(printed: str, test: str) -> None:
    assert running_test(printed) == test

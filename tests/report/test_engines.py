"""A run in several engines: a column each, and nothing about engines where there is only Chromium."""

from __future__ import annotations

import pytest

from harness.checks.finding import Finding, Outcome
from harness.checks.verdict import Status
from harness.report.engines import engine_of, engine_table
from harness.worlds.engine import told_apart

BROKEN = Finding(requirement="TAB-2", check="tabs", expected="once", seen="twice")
LATE = Finding(requirement="TAB-2", check="tabs", expected="once", seen="once, late", level="late")
FAIL = {"TAB-2": Status.FAIL}


def outcome(
    test: str, *findings: Finding, status: str = "judged", reason: str = "", duration_s: float = 1.0
) -> Outcome:
    held = {"TAB-1": 1} if status == "judged" else {}
    return Outcome(
        test=test, world="page", status=status, reason=reason, held=held, findings=findings, duration_s=duration_s
    )


def test_a_tests_name_tells_its_engine() -> None:
    assert told_apart("a.toml::one", "chromium") == "a.toml::one"
    assert engine_of(told_apart("a.toml::one", "firefox")) == ("firefox", "a.toml::one")
    assert engine_of("a.toml::one") == ("chromium", "a.toml::one")


def test_what_judged_nothing_has_not_passed() -> None:
    table = engine_table([outcome("one"), Outcome(test="one [firefox]", world="page")], statuses={})
    assert table is not None
    assert [cell.word for cell in table.rows[0][1]] == ["passed", "judged nothing"]
    assert table.rows[0][1][1].detail == "nothing could be judged by what was recorded"


def test_chromium_alone_is_no_table() -> None:
    assert engine_table([outcome("one"), outcome("two", BROKEN)], statuses=FAIL) is None
    assert engine_table([Outcome(test="one [firefox]", world="wire")], statuses={}) is None


def test_each_scenario_has_a_cell_an_engine() -> None:
    skipped = outcome(
        "two [firefox]", status="skipped", reason="firefox cannot be made to freeze a tab", duration_s=0.0
    )
    table = engine_table(
        [
            outcome("one"),
            outcome("two", duration_s=2.5),
            outcome("one [firefox]", duration_s=61.0),
            outcome("one [firefox]", BROKEN),
            skipped,
            outcome("three [firefox]", status="target", reason="gone"),
        ],
        statuses=FAIL,
    )
    assert table is not None
    assert table.engines == ("chromium", "firefox")
    assert [(name, [cell.word for cell in cells]) for name, cells in table.rows] == [
        ("one", ["passed", "failed"]),
        ("two", ["passed", "not tried"]),
        ("three", ["not tried", "target lost"]),
    ]
    assert [cell.detail for _, cells in table.rows for cell in cells[1:]] == [
        "TAB-2", "firefox cannot be made to freeze a tab", "gone"
    ]  # fmt: skip
    assert [cell.duration_s for _, cells in table.rows for cell in cells] == [1.0, 62.0, 2.5, 0.0, 0.0, 1.0]
    assert table.totals == (
        "2 passed, 1 not tried, in 3.5 s",
        "1 target lost, 1 failed, 1 not tried, in 1 min 03 s",
    )
    assert table.lines[0] == "chromium: 2 passed, 1 not tried, in 3.5 s"


@pytest.mark.parametrize(
    ("findings", "status", "word"),
    [
        ((BROKEN,), Status.FAIL, "failed"),
        ((BROKEN,), Status.WARN, "warned"),
        ((BROKEN,), Status.KNOWN_FAILING, "known failing"),
        ((LATE,), Status.LATE, "late"),
        ((LATE,), Status.FAIL, "late"),
        ((LATE, BROKEN), Status.FAIL, "failed"),
        ((), Status.FAIL, "passed"),
    ],
)
def test_a_cell_says_what_the_run_makes_of_its_findings(
    findings: tuple[Finding, ...], status: Status, word: str
) -> None:
    table = engine_table([outcome("one [firefox]", *findings)], statuses={"TAB-2": status})
    assert table is not None
    cell = table.rows[0][1][0]
    assert cell.word == word
    assert cell.good is (word == "passed")

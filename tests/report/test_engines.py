"""A run in several engines: a column each, and nothing about engines where there is only Chromium."""

from __future__ import annotations

from harness.checks.finding import Finding, Outcome
from harness.report.engines import engine_of, engine_table
from harness.worlds.engine import told_apart

BROKEN = Finding(requirement="TAB-2", check="tabs", expected="once", seen="twice")


def outcome(test: str, *, status: str = "judged", reason: str = "", broken: bool = False) -> Outcome:
    return Outcome(test=test, world="page", status=status, reason=reason, findings=(BROKEN,) if broken else ())


def test_a_tests_name_tells_its_engine() -> None:
    assert told_apart("a.toml::one", "chromium") == "a.toml::one"
    assert engine_of(told_apart("a.toml::one", "firefox")) == ("firefox", "a.toml::one")
    assert engine_of("a.toml::one") == ("chromium", "a.toml::one")


def test_chromium_alone_is_no_table() -> None:
    assert engine_table([outcome("one"), outcome("two", broken=True)]) is None
    assert engine_table([Outcome(test="one [firefox]", world="wire")]) is None


def test_each_scenario_has_a_cell_an_engine() -> None:
    table = engine_table(
        [
            outcome("one"),
            outcome("two"),
            outcome("one [firefox]"),
            outcome("one [firefox]", broken=True),
            outcome("two [firefox]", status="skipped", reason="firefox cannot be made to freeze a tab"),
            outcome("three [firefox]", status="target", reason="gone"),
        ]
    )
    assert table is not None
    assert table.engines == ("chromium", "firefox")
    assert [(name, [cell.word for cell in cells]) for name, cells in table.rows] == [
        ("one", ["held", "broken"]),
        ("two", ["held", "not tried"]),
        ("three", ["not tried", "lost"]),
    ]
    assert [cell.detail for _, cells in table.rows for cell in cells[1:]] == [
        "TAB-2", "firefox cannot be made to freeze a tab", "gone"
    ]  # fmt: skip
    assert table.lines[1] == "firefox: 1 scenario broken, 1 scenario not tried, 1 scenario lost"

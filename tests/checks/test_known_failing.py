"""The list of known failures: how it is read, what it covers, and when an entry is stale."""

from __future__ import annotations

import pytest

from harness.checks.finding import Finding, LoadOutcome, Outcome
from harness.checks.known_failing import Known, dump_known_failing, failing_of, parse_known_failing, sort_out
from harness.errors import UsageError

NAMES = ("BC-1", "ISO-2", "LC-2")
LIST = """
# what we know
ISO-2  isolation.toml::*  # ticket 12
BC-1
LC-2 echo#1 of it
"""


def finding(name: str = "ISO-2", *, check: str = "isolation") -> Finding:
    return Finding(requirement=name, check=check, expected="e", seen="s")


def parsed(text: str, *, where: str = "known.txt") -> tuple[Known, ...]:
    return parse_known_failing(text, where=where, names=NAMES)


def test_a_line_is_a_requirement_what_it_speaks_of_and_why() -> None:
    assert parsed(LIST) == (
        Known(requirement="ISO-2", match="isolation.toml::*", why="ticket 12"),
        Known(requirement="BC-1"),
        Known(requirement="LC-2", match="echo#1 of it"),
    )


@pytest.mark.parametrize("toml", [False, True])
def test_what_is_written_is_read_again(*, toml: bool) -> None:
    known = (*parsed(LIST), Known(requirement="BC-1", match='a "b"', why="c\\d é"))
    where = "known.toml" if toml else "known.txt"
    assert parsed(dump_known_failing(known, toml=toml), where=where) == known
    assert parsed(dump_known_failing((), toml=toml), where=where) == ()


@pytest.mark.parametrize(
    ("text", "where", "todo"),
    [
        ("ISO-22", "known.txt: ISO-22", "did you mean 'ISO-2'?"),
        ('failing = [{ requirement = "ISO-22" }]', "known.toml: ISO-22", "did you mean 'ISO-2'?"),
        ("ISO-2", "known.toml: ", "write lines like"),
        ('failing = [{ match = "x" }]', "known.toml: ", "write lines like"),
    ],
)
def test_what_is_wrong_in_it_is_named(text: str, where: str, todo: str) -> None:
    with pytest.raises(UsageError) as caught:
        parsed(text, where=where.partition(":")[0])
    assert caught.value.where.startswith(where)
    assert todo in caught.value.todo


@pytest.mark.parametrize(
    ("match", "covers"),
    [
        ("", True),
        ("isolation", True),
        ("iso*", True),
        ("order", False),
        ("a.toml::*", True),
        ("b.toml::*", False),
        ("a.toml::x[1]", True),
    ],
)
def test_an_entry_covers_what_a_check_or_a_test_found(match: str, covers: bool) -> None:  # noqa: FBT001
    assert Known(requirement="ISO-2", match=match).covers(finding(), test="a.toml::x[1]") is covers
    assert not Known(requirement="BC-1", match=match).covers(finding(), test="a.toml::x[1]")


@pytest.mark.parametrize(
    ("match", "said"),
    [
        ("", "stale"),
        ("isolation", "stale"),
        ("a.toml::*", "stale"),
        ("a.toml*", "stale"),
        ("b.toml::*", "idle"),
        ("load/*", "stale"),
        ("c*", "idle"),
    ],
)
def test_an_entry_that_nothing_bears_out_is_stale_where_it_held_and_idle_where_nothing_tried_it(
    match: str, said: str
) -> None:
    outcomes = [
        Outcome(test="a.toml::x", world="wire", held={"ISO-2": 1}),
        Outcome(test="c.toml::x", world="wire", held={"BC-1": 1}),
    ]
    loads = [LoadOutcome(scenario="fanout", held={"ISO-2": 9})]
    known = (Known(requirement="ISO-2", match=match),)
    assert sort_out(known, outcomes, loads) == ((known, ()) if said == "stale" else ((), known))


def test_an_entry_that_a_finding_bears_out_is_neither() -> None:
    found = Outcome(test="a", world="wire", findings=(finding(),), held={"ISO-2": 1})
    load = LoadOutcome(scenario="fanout", findings=(finding("BC-1"),), held={"BC-1": 1})
    known = (Known(requirement="ISO-2"), Known(requirement="BC-1", match="load/fanout"))
    assert sort_out(known, [found], [load]) == ((), ())


def test_a_list_is_made_of_findings_once_a_requirement_and_check_and_keeps_what_was_said() -> None:
    before = (Known(requirement="BC-1", match="b.toml::*", why="ticket 3"),)
    found = [
        ("a.toml::\x1b[1m", finding()),
        ("b.toml::y", finding()),
        ("b.toml::y", finding(check="other")),
        ("b.toml::y", finding("BC-1")),
    ]
    assert failing_of(found, before=before) == (
        Known(requirement="ISO-2", match="isolation", why="in a.toml::[1m"),
        Known(requirement="ISO-2", match="other", why="in b.toml::y"),
        before[0],
    )

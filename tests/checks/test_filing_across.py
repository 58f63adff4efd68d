"""A fault that shows on several instances is theirs only where one instance alone does not show it."""

from __future__ import annotations

import pytest

from harness.checks.filing_across import file_across, kin_across
from harness.checks.finding import Finding, Outcome


def filed(*found: tuple[str, str]) -> list[str]:
    """The requirements under which findings of (requirement, kind) come out."""
    outcomes = [
        Outcome(
            test=f"t{number}",
            world="wire",
            findings=(Finding(requirement=name, kind=kind, check="c", expected="", seen=""),),
        )
        for number, (name, kind) in enumerate(found)
    ]
    return [each.requirement for outcome in file_across(outcomes) for each in outcome.findings]


LOST, LEAKED, KEPT = ("MI-1", "loss:all:BC-1"), ("MI-2", "leak:ISO-5"), ("MI-3", "leak:ID-3")
LOST_PRIVATE, DOUBLED = ("MI-2", "loss:all:ISO-1"), ("MI-1", ":ORD-2")


def test_what_several_instances_alone_show_is_theirs() -> None:
    assert filed(LEAKED, KEPT, DOUBLED) == ["MI-2", "MI-3", "MI-1"]
    assert filed(LOST_PRIVATE, ("MI-4", ""), ("RT-6", "")) == ["MI-2", "MI-4", "RT-6"]


def test_where_nothing_crosses_that_is_the_one_thing_to_say() -> None:
    assert filed(LOST, LOST_PRIVATE, KEPT) == ["MI-1", "MI-1", "MI-1"]


def test_a_leak_is_told_also_where_broadcasts_are_lost() -> None:
    assert filed(LOST, LEAKED) == ["MI-1", "MI-2"]


@pytest.mark.parametrize(
    ("several", "alone"),
    [
        (LOST, "BC-1"),
        (LOST, "ORD-3"),
        (LOST_PRIVATE, "ISO-1"),
        (DOUBLED, "ORD-2"),
        (LEAKED, "ISO-2"),
        (KEPT, "ID-3"),
        (KEPT, "ISO-5"),
        (("MI-5", ":EN-2"), "EN-2"),
    ],
)
def test_what_one_instance_shows_too_is_given_back_to_it(several: tuple[str, str], alone: str) -> None:
    assert filed(several, (alone, "")) == [alone, alone]


def test_what_it_was_told_as_is_kept() -> None:
    findings = tuple(
        Finding(requirement=name, kind=kind, check="c", expected="", seen="") for name, kind in (DOUBLED, ("ORD-2", ""))
    )
    (outcome,) = file_across([Outcome(test="t", world="wire", findings=findings)])
    assert [each.told_as for each in outcome.findings] == ["MI-1", ""]


def test_kin_are_those_that_a_finding_may_become() -> None:
    assert "MI-1" in kin_across("BC-1")
    assert {"BC-1", "ORD-2"} <= kin_across("MI-1")
    assert {"MI-1", "ISO-2"} <= kin_across("MI-2")
    assert not kin_across("RT-6")

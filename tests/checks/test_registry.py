"""The catalogue, the registry of checks and what a run sets out to judge agree with each other."""

from __future__ import annotations

import pytest

from harness.checks.finding import Finding, Outcome
from harness.checks.registry import CHECKS, LOAD_JUDGES, scope, tried
from harness.requirement import requirements

JUDGED = [(check.run.__name__, name, worlds) for check in CHECKS for name, worlds in check.judges.items()]


@pytest.mark.parametrize("name", sorted({*(name for _, name, _ in JUDGED), *LOAD_JUDGES}))
def test_every_judged_requirement_is_in_the_catalogue(name: str) -> None:
    assert name in requirements()
    assert not requirements()[name].withdrawn


def test_no_two_checks_judge_the_same_requirement() -> None:
    names = [name for _, name, _ in JUDGED]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("check", "name", "worlds"), JUDGED)
def test_every_requirement_is_judged_in_worlds_that_exist(check: str, name: str, worlds: tuple[str, ...]) -> None:
    assert worlds, (check, name)
    assert set(worlds) <= {"wire", "page"}


def test_the_scope_of_a_world_is_what_its_checks_judge() -> None:
    assert scope(["wire"])["ID-3"] == ("wire",)
    assert "ID-3" not in scope(["page"])
    assert scope([]) == {}


def test_the_scope_of_several_worlds_names_each_where_it_is_judged() -> None:
    found = scope(["wire", "page", "load"])
    assert found["BC-1"] == ("wire", "page", "load")
    assert found["TAB-1"] == ("page",)
    assert scope(["load"]).keys() == set(LOAD_JUDGES)


def test_what_was_chosen_is_what_is_judged() -> None:
    finding = Finding(requirement="BC-1", check="c", expected="e", seen="s")
    outcomes = [
        Outcome(test="a", world="wire", held={"EN-1": 3}, findings=(finding,)),
        Outcome(test="b", world="page", held={"EN-1": 3}),
        Outcome(test="c", world="wire", status="skipped", skipped_requirements=("ID-3",)),
    ]
    assert tried(outcomes) == {"EN-1": ("wire", "page"), "BC-1": ("wire",), "ID-3": ("wire",)}

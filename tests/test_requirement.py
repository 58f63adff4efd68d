"""The catalogue is complete, well-formed and spoken of truly."""

from __future__ import annotations

import re

import pytest

from harness.plan import load_plans
from harness.requirement import Requirement, requirements
from harness.suites import suite_dir

ALL = list(requirements().values())
SCENARIOS = sorted(suite_dir("scenarios").glob("*.toml"))


@pytest.mark.parametrize("each", ALL, ids=[each.id for each in ALL])
def test_a_requirement_is_well_formed(each: Requirement) -> None:
    assert re.fullmatch(r"[A-Z]+-[0-9]+", each.id)
    assert each.area.startswith(each.id.partition("-")[0]) or each.id.startswith("OPS-")
    assert each.level in {"MUST", "SHOULD", "MAY"}
    assert each.set in {"core", "ext"}
    assert set(each.kinds) <= set("PSCBLFD")
    assert each.kinds
    assert each.sentence.strip()
    assert each.source.strip()


def test_ids_are_unique_and_the_order_is_the_catalogues() -> None:
    assert list(requirements()) == [each.id for each in ALL]
    assert len(ALL) > 90


def test_the_catalogue_is_read_once() -> None:
    assert requirements() is requirements()


@pytest.mark.parametrize("path", SCENARIOS, ids=[path.stem for path in SCENARIOS])
def test_what_a_scenario_proves_is_in_the_catalogue(path: object) -> None:
    for plan in load_plans(suite_dir("scenarios") / str(path)):
        assert plan.proves, plan.name
        assert set(plan.proves) <= set(requirements()), plan.name

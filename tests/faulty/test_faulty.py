"""Each faulty implementation is caught, under the requirement that it breaks, and nothing else is reported."""

from __future__ import annotations

import pytest

from tests.faulty.fault import Fault
from tests.faulty.faults import CLIENT_FAULTS, SERVER_FAULTS
from tests.faulty.proof import broken_requirements, outcomes_of, plans_of
from tests.faulty.table import FILE, ONLY_BY_STORY, judged, table


@pytest.mark.slow
@pytest.mark.parametrize("fault", SERVER_FAULTS, ids=lambda fault: fault.name)
def test_a_faulty_server_is_caught_for_what_it_breaks(fault: Fault) -> None:
    outcomes = outcomes_of(fault, plans_of("wire"))
    assert broken_requirements(outcomes) == {fault.breaks}, [
        (outcome.test, finding) for outcome in outcomes for finding in outcome.findings[:2]
    ]


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("fault", CLIENT_FAULTS, ids=lambda fault: fault.name)
def test_a_faulty_client_is_caught_for_what_it_breaks(fault: Fault) -> None:
    plans = [plan for plan in plans_of("page") if plan.name in fault.plans]
    outcomes = outcomes_of(fault, plans)
    assert broken_requirements(outcomes) == {fault.breaks}, [
        (outcome.test, finding) for outcome in outcomes for finding in outcome.findings[:2]
    ]


def test_each_requirement_that_is_checked_has_a_faulty_implementation_that_breaks_it() -> None:
    proved = {fault.breaks for fault in (*SERVER_FAULTS, *CLIENT_FAULTS)}
    assert proved.isdisjoint(ONLY_BY_STORY)
    assert proved | set(ONLY_BY_STORY) == set(judged())


def test_the_table_in_docs_is_the_one_that_is_generated() -> None:
    assert FILE.read_text("utf-8") == table(), "run: python -m tests.faulty.table"

"""Each faulty implementation is caught, under the requirement that it breaks, and nothing else is reported.

Here with the plans that prove this requirement and a core of others; `make prove` puts each to everything.
"""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from queue import SimpleQueue

import pytest

from harness.checks.finding import Outcome
from harness.worlds.browsers import Browsers
from tests.faulty.fault import Fault
from tests.faulty.faults import CLIENT_FAULTS, FAULTS, SERVER_FAULTS
from tests.faulty.proof import broken_requirements, faulty_target, outcomes_of, quick_outcomes, quick_plans
from tests.faulty.table import FILE, NOBODY, ONLY_BY_STORY, caught, judged, table, unproved

AT_A_TIME = 4
"""Most of what a faulty implementation makes one do is wait."""
TIMEOUT_S = 300.0


Proofs = Mapping[str, Future[list[Outcome]]]


def asked_for(request: pytest.FixtureRequest) -> list[Fault]:
    """Return the faulty implementations that this session asks the fixture of `request` for."""
    items = [item for item in request.session.items if isinstance(item, pytest.Function)]
    asking = [item for item in items if request.fixturename in item.fixturenames]
    return [fault for item in asking if isinstance(fault := item.callspec.params["fault"], Fault)]


@pytest.fixture(scope="module")
def proofs_of_servers(request: pytest.FixtureRequest) -> Iterator[Proofs]:
    """Put the faulty servers to their plans, several at a time, each in a process of its own: they share no lock."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(AT_A_TIME, mp_context=spawn) as pool:
        try:
            yield {fault.name: pool.submit(quick_outcomes, fault.name) for fault in asked_for(request)}
        finally:
            pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="module")
def proofs_of_clients(request: pytest.FixtureRequest) -> Iterator[Proofs]:
    """Put the faulty clients to their plans, several at a time, each in a browser that another has left."""
    # Read here, not in the threads: msgspec must not learn one type in two threads at once.
    work = {fault.name: (faulty_target(fault), quick_plans(fault)) for fault in asked_for(request)}
    with contextlib.ExitStack() as ending, ThreadPoolExecutor(AT_A_TIME) as pool:
        free: SimpleQueue[Browsers] = SimpleQueue()
        for _ in range(AT_A_TIME):
            free.put(ending.enter_context(Browsers()))

        def tried(name: str) -> list[Outcome]:
            browsers = free.get()
            try:
                return outcomes_of(*work[name], browsers)
            finally:
                free.put(browsers)

        try:
            yield {name: pool.submit(tried, name) for name in work}
        finally:
            pool.shutdown(cancel_futures=True)


def hold_that_it_is_caught(fault: Fault, proofs: Proofs) -> None:
    outcomes = proofs[fault.name].result(TIMEOUT_S)
    assert broken_requirements(outcomes) == {fault.breaks}, [
        (outcome.test, finding) for outcome in outcomes for finding in outcome.findings[:2]
    ]


@pytest.mark.slow
@pytest.mark.parametrize("fault", SERVER_FAULTS, ids=lambda fault: fault.name)
def test_a_faulty_server_is_caught_for_what_it_breaks(fault: Fault, proofs_of_servers: Proofs) -> None:
    hold_that_it_is_caught(fault, proofs_of_servers)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("fault", CLIENT_FAULTS, ids=lambda fault: fault.name)
def test_a_faulty_client_is_caught_for_what_it_breaks(fault: Fault, proofs_of_clients: Proofs) -> None:
    hold_that_it_is_caught(fault, proofs_of_clients)


def test_each_requirement_that_is_checked_has_a_faulty_implementation_that_breaks_it() -> None:
    proved = {fault.breaks for fault in FAULTS.values()}
    assert proved.isdisjoint(ONLY_BY_STORY)
    assert not unproved()
    assert proved <= set(judged())


def test_the_table_in_docs_is_the_one_that_is_generated() -> None:
    assert FILE.read_text("utf-8") == table(caught()), "run: python -m tests.faulty.table, or better make prove"


def test_nothing_in_the_table_was_caught_by_nobody() -> None:
    assert NOBODY not in caught().values()


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda fault: fault.name)
def test_there_are_plans_that_must_show_it(fault: Fault) -> None:
    assert quick_plans(fault)

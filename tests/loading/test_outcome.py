"""From reports to findings, validity and exit code."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest

from harness.checks.finding import LoadOutcome
from harness.errors import UsageError
from harness.loading.budget import Budget, parse_budget
from harness.loading.evidence import Connection, Counters, Report
from harness.loading.histogram import Histogram
from harness.loading.knobs import Knobs
from harness.loading.ledger import Ledger
from harness.loading.outcome import Run, conclude, exit_code
from harness.loading.table import table

RUN = Run(scenario="s", users=1, started_s=0.5, stopped_s=10.0, delivery_s=1.0, knobs=Knobs())


def histogram_of(*values: float) -> Histogram:
    histogram = Histogram()
    for each in values:
        histogram.record(each)
    return histogram


def ledger(*, messages: int = 5, late_ms: float = 1.0, private: bool = False) -> Ledger:
    made = Ledger(("ada", "bob"))
    for stream in made.streams[1:] if private else made.streams[:1]:
        for number in range(1, messages + 1):
            made.lateness_ms.record(late_ms)
            stream.start(float(number))
            stream.finish(number, at_s=number + 0.1, accepted=True)
    return made


def report(
    counters: Counters | None = None,
    *,
    arrived: int = 5,
    lag_ms: float = 1.0,
    busy: float = 10.0,
    user: str = "",
    stream: int = 0,
) -> Report:
    return Report(
        worker="worker 0",
        whole=True,
        counters=counters or Counters(ready=1, echoed=2),
        latency_ms={"broadcast": histogram_of(*[10.0] * arrived)},
        timeline_ms={7: histogram_of(*[10.0] * arrived)},
        lag_ms=histogram_of(lag_ms),
        busy_percent=histogram_of(busy),
        connections=(
            Connection(
                name="w/1", user=user, opening_s=0.0, ready_s=0.5, closed_s=None, spans={stream: ((1, arrived),)}
            ),
        ),
        examples={"leak": ("an example",)},
    )


def found(outcome: LoadOutcome) -> set[str]:
    return {each.requirement for each in outcome.findings}


def test_a_clean_run_is_valid_and_says_what_held() -> None:
    outcome = conclude(RUN, ledger(), [report(), report()])
    assert (outcome.status, outcome.findings, exit_code(outcome)) == ("valid", (), 0)
    assert (outcome.counts.expected, outcome.counts.delivered, outcome.workers) == (10, 10, 2)
    assert outcome.held == {"BC-1": 10, "ORD-1": 10, "ORD-2": 10, "ORD-3": 10, "RT-7": 4}
    assert outcome.timeline == ((7.0, 10, 10.0, 10.0),)
    assert outcome.percentiles["99"] == 10.0
    assert "delivered of 10 expected" in table(outcome, where="here")


def test_a_run_with_far_fewer_connections_than_were_asked_for_is_invalid() -> None:
    run = dataclasses.replace(RUN, users=100)
    few = report(Counters(ready=150, echoed=150, disconnected=6))
    some = [msgspec.structs.replace(few, open_at=many) for many in ({1: 40, 2: 45}, {2: 44})]
    outcome = conclude(run, ledger(), some)
    assert (outcome.status, exit_code(outcome)) == ("invalid", 5)
    assert "at most 89 of 100 connections were open at a time" in outcome.reason
    assert conclude(dataclasses.replace(run, users=98), ledger(), some).status == "valid"
    left = [msgspec.structs.replace(each, counters=Counters(ready=150)) for each in some]
    assert conclude(run, ledger(), left).status == "valid", "they went by themselves"
    cut = conclude(dataclasses.replace(run, note="interrupted"), ledger(), some)
    assert (cut.status, cut.reason) == ("valid", "interrupted")


@pytest.mark.parametrize(
    ("counters", "requirements"),
    [
        (Counters(ready=1, leaked=1), {"ISO-2"}),
        (Counters(ready=1, leaked_to_guest=1), {"ISO-5"}),
        (Counters(ready=1, duplicate=3), {"ORD-2"}),
        (Counters(ready=1, reordered=3), {"ORD-1"}),
        (Counters(ready=1, corrupt=3), {"BC-1"}),
        (Counters(ready=1, astray=3), {"RT-7"}),
        (Counters(ready=1, unanswered=3), {"RT-7"}),
    ],
)
def test_each_kind_of_wrong_is_a_finding_of_its_requirement(counters: Counters, requirements: set[str]) -> None:
    outcome = conclude(RUN, ledger(), [report(counters)])
    assert found(outcome) == requirements
    assert exit_code(outcome) == 1


def test_a_leak_between_several_users_breaks_isolation_under_load() -> None:
    outcome = conclude(RUN, ledger(private=True), [report(Counters(ready=1, leaked=2), user="ada", stream=1)])
    assert found(outcome) == {"ISO-7"}
    assert outcome.counts.misdelivered == 2
    assert outcome.held["ISO-1"] == 5


def test_a_loss_is_a_finding() -> None:
    outcome = conclude(RUN, ledger(), [report(arrived=3)])
    assert (found(outcome), outcome.counts.lost, exit_code(outcome)) == ({"ORD-3"}, 2, 1)


@pytest.mark.parametrize(
    "case",
    [
        (ledger(), report(arrived=3, lag_ms=300.0)),
        (ledger(), report(arrived=3, busy=95.0)),
        (ledger(late_ms=300.0), report(arrived=3)),
    ],
)
def test_a_saturated_generator_makes_the_run_invalid_and_its_losses_no_finding(case: tuple[Ledger, Report]) -> None:
    outcome = conclude(RUN, case[0], [case[1]])
    assert (outcome.status, outcome.findings, exit_code(outcome)) == ("invalid", (), 5)
    assert "the generator was the limit" in outcome.reason


def test_a_leak_stays_a_finding_however_the_run_went() -> None:
    outcome = conclude(RUN, ledger(), [report(Counters(ready=1, leaked=1), lag_ms=999.0)])
    assert (outcome.status, exit_code(outcome)) == ("invalid", 1)


@pytest.mark.parametrize(
    ("made", "reports", "why"),
    [
        (ledger(), [], "no connection became ready"),
        (ledger(messages=0), [report(arrived=0)], "no message was accepted"),
        (ledger(), [report(arrived=0)], "none arrived"),
    ],
)
def test_a_run_that_verified_nothing_is_invalid(made: Ledger, reports: list[Report], why: str) -> None:
    outcome = conclude(RUN, made, reports)
    assert outcome.status == "invalid"
    assert why in outcome.reason
    assert "invalid" in table(outcome, where="here").lower() or outcome.findings


def test_a_broken_budget_fails_the_run_and_a_kept_one_does_not() -> None:
    broken, kept = parse_budget("p99_ms=5"), parse_budget("publish_p99_ms=5")
    outcome = conclude(RUN, ledger(), [report()], budgets=[broken, kept])
    assert outcome.status == "valid"
    assert outcome.reason == "budget broken: p99_ms is 10, the budget 5"
    assert (exit_code(outcome, budgets=[broken]), exit_code(outcome, budgets=[kept])) == (1, 0)
    assert Budget("disconnected", 0).broken_by(outcome) is None


@pytest.mark.parametrize("text", ["p98_ms=5", "p99_ms", "p99_ms=", "p99_ms=-1", "p99_ms=nan", "p99_ms=inf"])
def test_a_budget_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_budget(text)
    assert text in str(refused.value)


def test_the_table_counts_apart_what_is_no_loss() -> None:
    outcome = conclude(RUN, ledger(), [report(Counters(ready=1, refused=2, disconnected=1))])
    assert "apart: 2 refused, 1 disconnected" in table(outcome, where="here")


def test_the_table_names_each_worker_where_there_are_several_and_what_else_was_counted() -> None:
    outcome = conclude(RUN, ledger(), [report(Counters(ready=1, signed_in=4)), report()])
    told = table(outcome, where="here")
    assert "4 signed in" in told
    assert told.count("worker 0") == 2


def test_a_slow_readers_run_and_an_echo_run_are_counted_in_their_own_way() -> None:
    echo = msgspec.structs.replace(report(arrived=0), latency_ms={"echo": histogram_of(3.0, 4.0)}, waiting=1)
    made = dataclasses.replace(RUN, kind="echo")
    outcome = conclude(made, Ledger(("ada",)), [echo])
    assert (outcome.status, found(outcome)) == ("valid", {"RT-7"})
    assert (outcome.counts.expected, outcome.counts.delivered, outcome.counts.lost) == (3, 2, 1)
    assert outcome.percentiles == outcome.more["echo"]
    silent = conclude(made, Ledger(("ada",)), [msgspec.structs.replace(echo, counters=Counters(ready=1), waiting=0)])
    assert "no echo was answered" in silent.reason


def test_who_had_signed_out_is_a_leak_of_its_own() -> None:
    outcome = conclude(RUN, ledger(), [report(Counters(ready=1, leaked_to_former=2))])
    assert (found(outcome), outcome.counts.misdelivered) == ({"ID-3"}, 2)


def test_series_are_those_of_the_run_and_workers_that_did_not_look_count_as_before() -> None:
    one = msgspec.structs.replace(report(), open_at={7: 10, 8: 11})
    other = msgspec.structs.replace(report(), open_at={8: 5})
    made = ledger()
    made.late(0.002, at_s=8.4)
    outcome = conclude(dataclasses.replace(RUN, memory=((7.5, 30.0), (8.5, 31.0))), made, [one, other])
    assert outcome.series["connections"] == ((7.0, 10.0), (8.0, 16.0))
    assert outcome.series["publisher late, p99 ms"][0][0] == 8.0
    assert outcome.series["memory of the target, MB"] == ((7.5, 30.0), (8.5, 31.0))


@pytest.mark.parametrize(("last", "over"), [(45.0, None), (55.0, "memory_growth_mb is 15, the budget 10")])
def test_memory_that_grows_is_over_its_budget(last: float, over: str | None) -> None:
    held = [10.0, 30.0, *[40.0] * 16, 30.0, last]
    memory = tuple((float(second), value) for second, value in enumerate(held))
    outcome = conclude(dataclasses.replace(RUN, memory=memory), ledger(), [report()])
    assert Budget("memory_growth_mb", 10.0).broken_by(outcome) == over


@pytest.mark.parametrize(
    "name", ["memory_growth_mb", "connect_p99_ms", "unreturned", "broken", "publish_max_ms", "lost"]
)
def test_a_budget_of_what_was_not_measured_is_kept(name: str) -> None:
    late = ledger(late_ms=0.0)
    assert Budget(name, 0.01).broken_by(conclude(RUN, late, [report()])) is None

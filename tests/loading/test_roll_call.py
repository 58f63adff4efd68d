"""The roll call: the last word of each worker, and who is missing."""

from __future__ import annotations

import msgspec

from harness.loading.evidence import Connection, Counters, Report
from harness.loading.histogram import Histogram
from harness.loading.roll_call import ENDING, RollCall, answer


def report(worker: str, *, ready: int = 1, whole: bool = True) -> Report:
    return Report(
        worker=worker,
        whole=whole,
        counters=Counters(ready=ready),
        latency_ms={"broadcast": Histogram()},
        timeline_ms={3: Histogram()},
        lag_ms=Histogram(),
        busy_percent=Histogram(),
    )


def test_everybody_answered() -> None:
    roll = RollCall()
    number = roll.ask(["a", "b"])
    roll.take_answer("a", answer(report("worker 0"), number=number))
    assert not roll.complete(["a", "b"])
    roll.take_answer("b", answer(report("worker 1"), number=number))
    assert roll.complete(["a", "b"])
    assert roll.reports() == [report("worker 0"), report("worker 1")]
    assert roll.missing() == []


def test_an_answer_to_an_earlier_question_is_not_enough() -> None:
    roll = RollCall()
    roll.take_answer("a", answer(report("worker 0"), number=roll.ask(["a"])))
    roll.ask(["a"])
    assert not roll.complete(["a"])


def test_a_worker_that_was_killed_is_missing_and_its_last_progress_counts() -> None:
    roll = RollCall()
    roll.take_progress("a", msgspec.to_builtins(report("worker 0", ready=7, whole=False)))
    roll.ask([])
    assert [each.counters.ready for each in roll.reports()] == [7]
    assert "worker 0 went missing" in roll.missing()[0]


def test_a_missing_worker_s_connections_are_owed_nothing_that_it_could_not_report() -> None:
    roll = RollCall()
    open_one = Connection(name="w/1", user="", opening_s=0.0, ready_s=1.0, closed_s=None, spans={})
    whole = msgspec.structs.replace(report("worker 0"), connections=(open_one,))
    roll.take_answer("a", answer(whole, number=roll.ask(["a"])))
    assert roll.reports() == [whole]
    roll.ask([])
    assert roll.reports() == [report("worker 0")]
    assert "worker 0 went missing" in roll.missing()[0]


def test_a_worker_that_ended_in_order_is_not_missing() -> None:
    roll = RollCall()
    roll.take_answer("a", answer(report("worker 0"), number=ENDING))
    roll.ask([])
    assert roll.complete(["a"])
    assert roll.missing() == []


def test_a_new_test_forgets_the_last_one() -> None:
    roll = RollCall()
    roll.take_answer("a", answer(report("worker 0"), number=ENDING))
    roll.begin()
    assert roll.reports() == []
    assert roll.missing() == []


def test_a_worker_that_never_said_anything_is_missing_under_its_own_name() -> None:
    roll = RollCall()
    roll.ask(["host_1"])
    assert roll.reports() == []
    assert roll.missing()[0].startswith("host_1 ")

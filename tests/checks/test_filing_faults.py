"""What is lost or doubled without any fault is not filed under one."""

from __future__ import annotations

import pytest

from harness.checks.filing import classify, kin
from harness.checks.filing_faults import kin_faulted
from harness.checks.finding import DIED, FAULTED, REFUSED, Finding, Outcome
from harness.checks.network import FAULTED_EACH_TIME


def found(requirement: str, *, kind: str = "", told_as: str = "") -> Finding:
    return Finding(requirement=requirement, check="c", expected="e", seen="s", kind=kind, told_as=told_as)


def filed(*findings: Finding) -> list[str]:
    (outcome,) = classify([Outcome(test="t", world="wire", findings=findings)])
    return [each.requirement for each in outcome.findings]


UNDER_FAULT = found("BC-3", kind=f"{FAULTED}loss:some", told_as="BC-1")
AFTER_WINDOW = found("ORD-4", kind=f"{FAULTED}loss:some", told_as="BC-1")


def test_a_loss_that_only_failures_explain_stays_with_them() -> None:
    assert filed(UNDER_FAULT) == ["BC-3"]
    assert filed(AFTER_WINDOW) == ["ORD-4"]


def test_a_loss_at_one_who_came_back_is_that_of_the_others() -> None:
    assert filed(UNDER_FAULT, AFTER_WINDOW) == ["BC-3", "BC-3"]


def test_a_loss_that_shows_without_failures_is_not_theirs() -> None:
    assert filed(UNDER_FAULT, found("BC-1", kind="loss:some")) == ["ORD-3", "ORD-3"]
    assert filed(UNDER_FAULT, found("BC-1", kind="loss:all")) == ["ORD-3", "BC-1"]


def test_a_request_that_fails_without_failures_of_the_network_is_not_theirs() -> None:
    after_a_failure = found("BC-3", kind=f"{FAULTED}{REFUSED}", told_as="BC-1")
    assert filed(after_a_failure) == ["BC-3"]
    assert filed(after_a_failure, found("BC-1", kind=REFUSED)) == ["BC-1", "BC-1"]


def test_single_losses_elsewhere_belong_to_failures_that_cost_others_a_message_each_time() -> None:
    each_time = found("BC-3", kind=f"{FAULTED_EACH_TIME}loss:some", told_as="BC-1")
    assert filed(each_time, found("BC-1", kind="loss:some"), found("ISO-1", kind="loss:few")) == ["BC-3"] * 3
    assert filed(each_time, found("BC-1", kind="loss:all")) == ["BC-3", "BC-1"]


def test_who_never_gets_any_does_not_miss_it_because_of_failures() -> None:
    never = found("BC-3", kind=f"{FAULTED_EACH_TIME}loss:all", told_as="BC-1")
    assert filed(never, found("BC-1", kind="loss:few")) == ["BC-3", "BC-3"]
    assert filed(never, found("BC-1", kind="loss:all")) == ["BC-1", "BC-1"]


def test_a_process_that_dies_of_a_failure_does_so_whatever_the_plan() -> None:
    assert filed(found("BC-3", kind=DIED), found("FR-2", kind=DIED), found("FR-2")) == ["BC-3", "BC-3", "FR-2"]
    assert filed(found("FR-2", kind=DIED), found("EN-1", kind=DIED)) == ["FR-2", "EN-1"]


def test_what_is_doubled_without_a_kill_is_not_the_kills() -> None:
    replayed = found("LC-8", kind=FAULTED, told_as="ORD-2")
    assert filed(replayed) == ["LC-8"]
    assert filed(replayed, found("ORD-2")) == ["ORD-2", "ORD-2"]


@pytest.mark.parametrize(("one", "other"), [("BC-3", "BC-1"), ("ORD-3", "ORD-4"), ("LC-8", "ORD-2"), ("BC-2", "LC-8")])
def test_they_are_kin(one: str, other: str) -> None:
    assert other in kin_faulted(one)
    assert one in kin(other)
    assert kin_faulted("HS-1") == frozenset()

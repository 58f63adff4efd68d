"""Faults of the network and limits in plans: one sentence each, and what a target must offer for them."""

from __future__ import annotations

import pytest

from harness.errors import PlanError
from harness.plan import (
    AwaitEnd,
    AwaitShedding,
    BrowserId,
    Crowd,
    Disturb,
    Flood,
    KeepBusy,
    KillDuringBroadcasts,
    Reset,
    Step,
    Tab,
    parse_step,
)
from harness.plan.network import EVERY, FAULT_FORMS

A, B = Tab(BrowserId("a")), Tab(BrowserId("b"))


@pytest.mark.parametrize("form", FAULT_FORMS, ids=lambda form: str(form.example))
def test_a_fault_says_itself_in_the_form_that_it_is_read_from(form: object) -> None:
    fault = form.read(form.example)  # type: ignore[attr-defined] # a form of faults
    assert fault.on(EVERY) == form.example  # type: ignore[attr-defined]
    assert str(Disturb(BrowserId("a"), fault)) == form.example.replace(EVERY, "a")  # type: ignore[attr-defined]


def test_a_step_names_one_browser() -> None:
    assert parse_step("reset a") == Disturb(BrowserId("a"), Reset())
    with pytest.raises(PlanError):
        parse_step(f"reset {EVERY}")


@pytest.mark.parametrize(
    ("step", "needs"),
    [
        (AwaitEnd(BrowserId("a")), "half_open_s"),
        (AwaitShedding(A), "slow_reader_s"),
        (Flood(A), "flood"),
        (Crowd(A), "max_connections"),
        (KeepBusy(A, B), "slow"),
        (KillDuringBroadcasts(), "restart"),
    ],
)
def test_a_step_says_what_a_target_must_offer_for_it(step: Step, needs: str) -> None:
    assert getattr(step, "needs", None) == {needs}

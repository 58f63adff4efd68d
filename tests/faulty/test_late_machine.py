"""A machine that was late gives right servers more time, and faulty ones no way out: what is judged waits as long."""

from __future__ import annotations

import time

import pytest

from harness.history import AnyEvent, IdentityChanged, Lag
from harness.worlds.laboratory import Laboratory
from harness.worlds.world import Recorder
from tests.faulty.faults import FAULTS
from tests.faulty.proof import ROOT, broken_requirements, faulty_target, quick_plans


class LateAtSignOuts(Recorder):
    """Says of each sign-out that the machine had been late just then."""

    def record(self, event: AnyEvent) -> None:
        super().record(event)
        if isinstance(event, IdentityChanged) and event.user is None:
            super().record(Lag(at_s=self.now(), lag_s=0.6))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ignores_sign_out_on_live_sockets", "tells_no_instance_of_a_sign_out"])
def test_a_socket_that_is_kept_is_found_on_a_machine_that_was_late(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = FAULTS[name]
    target = faulty_target(fault)

    def recorder(_: Laboratory, plan: str, world: str) -> Recorder:
        return LateAtSignOuts(target, world=world, plan=plan, clock=time.monotonic, seed="")

    monkeypatch.setattr(Laboratory, "_recorder", recorder)
    with Laboratory(target, ROOT) as laboratory:
        trials = [laboratory.run(plan, world="wire") for plan in quick_plans(fault) if fault.breaks in plan.proves]
    assert all(trial.error is None for trial in trials)
    assert broken_requirements(trial.outcome(trial.plan.name) for trial in trials) == {fault.breaks}

"""A finding of pages is carried out once more for a trace, and kept as it was where it does not show again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest

from harness.checks.finding import Finding
from harness.checks.registry import Judgement
from harness.errors import TargetError, UsageError
from harness.history import History, StepStarted
from harness.plan import Plan, parse_step
from harness.targets.file import load_target
from harness.trials import reference_file
from harness.worlds import laboratory
from harness.worlds.laboratory import Laboratory
from harness.worlds.stage import Stage
from harness.worlds.trial import Trial, TrialInterrupted
from harness.worlds.world import Recorder, World
from tests.worlds.test_page import DOUBLE

PLAN_OF_ONE = Plan("one tab", (parse_step("open a/1"),))
PLAN = Plan("p", (parse_step("settle"),))
SHOWN = Judgement({}, (Finding(requirement="TAB-2", check="c", expected="e", seen="s"),))
FOUND = Trial(PLAN, "page", History(), SHOWN, 1.0)


def _laboratory(monkeypatch: pytest.MonkeyPatch, *again: Trial) -> tuple[Laboratory, list[bool]]:
    asked: list[bool] = []
    answers = iter(again)

    def run(_: Laboratory, plan: Plan, *, world: str, traced: bool = False) -> Trial:
        assert (plan, world) == (PLAN, "page")
        asked.append(traced)
        return next(answers)

    monkeypatch.setattr(Laboratory, "run", run)
    return Laboratory(load_target(reference_file()), Path()), asked


def test_what_shows_again_is_told_by_the_traced_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    clean, again = replace(FOUND, judgement=Judgement({}, ())), replace(FOUND, duration_s=2.0)
    bench, asked = _laboratory(monkeypatch, clean, again)
    assert bench.traced(FOUND) is again
    assert asked == [True, True]


def test_what_does_not_show_again_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    clean = replace(FOUND, judgement=Judgement({}, ()))
    bench, asked = _laboratory(monkeypatch, clean, clean, clean)
    assert bench.traced(FOUND) is FOUND
    assert len(asked) == laboratory.TRACE_TRIES


@pytest.mark.parametrize(
    "trial",
    [
        replace(FOUND, judgement=Judgement({}, (msgspec.structs.replace(SHOWN.findings[0], level="late"),))),
        replace(FOUND, duration_s=laboratory.LONG_S + 1.0),
    ],
    ids=["late", "long"],
)
def test_what_was_only_late_or_takes_long_is_carried_out_once(monkeypatch: pytest.MonkeyPatch, trial: Trial) -> None:
    bench, asked = _laboratory(monkeypatch)
    assert bench.traced(trial) is trial
    assert bench.smallest(trial) is trial
    assert asked == []


def test_the_wire_and_what_shows_nothing_are_not_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, asked = _laboratory(monkeypatch)
    for trial in (replace(FOUND, world="wire"), replace(FOUND, judgement=Judgement({}, ()))):
        assert bench.traced(trial) is trial
    assert asked == []


def test_the_time_for_traces_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    again = replace(FOUND, duration_s=laboratory.TRACE_BUDGET_S + 1)
    bench, asked = _laboratory(monkeypatch, again, again)
    assert bench.traced(FOUND) is again
    assert bench.traced(FOUND) is FOUND
    assert len(asked) == 1


@pytest.mark.slow
@pytest.mark.browser
def test_what_a_page_trial_shows_leaves_frames_pictures_and_a_trace() -> None:
    plan = Plan("two tabs", tuple(parse_step(each) for each in ("open a/1", "open a/2", "settle")))
    try:
        bench = Laboratory(DOUBLE, Path(__file__).parent, keeps_evidence=True)
        with bench:
            traced = bench.run(plan, world="page", traced=True)
            assert {each.requirement for each in traced.judgement.findings} == {"TAB-1"}
            assert _left(traced) == ["a-1.png", "a-2.png", "a.frames.log", "a.trace.zip"]
    except UsageError as error:
        pytest.skip(f"no browser: {error.what}")
    assert traced.evidence is not None
    assert not traced.evidence.exists(), "who wants it longer moves it into a run folder"


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.usefixtures("impatient")
def test_what_a_page_showed_until_it_was_lost_is_kept() -> None:
    assert DOUBLE.page is not None
    without_hooks = msgspec.structs.replace(DOUBLE, page=msgspec.structs.replace(DOUBLE.page, hooks="window.nothing"))
    try:
        with Laboratory(without_hooks, Path(__file__).parent, keeps_evidence=True) as bench:
            trial = bench.run(PLAN_OF_ONE, world="page")
            assert isinstance(trial.error, TargetError)
            assert not trial.judgement.findings
            assert _left(trial) == ["a-1.png", "a.frames.log"]
            with bench.stage("the same", world="page") as stage:
                stage.perform(PLAN_OF_ONE.steps[0])
                assert _left(stage.finish()) == ["a-1.png", "a.frames.log"]
    except UsageError as error:
        pytest.skip(f"no browser: {error.what}")


def _left(trial: Trial) -> list[str]:
    assert trial.evidence is not None
    return sorted(each.name for each in trial.evidence.iterdir())


def test_an_interrupted_trial_keeps_what_was_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*called: object) -> None:
        recorder = next(each for each in called if isinstance(each, Recorder))
        recorder.record(StepStarted(at_s=0.5, index=0, step="settle"))
        raise KeyboardInterrupt

    monkeypatch.setattr(Laboratory, "_prepare", lambda *_, needs: None)
    monkeypatch.setattr(Laboratory, "call", interrupted)
    bench = Laboratory(load_target(reference_file()), Path())
    with pytest.raises(TrialInterrupted) as cut:
        bench.run(PLAN, world="wire")
    told = cut.value.trial.outcome("t")
    assert (told.status, told.reason, told.events) == ("skipped", "interrupted before its end", 2)
    assert told.skipped_requirements == ()


def test_a_stage_that_is_interrupted_keeps_the_steps_until_then() -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    recorder = Recorder(load_target(reference_file()), world="wire", plan="walk", clock=lambda: 1.0)
    stage = Stage(interrupted, cast(World, SimpleNamespace(recorder=recorder)), "walk", "wire")
    with pytest.raises(TrialInterrupted) as cut:
        stage.perform(PLAN.steps[0])
    assert cut.value.trial.plan.steps == PLAN.steps[:1]
    assert cut.value.trial.outcome("t").status == "skipped"

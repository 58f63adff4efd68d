"""What a session writes of its trials: nothing that any of them showed is lost, whichever plan tells it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import msgspec
import pytest

from harness.checks.finding import Finding
from harness.checks.known_failing import Known
from harness.checks.registry import Judgement
from harness.errors import TargetUnreachable, UsageError
from harness.history import History
from harness.plan import Plan, Settle
from harness.report.repro import read_repro
from harness.trials import Trials, meta_of, read_known_failing
from harness.worlds.laboratory import Trial

SMALL, WHOLE = Plan(name="small", steps=(Settle(),)), Plan(name="whole", steps=(Settle(), Settle()))


def trial(*names: str, plan: Plan = SMALL, held: dict[str, int] | None = None) -> Trial:
    findings = tuple(Finding(requirement=name, check="c", expected="e", seen="s") for name in names)
    return Trial(plan, "wire", History(), Judgement(held or {}, findings), 0.5)


@pytest.fixture
def session(tmp_path: Path) -> Trials:
    return Trials.begin(target_file=None, run_dir=None, root=tmp_path, seed="3", known=(Known(requirement="ORD-3"),))


def told(session: Trials) -> list[tuple[str, list[str], dict[str, int]]]:
    return [
        (
            each.plan[-1] if len(each.plan) == 1 else "whole",
            [finding.requirement for finding in each.findings],
            each.held,
        )
        for each in session.folder.outcomes()
    ]


class Smallest:
    """Stands for a laboratory that shrinks every plan to one that shows ISO-2 alone."""

    def smallest(self, trial: Trial) -> Trial:
        return dataclasses.replace(trial, plan=SMALL, judgement=self.shown)

    def traced(self, trial: Trial) -> Trial:
        return trial

    shown = Judgement({"BC-1": 1}, (Finding(requirement="ISO-2", check="c", expected="e", seen="s"),))


def test_a_plan_that_was_shrunk_leaves_nothing_out_that_the_whole_showed(session: Trials) -> None:
    whole = trial("ISO-2", "EN-2", plan=WHOLE, held={"BC-1": 4, "RT-1": 2})
    explained = session.explained(whole, laboratory=Smallest())
    assert explained.whole == whole
    written = session.add(explained, test="t")
    assert told(session) == [("settle", ["ISO-2"], {"BC-1": 5, "RT-1": 2}), ("whole", ["EN-2"], {})]
    repro = read_repro(session.folder.path / written.repros["ISO-2"])
    assert (repro.parsed(where="x"), repro.parsed_whole(where="x")) == (SMALL, WHOLE)
    assert session.explained(whole, laboratory=Smallest()) is whole, "what was explained once is not shrunk again"
    lost = dataclasses.replace(whole, error=TargetUnreachable("gone", where="there", todo="start it"))
    assert session.explained(lost, laboratory=Smallest()) is lost


def test_what_only_another_example_showed_is_told_too(session: Trials) -> None:
    session.add_all([trial("EN-2"), trial("EN-2", "BC-1"), trial("ISO-2"), trial(held={"RT-1": 1})], test="t")
    assert told(session) == [
        ("settle", ["ISO-2"], {"RT-1": 1}),
        ("settle", ["EN-2", "BC-1"], {}),
    ]
    assert session.verified == 1


def test_a_test_without_a_finding_is_one_outcome(session: Trials) -> None:
    session.add_all([trial(held={"BC-1": 1}), trial(held={"BC-1": 2})], test="t")
    assert told(session) == [("settle", [], {"BC-1": 3})]


def test_the_run_folder_knows_what_the_target_promises(session: Trials) -> None:
    meta = session.folder.read().meta
    assert meta.declared == meta_of(session.target).declared
    assert "ID-8" in meta.declared
    assert meta.known_failing == (Known(requirement="ORD-3"),)
    without = msgspec.structs.replace(session.target, capabilities=type(session.target.capabilities)())
    assert meta_of(without).lacking["ID-8"] == "the target file does not declare [capabilities] revoke"


def test_what_the_end_of_the_run_may_file_under_a_listed_name_is_known(session: Trials) -> None:
    assert session.all_known(trial("BC-1", "ORD-3").judgement.findings, test="t")
    assert not session.all_known(trial("BC-1", "ISO-2").judgement.findings, test="t")


def test_the_end_tells_whether_something_that_is_listed_held(session: Trials) -> None:
    session.add(trial(held={"ORD-3": 1}), test="t")
    lines = session.end(interrupted=False)
    assert session.stale
    assert "listed as known to fail, but holding now: ORD-3" in lines[0]


def test_a_list_that_cannot_be_read_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_known_failing(str(tmp_path / "none.txt"))
    assert "--write-known-failing" in caught.value.todo

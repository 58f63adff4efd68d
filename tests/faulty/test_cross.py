"""The proof says what the reports said, and the table keeps what it was told."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from harness.checks.finding import Finding, Outcome
from harness.checks.registry import Judgement
from harness.errors import TargetError
from harness.history import History
from harness.plan import Plan
from harness.targets.file import load_target
from harness.worlds.trial import Trial
from tests.faulty import cross, prove, table
from tests.faulty.cross import Catch, found_in, put_to_every_plan, target_text
from tests.faulty.fault import Fault
from tests.faulty.faults import FAULTS
from tests.faulty.proof import ROOT, faulty_target, named_plans
from tests.faulty.prove import chosen, command, told

FAULT = FAULTS["leaks_to_guests"]
CAUGHT = {"ISO-5": ("isolation.toml::a", "test_isolation.py::b")}


def test_the_target_file_is_that_of_the_quick_proof(tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    file.write_text(target_text(FAULT), "utf-8")
    written = load_target(file)
    assert written.env == {"PYTHONPATH": str(ROOT)}
    assert msgspec.structs.replace(written, env={}) == faulty_target(FAULT)


def test_a_fault_that_is_caught_for_what_it_breaks_is_no_problem() -> None:
    catch = Catch(FAULT, CAUGHT, 1, 61.2)
    assert catch.problems == []
    assert told(catch) == "  caught  ISO-5  leaks_to_guests  61 s, 2 tests"


@pytest.mark.parametrize(
    ("found", "exit_code", "problem"),
    [
        ({}, 0, "the run ended with 0, not 1"),
        (CAUGHT, 5, "the run ended with 5, not 1"),
        (CAUGHT, None, "ran too long"),
        ({}, 1, "nothing finds that it breaks ISO-5"),
        ({**CAUGHT, "ISO-2": ("c", "d", "e", "f")}, 1, "caught for ISO-2 too, by c, d, e"),
    ],
)
def test_anything_else_is(found: dict[str, tuple[str, ...]], exit_code: int | None, problem: str) -> None:
    catch = Catch(FAULT, found, exit_code, 61.2)
    assert problem in catch.problems
    assert told(catch).splitlines()[0].startswith("  WRONG")


def test_late_findings_do_not_count_and_a_report_that_is_not_there_found_nothing(tmp_path: Path) -> None:
    report = tmp_path / "report.jsonl"
    assert found_in(report) == {}
    findings = [("ISO-5", "fail", "a"), ("ISO-5", "fail", "b"), ("ISO-5", "fail", "a"), ("BC-1", "late", "a")]
    lines = [{"type": "run"}]
    lines += [{"type": "finding", "requirement": id, "level": level, "test": test} for id, level, test in findings]
    report.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    assert found_in(report) == {"ISO-5": ("a", "b")}


class OneFinding:
    """A laboratory where one plan finds something and another loses the target."""

    def __init__(self, *_: object) -> None:
        self.left = [
            Outcome(test="", world="page", findings=(Finding(requirement="LC-2", check="c", expected="e", seen="s"),)),
            Outcome(test="", world="page", status="target", reason="it is gone"),
        ]

    def __enter__(self) -> OneFinding:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def run(self, plan: Plan, *, world: str) -> Trial:
        outcome = self.left.pop(0) if self.left else Outcome(test="", world=world)
        findings = Judgement({}, outcome.findings)
        lost = TargetError("gone", where="there", todo="look") if outcome.reason else None
        return Trial(plan, world, History(), findings, 0.0, lost)


def test_a_faulty_page_is_put_to_every_written_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cross, "Laboratory", OneFinding)
    fault = FAULTS["never_reconnects"]
    catch = put_to_every_plan(fault, faulty_target(fault), out=tmp_path, stop=threading.Event())
    first, second = list(named_plans("page"))[:2]
    assert catch.found == {"LC-2": (first,)}
    assert catch.problems == [f"no verdict of {second}"]
    assert len((tmp_path / "never_reconnects.jsonl").read_text("utf-8").splitlines()) == 2
    stopped = threading.Event()
    stopped.set()
    assert put_to_every_plan(fault, faulty_target(fault), out=tmp_path, stop=stopped).exit_code == 0


def test_a_page_that_was_put_to_its_own_scenarios_alone_is_still_missing() -> None:
    assert not table.is_proved("page: leader_close")
    assert not table.is_proved(table.NOT_YET)
    assert table.is_proved("leader_change.toml::leader_close")


def test_the_table_names_the_first_tests() -> None:
    assert table.shown(["a", "b"]) == "a, b"
    assert table.shown(["a", "b", "c", "d", "e", "f"]) == "a, b, c, d and 2 more"
    assert table.shown([]) == table.NOBODY


def test_the_table_is_read_as_it_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "FILE", tmp_path / "proof.md")
    cells = {name: f"scenarios/{name}.toml" for name, fault in FAULTS.items() if fault.breaks in table.judged()}
    table.FILE.write_text(table.table(cells), "utf-8")
    assert table.caught() == cells
    table.FILE.write_text(table.table({}), "utf-8")
    assert set(table.caught().values()) == {table.NOT_YET}


def test_each_row_is_written_as_it_comes_and_an_interrupted_proof_is_taken_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "FILE", tmp_path / "proof.md")
    table.FILE.write_text(table.table({}), "utf-8")
    tried: list[str] = []

    def interrupted_at_the_third(fault: Fault, **_: object) -> Catch:
        tried.append(fault.name)
        if len(tried) == 3:
            assert written.wait(5.0)
            raise KeyboardInterrupt
        return Catch(fault, {fault.breaks: ("a",)}, 1, 1.0)

    def write_down(catch: Catch) -> None:
        writes(catch)
        if catch.fault.name == names[1]:
            written.set()

    names = list(FAULTS)[:3]
    writes, written = prove.write_down, threading.Event()
    monkeypatch.setattr(prove, "write_down", write_down)
    monkeypatch.setattr(prove, "put_to_everything", interrupted_at_the_third)
    options = [word for name in names for word in ("--only", name)]
    done = CliRunner().invoke(command, [*options, "--missing", "--jobs", "1", "--out", str(tmp_path)])
    assert done.exit_code == 130, done.output
    assert "--missing" in done.output
    known = {name for name, cell in table.caught().items() if cell == "a"}
    assert known == set(names[:2])
    assert [each.name for each in chosen(names, missing=True)] == names[2:]
    assert [each.name for each in chosen(names, missing=False)] == names
    assert len(chosen((), missing=True)) == len(FAULTS) - 2

"""Repros are named for what the run as a whole says that they break."""

from __future__ import annotations

from pathlib import Path

from harness.checks.finding import Finding, Outcome
from harness.plan import Plan, Settle
from harness.report.record import RunMeta
from harness.report.repro import read_repro
from harness.report.run_folder import RunFolder
from harness.report.story import tell
from harness.report.summary import summary_lines
from harness.report.write import read_run
from tests.report.rich_run import LEAK, LEAK_PLAN, STARTED


def lost(kind: str, *, name: str = "BC-1") -> Finding:
    return Finding(requirement=name, check="delivery", expected="e", seen="s", kind=kind)


def folder_of(root: Path, *outcomes: Outcome) -> RunFolder:
    folder = RunFolder.create(root, what="run", meta=RunMeta(seed="7", versions={"x": "1"}), clock=lambda: STARTED)
    for each in outcomes:
        folder.add_outcome(each, plan=LEAK_PLAN)
    return folder


def test_a_test_leaves_a_repro_for_each_requirement_that_it_broke(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, Outcome(test="t", world="wire", findings=(LEAK, lost("loss:all"), LEAK)))
    (outcome,) = folder.outcomes()
    assert outcome.repros == {"ISO-2": "repros/iso-2-t.json", "BC-1": "repros/bc-1-t.json"}
    assert [read_repro(folder.path / each).requirement for each in outcome.repros.values()] == ["ISO-2", "BC-1"]
    assert tell(outcome, 1, history=None, folder="f", target_file="").replay.endswith("f/repros/bc-1-t.json")
    folder.finish()
    assert folder.outcomes()[0].repros == outcome.repros


def test_what_the_whole_run_files_elsewhere_gets_its_name(tmp_path: Path) -> None:
    few = Outcome(test="few", world="wire", findings=(lost("loss:few"),))
    some = Outcome(test="some", world="wire", findings=(lost("loss:some"), LEAK))
    folder = folder_of(tmp_path, few, some)
    folder.finish()
    first, second = folder.outcomes()
    assert first.repros == {"ORD-3": "repros/ord-3-few.json"}
    assert second.repros == {"ORD-3": "repros/ord-3-some.json", "ISO-2": "repros/iso-2-some.json"}
    assert sorted(each.stem for each in (folder.path / "repros").iterdir()) == ["iso-2-some", "ord-3-few", "ord-3-some"]
    repro = read_repro(folder.path / "repros/ord-3-few.json")
    assert (repro.requirement, repro.seed, repro.versions) == ("ORD-3", "7", {"x": "1"})
    text = "\n".join(summary_lines(read_run(folder)[1]))
    assert "ord-3-few.json" in text
    assert "first shown as BC-1; all tests together show that ORD-3 is what is broken" in text


def test_a_repro_that_is_gone_or_elsewhere_is_left_as_it_is(tmp_path: Path) -> None:
    outside = tmp_path / "mine.json"
    outside.write_text("{}")
    folder = folder_of(tmp_path, Outcome(test="gone", world="wire", findings=(lost("loss:some"),)))
    (folder.path / "repros/bc-1-gone.json").unlink()
    folder.add_outcome(Outcome(test="x", world="wire", findings=(lost("loss:some"),), repros={"BC-1": "../mine.json"}))
    folder.finish()
    assert [each.repros for each in folder.outcomes()] == [{"BC-1": "repros/bc-1-gone.json"}, {"BC-1": "../mine.json"}]
    assert outside.exists()


def test_a_repro_keeps_the_plan_from_which_it_was_shrunk(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    small = Plan(name="small", steps=(Settle(),))
    written = folder.add_outcome(Outcome(test="t", world="wire", findings=(LEAK,)), plan=small, whole=LEAK_PLAN)
    repro = read_repro(folder.path / written.repros["ISO-2"])
    assert (repro.parsed(where="x"), repro.parsed_whole(where="x")) == (small, LEAK_PLAN)
    folder.add_outcome(Outcome(test="u", world="wire", findings=(LEAK,)), plan=small)
    assert read_repro(folder.path / "repros/iso-2-u.json").parsed_whole(where="x") is None

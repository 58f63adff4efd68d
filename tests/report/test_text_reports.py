"""JSON Lines, Markdown and the summary for a terminal; and write_report, which makes them all."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from harness.checks.finding import Finding, Outcome
from harness.errors import UsageError
from harness.report.html import html_report
from harness.report.jsonl import AnyLine, FindingLine, RunLine, VerdictLine, jsonl_report, line_schema
from harness.report.markdown import markdown_report
from harness.report.record import RunMeta
from harness.report.run_folder import RunFolder
from harness.report.summary import summary_lines
from harness.report.write import KINDS, read_run, report_paths, shown_path, write_report
from harness.requirement import requirements
from harness.suites import suite_dir
from tests.report.hostile_run import hostile_run
from tests.report.rich_run import ENDED, STARTED


def lines_of(folder: RunFolder) -> list[AnyLine]:
    text = jsonl_report(read_run(folder)[1])
    return [msgspec.json.decode(line, type=AnyLine, strict=True) for line in text.split("\n")[:-1]]


def empty_run(root: Path) -> RunFolder:
    folder = RunFolder.create(root, what="run", meta=RunMeta(), clock=lambda: STARTED)
    folder.finish(clock=lambda: ENDED)
    return folder


def test_json_lines_hold_the_run_every_verdict_and_every_finding(rich: RunFolder) -> None:
    run, *rest = lines_of(rich)
    assert isinstance(run, RunLine)
    assert (run.exit_code, run.target, run.interrupted) == (1, "blog (dev)", False)
    verdicts = [each for each in rest if isinstance(each, VerdictLine)]
    assert [each.requirement for each in verdicts] == list(requirements())
    assert {each.requirement: each.status for each in verdicts}["ISO-2"] == "fail"
    assert len([each for each in rest if isinstance(each, FindingLine)]) == 9


def test_the_schema_beside_the_templates_is_that_of_the_lines() -> None:
    # Made anew by writing json.dumps(line_schema(), indent=2, ensure_ascii=False) to the file.
    saved = json.loads((suite_dir("reports") / "schemas" / "report.schema.json").read_text("utf-8"))
    assert saved == line_schema()


def test_markdown_tells_what_is_broken_and_how_to_see_it_again(rich: RunFolder) -> None:
    text = markdown_report(read_run(rich)[1])
    assert text.startswith("## onesocket: Broken\n")
    assert "| **ISO-2** fail (2 times) | no connection of a guest" in text
    assert "onesocket replay " in text
    assert "| private\\_messages | 7,997 | 3 | 0 | 0 | 1 | 0 | 3.10 ms | 19.0 ms |" in text
    assert "- unsupported, \\[capabilities\\] revoke is not declared in blog.toml: ID-11, ID-12" in text


def test_hostile_text_in_markdown_breaks_no_table_and_is_no_markup(tmp_path: Path) -> None:
    text = markdown_report(read_run(hostile_run(tmp_path))[1])
    assert "\x1b" not in text
    outside = "\n".join(part for number, part in enumerate(text.split("```")) if number % 2 == 0)
    active = re.sub(r"`[^`\n]*`", "", re.sub(r"\\[!-/:-@\[-`{-~]", "", outside))
    assert "<script" not in active
    assert "<img" not in active
    rows = [line.replace("\\|", "") for line in outside.splitlines() if line.startswith("| **")]
    assert rows
    assert {row.count("|") for row in rows} == {5}


def test_the_summary_says_verdict_finding_and_replay(rich: RunFolder) -> None:
    lines = summary_lines(read_run(rich)[1], written=report_paths(rich))
    assert lines[0].startswith("Broken: 2 broken: ISO-2, TAB-4; not tried: HS-6, FR-9, ")
    text = "\n".join(lines)
    assert "✕ ISO-2 fail, 2 times in wire and load, first in scenarios/isolation.toml" in text
    assert "good practice" in text
    assert "3 lost   0 duplicate   0 reordered   1 misdelivered" in text
    assert "skipped 1 test: [capabilities] restart is not declared" in text
    assert lines[-1].endswith("report.jsonl")


def test_the_summary_of_a_hostile_run_cannot_act_on_the_terminal(tmp_path: Path) -> None:
    lines = summary_lines(read_run(hostile_run(tmp_path))[1])
    assert not [line for line in lines if set(line) & {"\x1b", "\x00", "\n", "\r", "\u202e"}]
    assert not [line for line in lines if not line.isprintable()]


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_is_written_for_a_run_of_nothing_too(tmp_path: Path, kind: str) -> None:
    folder = empty_run(tmp_path)
    assert write_report(folder, kinds=(kind,)).exit_code == 5
    assert (folder.path / KINDS[kind][0]).stat().st_size > 0


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_can_be_made_anew_from_the_folder_alone(rich: RunFolder, kind: str) -> None:
    path = rich.path / KINDS[kind][0]
    assert write_report(rich, kinds=(kind,)).exit_code == 1
    first = path.read_bytes()
    write_report(RunFolder.open(rich.path), kinds=(kind,))
    assert path.read_bytes() == first


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_survives_a_hostile_run(tmp_path: Path, kind: str) -> None:
    assert write_report(hostile_run(tmp_path), kinds=(kind,)).exit_code == 1


def test_a_run_that_was_killed_midway_is_still_reported(rich: RunFolder) -> None:
    outcomes = rich.path / "outcomes.jsonl"
    outcomes.write_bytes(outcomes.read_bytes()[:-40])
    (rich.path / "run.json").unlink()
    for history in (rich.path / "histories").iterdir():
        history.write_bytes(history.read_bytes()[:700])
    assert write_report(rich, kinds=tuple(KINDS)).exit_code == 130
    lines = summary_lines(read_run(rich)[1])
    assert lines[0].startswith("Interrupted: so far: ")
    assert "note: run.json is missing." in lines


def test_an_unknown_kind_is_a_usage_error_with_a_near_match(rich: RunFolder) -> None:
    with pytest.raises(UsageError, match="did you mean 'junit'"):
        write_report(rich, kinds=("junitt",))


def test_strict_lets_a_broken_should_fail_the_run(tmp_path: Path) -> None:
    for strict, code in ((False, 0), (True, 1)):
        meta = RunMeta(scope={"BC-4": ("wire",)}, strict=strict)
        folder = RunFolder.create(tmp_path, what="run", meta=meta, clock=lambda: STARTED)
        finding = Finding(requirement="BC-4", check="c", expected="e", seen="s")
        folder.add_outcome(Outcome(test="t", world="wire", findings=(finding,), held={"BC-1": 1}))
        folder.finish(clock=lambda: ENDED)
        assert write_report(folder).exit_code == code


def test_a_path_below_the_reader_is_told_as_they_would_type_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown_path(tmp_path / "onesocket-runs" / "x") == "onesocket-runs/x"
    assert shown_path(tmp_path.parent) == tmp_path.parent.as_posix()


def test_a_finding_that_was_shown_under_another_name_says_so_in_one_sentence(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, what="run", meta=RunMeta(), clock=lambda: STARTED)
    lost = Finding(requirement="BC-3", check="c", expected="e", seen="s", told_as="BC-1")
    folder.add_outcome(Outcome(test="t", world="wire", findings=(lost,)))
    folder.finish(clock=lambda: ENDED)
    view = read_run(folder)[1]
    assert "  name      first shown as BC-1; all tests together show that BC-3 is what is broken" in summary_lines(view)
    assert "First shown as BC-1; all tests together show that BC-3 is what is broken." in html_report(view)


def test_a_run_that_was_not_begun_says_why_and_no_more(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, what="run", meta=RunMeta(scope={"BC-1": ("wire",)}), clock=lambda: STARTED)
    folder.not_begun("it does not fit\n  where: here\n  to do: mend it", left_tests=101)
    folder.finish(clock=lambda: ENDED)
    verdict, view = read_run(folder)
    assert verdict.exit_code == 5
    first, _, blank, *reason = summary_lines(view)
    assert (first, blank) == ("Nothing was verified: 101 tests not run", "")
    assert reason == ["it does not fit", "  where: here", "  to do: mend it"]
    assert "Nothing was verified: 101 tests not run." in markdown_report(view)
    page = html_report(view)
    assert "nothing was verified: 101 tests not run" in page
    assert "to do: mend it" in page


def test_how_many_tests_were_left_may_be_unknown(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, what="run", meta=RunMeta(), clock=lambda: STARTED)
    folder.not_begun("it does not fit", left_tests=0)
    assert summary_lines(read_run(folder)[1])[0] == "Nothing was verified: no test was run"

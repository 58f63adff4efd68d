"""The commands that start nothing: init, list, path, report, and what is refused before anything is started."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.checks.finding import Finding, Outcome
from harness.checks.registry import scope
from harness.report.record import RunMeta
from harness.report.run_folder import RunFolder
from harness.requirement import requirements
from harness.suites import suite_dir
from harness.targets.file import (
    Action,
    Capabilities,
    Echo,
    FaultyChannel,
    Promises,
    Socket,
    Target,
    Whoami,
    load_target,
)
from harness.targets.page import Page
from tests.cli.command import here
from tests.cli.targets import starlette_target


def test_init_writes_a_file_that_can_be_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "onesocket.toml"
    done = here("init", str(path))
    assert done.exit_code == 0
    target = load_target(path)
    assert not target.start
    assert len(target.ordinary_users) >= 2


def test_init_names_every_key_there_is(tmp_path: Path) -> None:
    here("init", str(tmp_path))
    text = (tmp_path / "onesocket.toml").read_text("utf-8")
    for part in (Target, Socket, Action, Echo, Page, Promises, Capabilities, Whoami, FaultyChannel):
        for key in part.__struct_encode_fields__:
            assert key in text, f"{part.__name__}.{key}"


def test_init_writes_over_nothing_unless_it_is_told_to(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("mine")
    done = here("init", str(path))
    assert done.exit_code == 2
    assert path.read_text("utf-8") == "mine"
    assert here("init", str(path), "--force").exit_code == 0
    assert load_target(path).name == "my server"


def test_init_says_when_the_folder_is_not_there(tmp_path: Path) -> None:
    assert here("init", str(tmp_path / "none" / "x.toml")).exit_code == 2


def test_list_tells_every_requirement_and_where_it_is_checked() -> None:
    rows = json.loads(here("list", "--json").stdout)
    assert [row["id"] for row in rows] == [each.id for each in requirements().values() if not each.withdrawn]
    assert {row["id"]: tuple(row["checked_in"]) for row in rows if row["checked_in"]} == scope(("wire", "page", "load"))
    text = here("list").stdout
    assert f"{len(rows)} requirements" in text
    assert "ISO-2" in here("list", "--world", "wire").stdout
    assert "TAB-1" not in here("list", "--world", "wire").stdout


def test_list_tells_every_scenario_with_its_world() -> None:
    rows = json.loads(here("list", "scenarios", "--json").stdout)
    worlds = {row["name"]: row["worlds"] for row in rows}
    assert worlds["broadcast_reaches_everybody"] == ["wire"]
    assert worlds["five_tabs_one_socket"] == ["page"]
    assert worlds["fanout"] == ["load"]
    assert all(row["summary"] for row in rows)
    assert "five_tabs_one_socket" not in here("list", "scenarios", "--world", "load").stdout


def test_path_prints_where_a_suite_is() -> None:
    assert here("path", "load").stdout == f"{suite_dir('load')}\n"
    assert here("path", "loads").exit_code == 2


@pytest.fixture
def run_folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder.create(tmp_path, what="conform", meta=RunMeta(scope=scope(("wire",))))
    finding = Finding(requirement="ISO-2", check="isolation", expected="nobody else", seen="somebody else")
    folder.add_outcome(Outcome(test="t", world="wire", findings=(finding,)))
    folder.finish()
    return folder


def test_report_writes_the_reports_again_and_ends_like_the_run(run_folder: RunFolder) -> None:
    done = here("report", str(run_folder.path), "--report", "junit,md")
    assert done.exit_code == 1
    assert "ISO-2" in done.stdout
    assert {"report.html", "report.jsonl", "junit.xml", "report.md"} <= {
        each.name for each in run_folder.path.iterdir()
    }


def test_report_adds_to_the_summary_of_a_job(
    run_folder: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    here("report", str(run_folder.path), "--report", "github")
    assert summary.read_text("utf-8").startswith("before\n")
    assert "ISO-2" in summary.read_text("utf-8")


def test_report_of_no_run_is_refused(tmp_path: Path) -> None:
    assert here("report", str(tmp_path)).exit_code == 2


def test_compare_says_what_changed_and_ends_in_1_when_something_broke(
    tmp_path: Path, run_folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    here_dir = tmp_path / "project"
    better = RunFolder.create(here_dir / "onesocket-runs", what="better", meta=RunMeta(scope=scope(("wire",))))
    better.add_outcome(Outcome(test="t", world="wire", held={"ISO-2": 1}))
    better.finish()
    monkeypatch.chdir(here_dir)
    worse = here("compare", "latest", str(run_folder.path))
    assert worse.exit_code == 1, worse.output
    assert "newly broken\n  ISO-2   pass -> fail" in worse.stdout
    assert here("compare", str(run_folder.path), better.path.name).exit_code == 0
    told = json.loads(here("compare", "latest", str(run_folder.path), "--json").stdout)
    assert [(each["requirement"], each["was"], each["is"]) for each in told["changes"]] == [("ISO-2", "pass", "fail")]
    assert told["worse"] is True


def test_list_says_what_a_requirement_needs_and_why_the_wire_cannot_judge_it() -> None:
    text = here("list").stdout
    assert "needs [capabilities] recovery in the target file" in text
    assert "not on the wire: it speaks of what each tab is handed by its browser's shared client" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["conform", "--target", "none.toml"],
        ["compare", "none", "none"],
        ["conform", "--known-failing", "none.txt"],
        ["run", "--write-known-failing", "none/known.txt"],
        ["tabs", "--target", "none.toml"],
        ["load", "--target", "none.toml"],
        ["run", "--target", "none.toml"],
        ["doctor", "--target", "none.toml"],
        ["conform", "--report", "pdf"],
        ["conform", "-k", "no_such_scenario"],
        ["load", "no_such_scenario"],
        ["load", "--budget", "p98_ms=3"],
        ["load", "--duration", "soon"],
        ["replay", "none.json"],
    ],
)
def test_what_is_wrong_is_said_before_anything_is_started(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = here(*arguments)
    assert done.exit_code == 2, done.output
    assert len(done.stderr.splitlines()) == 3
    assert list(tmp_path.iterdir()) == []


def test_tabs_of_a_target_without_a_page_verify_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = here("tabs", "--target", str(starlette_target(tmp_path)))
    assert done.exit_code == 5
    assert len(done.stderr.splitlines()) == 3
    assert "declares no [page]" in done.stderr


@pytest.mark.slow
def test_a_dry_run_lists_what_would_run_and_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = here("run", "--dry-run", "--target", str(starlette_target(tmp_path)))
    assert done.exit_code == 0, done.output
    assert "delivery.toml::broadcast_reaches_everybody" in done.stdout
    assert "load/fanout" in done.stdout
    assert "tabs: skipped, the target file declares no [page]" in done.stdout
    assert not (tmp_path / "onesocket-runs").exists()
    assert "five_tabs_one_socket" in here("tabs", "--dry-run").stdout

"""Nothing that was written is lost, whoever writes and however it ends."""

from __future__ import annotations

import json
import math
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.checks.finding import LoadOutcome, Outcome
from harness.errors import PlanError, UsageError
from harness.history import History
from harness.report.fresh_file import slug
from harness.report.record import RunMeta
from harness.report.repro import read_repro
from harness.report.run_folder import RunFolder
from tests.report.rich_run import LEAK, LEAK_PLAN, STARTED, leak_history


def create(root: Path, *, what: str = "run", meta: RunMeta | None = None) -> RunFolder:
    return RunFolder.create(root, what=what, meta=meta or RunMeta(), clock=lambda: STARTED)


def test_a_folder_is_named_for_its_time_and_its_purpose(tmp_path: Path) -> None:
    assert create(tmp_path, what="load fan-out!").path.name == "20260314-092653-load-fan-out"


def test_two_runs_in_one_second_get_two_folders_and_latest_is_the_second(tmp_path: Path) -> None:
    first, second = create(tmp_path), create(tmp_path)
    assert first.path != second.path
    assert (tmp_path / "latest").resolve() == second.path


def test_a_latest_that_cannot_be_a_link_costs_nothing_but_the_link(tmp_path: Path) -> None:
    (tmp_path / "latest").mkdir()
    (tmp_path / "latest" / "mine").touch()
    folder = create(tmp_path)
    assert (folder.path / "run.json").is_file()
    assert sorted(each.name for each in tmp_path.iterdir()) == [folder.path.name, "latest"]


def test_what_is_written_is_read_again(rich: RunFolder) -> None:
    record = RunFolder.open(rich.path.parent / "latest").read()
    assert record.meta.target == "blog (dev)"
    assert record.meta.started == "2026-03-14T09:26:53Z"
    assert not record.interrupted
    assert record.outcomes[0].findings == (LEAK,)
    assert [each.scenario for each in record.loads] == ["fanout", "private_messages"]
    assert record.meta.notes == ("Redis was not configured, so several instances were not tried.",)
    assert record.troubles == ()


def test_an_outcome_gets_its_history_its_repro_its_plan_and_its_wire_log(tmp_path: Path) -> None:
    folder = create(tmp_path, meta=RunMeta(target="blog", seed="7", versions={"onesocket": "1"}))
    written = folder.add_outcome(
        Outcome(test="a leak", world="wire", findings=(LEAK,)), history=leak_history(), plan=LEAK_PLAN
    )
    assert written.history == "histories/001-a-leak.jsonl"
    assert list(History.load((folder.path / written.history).read_text().split("\n"))) == list(leak_history())
    assert written.plan == tuple(LEAK_PLAN.words)
    assert written.events == len(leak_history())
    assert any(line.startswith("▶") and "core_notifications" in line for line in written.shown[0])
    repro = read_repro(folder.path / written.repros["ISO-2"])
    assert repro.parsed(where="here") == LEAK_PLAN
    assert (repro.requirement, repro.world, repro.seed, repro.target) == ("ISO-2", "wire", "7", "blog")


def test_a_test_without_a_finding_leaves_no_repro(tmp_path: Path) -> None:
    folder = create(tmp_path)
    assert not folder.add_outcome(Outcome(test="t", world="wire"), plan=LEAK_PLAN).repros
    assert not (folder.path / "repros").exists()


def test_histories_and_repros_of_tests_of_one_name_stay_apart(tmp_path: Path) -> None:
    folder = create(tmp_path)
    told = [
        folder.add_outcome(Outcome(test="t", world="wire", findings=(LEAK,)), history=leak_history(), plan=LEAK_PLAN)
        for _ in range(3)
    ]
    assert [each.history for each in told] == [f"histories/00{number}-t.jsonl" for number in (1, 2, 3)]
    assert [each.repros["ISO-2"] for each in told] == [f"repros/iso-2-t{end}.json" for end in ("", "-2", "-3")]


def test_many_may_write_at_once(tmp_path: Path) -> None:
    folder = create(tmp_path)

    def write(name: str) -> None:
        for number in range(20):
            folder.add_outcome(Outcome(test=f"{name} {number}", world="wire"), history=leak_history())

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20.0)
    record = folder.read()
    assert len({each.test for each in record.outcomes}) == 60
    assert len({each.history for each in record.outcomes}) == 60


def test_a_line_cut_by_a_kill_is_left_out_and_named_and_spoils_no_later_one(tmp_path: Path) -> None:
    folder = create(tmp_path)
    folder.add_outcome(Outcome(test="whole", world="wire"))
    with (folder.path / "outcomes.jsonl").open("ab") as file:
        file.write(b'{"test":"cut","wor')
    assert [each.test for each in folder.outcomes()] == ["whole"]
    assert folder.read().troubles[0] == "outcomes.jsonl, line 2, was cut off and is left out."
    folder.add_outcome(Outcome(test="later", world="wire"))
    assert [each.test for each in folder.outcomes()] == ["whole", "later"]
    assert folder.read().troubles[0] == "outcomes.jsonl, line 2, cannot be read and is left out."


def test_a_run_that_was_killed_reads_as_interrupted(tmp_path: Path) -> None:
    record = create(tmp_path).read()
    assert record.interrupted
    assert "did not come to its end" in record.troubles[0]


def test_a_run_that_was_interrupted_says_so(tmp_path: Path) -> None:
    folder = create(tmp_path)
    folder.finish(interrupted=True, clock=lambda: datetime(2026, 3, 14, 10, tzinfo=UTC))
    record = folder.read()
    assert record.interrupted
    assert record.meta.ended == "2026-03-14T10:00:00Z"
    assert record.troubles == ()


def test_a_missing_or_broken_run_file_is_named(tmp_path: Path) -> None:
    folder = create(tmp_path)
    folder.add_outcome(Outcome(test="t", world="wire"))
    (folder.path / "run.json").write_text('{"what": 1')
    assert "run.json cannot be read" in folder.read().troubles[0]
    (folder.path / "run.json").unlink()
    assert folder.read().troubles[0] == "run.json is missing."
    folder.finish()
    assert not folder.read().interrupted


def test_a_broken_load_file_is_left_out_and_named(tmp_path: Path) -> None:
    folder = create(tmp_path)
    folder.add_load(LoadOutcome(scenario="fanout"))
    (folder.path / "load" / "other.json").write_bytes(b"\xff")
    record = folder.read()
    assert [each.scenario for each in record.loads] == ["fanout"]
    assert "other.json cannot be read" in record.troubles[0]


def test_a_scenario_that_ran_twice_is_kept_twice(tmp_path: Path) -> None:
    folder = create(tmp_path)
    for _ in range(2):
        folder.add_load(LoadOutcome(scenario="fanout"))
    assert len(folder.loads()) == 2


def test_numbers_that_json_does_not_know_do_not_cost_the_load_run(tmp_path: Path) -> None:
    folder = create(tmp_path)
    folder.add_load(
        LoadOutcome(
            scenario="fanout",
            percentiles={"50": 1.0, "99": math.inf},
            histogram=((1.0, 3), (math.inf, 1)),
            timeline=((0.0, 1, math.nan, 1.0), (1.0, 1, 1.0, 1.0)),
        )
    )
    (load,) = folder.loads()
    assert load.percentiles == {"50": 1.0}
    assert load.histogram == ((1.0, 3), (1.0, 1))
    assert len(load.timeline) == 1


def test_text_and_numbers_that_json_cannot_carry_are_written_out(tmp_path: Path) -> None:
    folder = create(tmp_path)
    folder.add_outcome(Outcome(test="half \ud83d", world="wire", held={"BC-1": 2**70}))
    # The number is no count that anyone could reach, so the line is left out and named; the text alone is kept.
    folder.add_outcome(Outcome(test="half \ud83d\x00", world="wire"))
    assert [each.test for each in folder.outcomes()] == ["half \\ud83d\x00"]


def test_processes_of_a_run_may_widen_its_scope(tmp_path: Path) -> None:
    folder = create(tmp_path, meta=RunMeta(scope={"BC-1": ("wire",)}))
    folder.add_scope({"BC-1": ["page", "wire"], "TAB-1": ["page"]})
    assert folder.read().meta.scope == {"BC-1": ("wire", "page"), "TAB-1": ("page",)}


def test_opening_something_else_is_a_usage_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        RunFolder.open(tmp_path)
    assert len(str(caught.value).splitlines()) == 3


def test_a_file_that_is_no_repro_is_a_usage_error(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"plan": {"name": "x", "steps": ["fly"]}, "world": "wire"}))
    with pytest.raises(PlanError):
        read_repro(path).parsed(where=str(path))
    path.write_text("[]")
    with pytest.raises(UsageError):
        read_repro(path)


def test_a_slug_is_never_empty_and_never_long() -> None:
    assert slug("💥") == "run"
    assert len(slug("x" * 500)) == 60

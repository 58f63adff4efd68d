"""What locustfiles say of their scenarios, read without running them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.load import command
from harness.cli.load_scenario import describe, load_file, load_scenarios
from harness.cli.part import LoadShape, load_part
from harness.cli.target_choice import TargetChoice, choose_target
from harness.errors import OnesocketError, TargetFileError, UsageError
from harness.loading.budget import parse_budget
from harness.loading.knobs import WORDS, knobs_of

NINE = [
    "echo",
    "fanout",
    "mixed_day",
    "private_messages",
    "ramp",
    "reconnect_storm",
    "sign_churn",
    "slow_readers",
    "soak",
]


def test_there_are_nine() -> None:
    assert load_scenarios() == NINE


@pytest.mark.parametrize("name", NINE)
def test_each_says_what_it_is_for_and_has_knobs_and_budgets_that_exist(name: str) -> None:
    said = describe(name)
    assert said.summary.endswith(".")
    assert said.kind in {"broadcast", "private", "mixed", "echo"}
    knobs_of(said.knobs, name=name, load={}, given=(), where="t")
    for each in said.budgets:
        parse_budget(each)
    assert f"locust -f load/{name}.py" in load_file(name).read_text("utf-8")


def test_a_name_that_is_none_gets_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'ramp'"):
        describe("ramps")


def test_the_list_has_every_scenario_and_every_knob() -> None:
    shown = CliRunner().invoke(command, ["--list"]).output
    assert all(f"\n{name}" in f"\n{shown}" for name in NINE)
    assert all(f"  {knob} " in shown for knob in WORDS)


def test_a_target_file_says_how_many_and_how_long(tmp_path: Path) -> None:
    shape = LoadShape(knobs=("steps=2",), compress=True)
    chosen = choice(tmp_path, "users = 7\nprocesses = 2\n[load.ramp]\nduration_s = 9")
    part = load_part(chosen, "ramp", run_dir=tmp_path, shape=shape)
    given = " ".join(part.command)
    assert "--users 7 --spawn-rate 3.5 --run-time 9s" in given
    assert "--harness-compress --processes 2 --harness-set steps=2" in given
    assert "--master-bind-host 127.0.0.1" in given
    told = load_part(choice(tmp_path, "users = 7"), "ramp", run_dir=tmp_path, shape=LoadShape(users=3))
    assert "--users 3 --spawn-rate 1.5 --run-time 20s" in " ".join(told.command)


def test_many_users_have_time_to_come(tmp_path: Path) -> None:
    told = load_part(choice(tmp_path, ""), "fanout", run_dir=tmp_path, shape=LoadShape(users=10_000, duration_s=20.0))
    assert "--users 10000 --spawn-rate 400 --run-time 58s" in " ".join(told.command)


def test_a_number_that_is_none_is_refused_with_its_key(tmp_path: Path) -> None:
    with pytest.raises(TargetFileError, match="users = 'x'"):
        load_part(choice(tmp_path, "users = 'x'"), "ramp", run_dir=tmp_path, shape=LoadShape())


@pytest.mark.parametrize("option", [("--set", "stays=2"), ("--budget", "p98=2")])
def test_what_makes_no_sense_is_refused_before_anything_runs(option: tuple[str, str]) -> None:
    refused = CliRunner().invoke(command, ["fanout", *option]).exception
    assert isinstance(refused, OnesocketError)
    assert refused.exit_code == 2


def test_reading_a_scenario_imports_no_locust() -> None:
    code = "import sys; import harness.cli.load as load; load.describe('ramp'); sys.exit('locust' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def choice(folder: Path, load: str) -> TargetChoice:
    file = folder / "t.toml"
    reference = choose_target(None).path.read_text("utf-8")
    file.write_text(f"{reference}\n[load]\n{load}\n", "utf-8")
    return choose_target(str(file))

"""Settings of a load run: read once, refused in three lines."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pytest

from harness.errors import TargetFileError, UsageError
from harness.loading.knobs import WORDS, Knobs
from harness.loading.scenario import Scenario, Settings, add_options
from harness.requirement import requirements
from harness.wire.template import Json

SCENARIO = Scenario(name="a", kind="broadcast")


class Parser(ArgumentParser):
    """Locust's parser takes one keyword more."""

    def add_argument(self, *names: str, include_in_web_ui: bool = True, **options: Any) -> Any:
        assert not include_in_web_ui
        return super().add_argument(*names, **options)


def settings(*arguments: str) -> Settings:
    parser = Parser(add_help=False)
    add_options(parser)
    return Settings.of(vars(parser.parse_args(arguments)))


def knobs(*arguments: str, load: dict[str, Json] | None = None, scenario: Scenario = SCENARIO) -> Knobs:
    return settings(*arguments).knobs(scenario, load=load or {}, where="t.toml")


def budgets(*arguments: str, load: dict[str, Json] | None = None, scenario: Scenario = SCENARIO) -> dict[str, float]:
    found = settings(*arguments).budgets(scenario, load=load or {}, where="t.toml")
    return {each.name: each.limit for each in found}


def test_without_options_the_reference_is_the_target() -> None:
    made = settings()
    assert (made.target_file, made.run_dir, knobs(), budgets()) == (None, None, Knobs(), {})


def test_every_option_is_taken() -> None:
    given = (
        *("--target", "a.toml", "--harness-run-dir", "r", "--harness-rate", "2.5", "--harness-size", "100"),
        *("--harness-budget", "p99_ms=200", "--harness-budget", "lost=0", "--harness-max-lag-ms", "9"),
        *("--harness-set", "stay_s=2", "--harness-set", "kills=3", "--harness-compress"),
    )
    made = settings(*given)
    assert (made.target_file, made.run_dir) == (Path("a.toml"), Path("r"))
    assert knobs(*given) == Knobs(rate=2.5, size_chars=100, max_lag_ms=9.0, stay_s=2.0, kills=3, compress=True)
    assert budgets(*given) == {"p99_ms": 200.0, "lost": 0.0}


def test_the_command_line_wins_over_the_scenarios_table_that_over_all_scenarios_and_that_over_the_scenario() -> None:
    load: dict[str, Json] = {
        "rate": 2, "stay_s": 2, "echo_s": 2, "users": 9, "budgets": {"lost": 2, "p99_ms": 2},
        "a_name": {"stay_s": 3, "echo_s": 3, "budgets": {"p99_ms": 3}}, "another": {"rate": 7},
    }  # fmt: skip
    made = Scenario(name="a name", kind="mixed", knobs={"rate": 1, "size_chars": 1}, budgets=("lost=1", "corrupt=1"))
    found = knobs("--harness-set", "echo_s=4", load=load, scenario=made)
    assert (found.size_chars, found.rate, found.stay_s, found.echo_s) == (1, 2.0, 3.0, 4.0)
    assert budgets("--harness-budget", "p95_ms=4", load=load, scenario=made) == {
        "lost": 2.0, "corrupt": 1.0, "p99_ms": 3.0, "p95_ms": 4.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "option", ["rate=-1", "max_lag_ms=0", "rate=inf", "rate=nan", "stay_s=x", "kills=1.5", "compress=7", "stays=1", "x"]
)
def test_a_knob_that_makes_no_sense_is_refused(option: str) -> None:
    with pytest.raises(UsageError, match=f"--harness-set {option}"):
        knobs("--harness-set", option)


@pytest.mark.parametrize(
    ("load", "where"),
    [
        ({"rates": 1}, "rates"),
        ({"rate": "x"}, "rate = 'x'"),
        ({"a": {"echo_s": 0}}, r"\[load.a\] echo_s"),
        ({"budgets": {"p98_ms": 1}}, "budgets.p98_ms"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused_with_its_place(load: dict[str, Json], where: str) -> None:
    with pytest.raises(TargetFileError, match=where):  # noqa: PT012 # whichever of the two reads that key
        budgets(load=load)
        knobs(load=load)


def test_shares_of_more_than_all_visitors_are_refused() -> None:
    with pytest.raises(UsageError, match="more than all"):
        knobs("--harness-set", "slow_share=0.6", "--harness-set", "talk_share=0.6")


@pytest.mark.parametrize("kind", ["broadcast", "private", "mixed", "echo"])
def test_scenarios_check_requirements_of_the_catalogue(kind: Any) -> None:
    assert set(Scenario(name="s", kind=kind).requirements) <= set(requirements())


def test_every_knob_is_explained() -> None:
    assert set(WORDS) == set(Knobs.__struct_fields__)

"""Settings of a load run: read once, refused in three lines."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pytest

from harness.errors import UsageError
from harness.loading.scenario import Scenario, Settings, add_options
from harness.requirement import requirements


class Parser(ArgumentParser):
    """Locust's parser takes one keyword more."""

    def add_argument(self, *names: str, include_in_web_ui: bool = True, **options: Any) -> Any:
        assert not include_in_web_ui
        return super().add_argument(*names, **options)


def settings(*arguments: str) -> Settings:
    parser = Parser(add_help=False)
    add_options(parser)
    return Settings.of(vars(parser.parse_args(arguments)))


def test_without_options_the_reference_is_the_target() -> None:
    made = settings()
    assert (made.target_file, made.run_dir, made.rate, made.size_chars, made.budgets) == (None, None, 10.0, 0, ())


def test_every_option_is_taken() -> None:
    made = settings(
        *("--target", "a.toml", "--harness-run-dir", "r", "--harness-rate", "2.5", "--harness-size", "100"),
        *("--harness-budget", "p99_ms=200", "--harness-budget", "lost=0", "--harness-max-lag-ms", "9"),
    )
    assert (made.target_file, made.run_dir) == (Path("a.toml"), Path("r"))
    assert (made.rate, made.size_chars, made.max_lag_ms) == (2.5, 100, 9.0)
    assert [each.name for each in made.budgets] == ["p99_ms", "lost"]


@pytest.mark.parametrize("option", ["--harness-rate", "--harness-max-lag-ms"])
@pytest.mark.parametrize("value", ["0", "-1", "inf", "nan"])
def test_a_number_that_makes_no_sense_is_refused(option: str, value: str) -> None:
    with pytest.raises(UsageError, match="above 0"):
        settings(option, value)


@pytest.mark.parametrize("kind", ["broadcast", "private"])
def test_scenarios_check_requirements_of_the_catalogue(kind: Any) -> None:
    assert set(Scenario(name="s", kind=kind).requirements) <= set(requirements())

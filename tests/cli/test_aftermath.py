"""How the end of a child is read."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from harness.checks.finding import Finding, LoadOutcome, Outcome
from harness.cli.aftermath import End, Ending, explain, misused, target_reason
from harness.cli.part import Part

FINDING = Finding(requirement="BC-1", check="delivery", expected="x", seen="y")
JUDGED = Outcome(test="a", world="wire")
FOUND = Outcome(test="a", world="wire", findings=(FINDING,))
LOAD = LoadOutcome(scenario="fanout")
THREE_LINES = "noise\n! _pytest.outcomes.Exit: it is gone\n  where: http://x/\n  to do: start it !\n"


def part(runner: Literal["pytest", "locust"] = "pytest") -> Part:
    return Part("load/fanout" if runner == "locust" else "tabs", "page", runner, (), {}, Path())


def said(code: int, printed: str = "", *outcomes: Outcome, why: Ending = Ending.ITSELF) -> Outcome | None:
    return explain(part(), End(code, why, printed), outcomes=outcomes, loads=())


@pytest.mark.parametrize(("code", "outcomes"), [(0, [JUDGED]), (1, [FOUND]), (5, []), (5, [JUDGED])])
def test_an_end_that_the_outcomes_explain_needs_no_word(code: int, outcomes: list[Outcome]) -> None:
    assert said(code, "", *outcomes) is None


@pytest.mark.parametrize(
    ("code", "words"), [(1, "exit code 1"), (2, "exit code 2"), (-9, "SIGKILL"), (-99, "signal 99")]
)
def test_a_child_that_died_is_ours_to_explain_with_the_end_of_its_log(code: int, words: str) -> None:
    outcome = said(code, "first\n\nlast line\n", JUDGED)
    assert outcome is not None
    assert outcome.status == "harness"
    assert words in outcome.reason.splitlines()[0]
    assert outcome.reason.splitlines()[-1] == "  | last line"


def test_a_target_that_is_unusable_is_told_once() -> None:
    outcome = said(3, THREE_LINES)
    assert outcome is not None
    assert (outcome.status, outcome.reason) == ("target", "it is gone\n  where: http://x/\n  to do: start it")
    assert said(3, THREE_LINES, Outcome(test="start", world="wire", status="target")) is None


def test_pytest_s_own_error_is_not_the_target_s() -> None:
    outcome = said(3, "INTERNALERROR> Traceback")
    assert outcome is not None
    assert outcome.status == "harness"


def test_a_child_that_hung_is_ours_and_one_that_was_interrupted_nobody_s() -> None:
    hung = said(2, why=Ending.HUNG)
    assert hung is not None
    assert hung.status == "harness"
    assert said(2, why=Ending.INTERRUPTED) is None
    assert said(-9, why=Ending.INTERRUPTED) is None


@pytest.mark.parametrize("code", [0, 1, 5])
def test_a_load_run_tells_by_its_outcome(code: int) -> None:
    end = End(code, Ending.ITSELF, "")
    assert explain(part("locust"), end, outcomes=(), loads=[LOAD]) is None
    missing = explain(part("locust"), end, outcomes=(), loads=())
    assert missing is not None
    assert missing.status == "harness"


def test_what_the_target_printed_is_kept_below_the_three_lines() -> None:
    said = "it is gone\n  where: here\n  to do: run it by hand; the last that it printed:\n  | usage: x\n  | error: y\n"
    assert target_reason(f"noise\n{said}more\n") == said.rstrip()


def test_without_three_lines_the_last_line_is_shown() -> None:
    assert "where: something" in target_reason("x\nsomething\n\n")
    assert "it printed nothing" in target_reason("")


def test_an_expression_that_cannot_be_read_is_the_user_s() -> None:
    end = End(4, Ending.ITSELF, "ERROR: Wrong expression passed to '-k': a b: at column 3\n")
    error = misused(part(), end, select="a b")
    assert error is not None
    assert "at column 3" in error.todo
    assert misused(part(), end, select=None) is None

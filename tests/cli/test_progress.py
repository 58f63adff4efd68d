"""The words of the progress."""

from __future__ import annotations

import pytest

from harness.checks.finding import Finding, LoadCounts, LoadOutcome, Outcome
from harness.checks.known_failing import Known
from harness.cli.progress import Progress, load_words, outcome_words


def finding(requirement: str = "ISO-2", *, level: str = "fail") -> Finding:
    return Finding(requirement=requirement, check="c", expected="e", seen="a guest was\nhanded \x1b[31mit", level=level)


@pytest.mark.parametrize(
    ("outcome", "word", "rest"),
    [
        (Outcome(test="t", world="wire", held={"BC-1": 2}, duration_s=0.4), "ok", "wire  t  400 ms"),
        (Outcome(test="t", world="wire", duration_s=0.4), "none", "wire  t  nothing could be judged"),
        (Outcome(test="t", world="wire", held={"BC-1": 2}, proves=("BC-3",)), "none", "t  nothing of BC-3"),
        (Outcome(test="t", world="page", findings=(finding(), finding())), "FAIL",
         "page  t  ISO-2 a guest was\\nhanded \\x1b[31mit (and 1 more)"),
        (Outcome(test="t", world="wire", findings=(finding("OPS-1"),)), "warn", "OPS-1"),
        (Outcome(test="t", world="wire", findings=(finding("EN-4"),)), "warn", "EN-4"),
        (Outcome(test="t", world="wire", findings=(finding("ZZ-9"),)), "FAIL", "ZZ-9"),
        (Outcome(test="t", world="wire", findings=(finding(level="late"),)), "late", "ISO-2"),
        (Outcome(test="t", world="wire", findings=(finding(level="warn"),)), "warn", "ISO-2"),
        (Outcome(test="t", world="wire", status="skipped", reason="no user\n  where: x"), "skip", "wire  t  no user"),
        (Outcome(test="t", world="wire", status="target", reason="gone"), "lost", "gone"),
        (Outcome(test="t", world="wire", status="harness", reason="oops"), "ERR", "oops"),
    ],
)  # fmt: skip
def test_a_line_says_how_a_test_ended(outcome: Outcome, word: str, rest: str) -> None:
    found = outcome_words(outcome)
    assert found[0] == word
    assert rest in found[1]


@pytest.mark.parametrize(
    ("load", "word", "rest"),
    [
        (LoadOutcome(scenario="f", counts=LoadCounts(expected=9, delivered=9), percentiles={"99": 12.0}), "ok",
         "load  f  9 of 9 deliveries, p99 12.0 ms"),
        (LoadOutcome(scenario="f", findings=(finding(),)), "FAIL", "ISO-2"),
        (LoadOutcome(scenario="f", status="invalid", reason="the generator was the limit"), "ERR", "the limit"),
        (LoadOutcome(scenario="f", reason="budget broken: p99_ms is 9, the budget 3"), "FAIL", "the budget 3"),
        (LoadOutcome(scenario="f", reason="interrupted"), "ok", "interrupted"),
    ],
)  # fmt: skip
def test_a_line_says_how_a_load_run_ended(load: LoadOutcome, word: str, rest: str) -> None:
    found = load_words(load)
    assert found[0] == word
    assert rest in found[1]


def test_what_the_target_promises_fails() -> None:
    outcome = Outcome(test="t", world="wire", findings=(finding("EN-4"),))
    assert outcome_words(outcome, declared=("EN-4",))[0] == "FAIL"


def test_what_is_known_to_fail_is_told_after_what_is_not() -> None:
    known = (Known(requirement="ISO-2"),)
    outcome = Outcome(test="t", world="wire", findings=(finding(), finding("BC-1")))
    assert outcome_words(outcome, known=known)[0] == "FAIL"
    assert "BC-1" in outcome_words(outcome, known=known)[1]
    assert outcome_words(Outcome(test="t", world="wire", findings=(finding(),)), known=known)[0] == "known"


def test_a_run_that_nobody_watches_gives_a_sign_of_life(capsys: pytest.CaptureFixture[str]) -> None:
    times_s = [0.0]
    with Progress(moving=False, clock=lambda: times_s[-1]) as progress:
        progress.part("conformance")
        for at_s, running in ((9.0, ""), (11.0, ""), (12.0, "a.toml::x"), (22.0, "a.toml::x"), (25.0, "a.toml::x")):
            times_s.append(at_s)
            progress.tick(running=running)
        progress.outcome(Outcome(test="t", world="wire", held={"BC-1": 2}))
        times_s.append(34.0)
        progress.tick(running="a.toml::y")
    assert capsys.readouterr().out.splitlines() == [
        "conformance",
        "  ...  conformance has been running for 11.0 s",
        "  ...  a.toml::x has been running for 10.0 s",
        "  ok   wire  t  0 ms",
    ]


def test_the_running_test_is_told_on_a_terminal_too(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(moving=True, clock=lambda: 0.0) as progress:
        progress.tick(running="a.toml::x")
    assert "has been running" not in capsys.readouterr().out


@pytest.mark.parametrize("moving", [False, True])
def test_lines_come_out_one_by_one_with_and_without_a_terminal(
    *, moving: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress(moving=moving, clock=lambda: 0.0) as progress:
        progress.part("conformance")
        progress.outcome(Outcome(test="[bold]t", world="wire", held={"BC-1": 1}, duration_s=1.25))
        progress.load(LoadOutcome(scenario="fanout"))
        progress.tick()
    out = capsys.readouterr().out
    assert "conformance\n" in out
    assert "ok   wire  [bold]t  1.2 s\n" in out
    assert "0 of 0 deliveries\n" in out

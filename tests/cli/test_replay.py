"""What a replay says: still failing at once, fixed only when every pass held, else that it cannot be told."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from harness.checks.finding import Finding
from harness.checks.registry import Judgement
from harness.cli.replay import LOG_LINES, Passes
from harness.errors import OnesocketError, TargetUnreachable
from harness.history import History, Received, StepStarted
from harness.plan import Plan, Settle
from harness.worlds.laboratory import Trial

SMALL, WHOLE = Plan(name="small", steps=(Settle(),)), Plan(name="whole", steps=(Settle(), Settle()))
NOTHING, HELD = Judgement({}, ()), Judgement({"BC-1": 2}, ())
GONE = TargetUnreachable("it is gone", where="there", todo="start it")


def broken(*names: str, level: str = "fail", at: int = -1) -> Judgement:
    return Judgement(
        {}, tuple(Finding(requirement=name, check="c", expected="e", seen="s", level=level, at=at) for name in names)
    )


@dataclass
class Scripted:
    """Stands for a laboratory: each run shows the next of what it was given."""

    shown: list[Judgement | OnesocketError]
    plans: list[str] = field(default_factory=list)
    history: History = field(default_factory=History)

    def run(self, plan: Plan, *, world: str) -> Trial:
        self.plans.append(plan.name)
        shown = self.shown.pop(0)
        if isinstance(shown, OnesocketError):
            return Trial(plan, world, self.history, NOTHING, 0.1, shown)
        return Trial(plan, world, self.history, shown, 0.1)


def replayed(
    *shown: Judgement | OnesocketError, requirement: str = "BC-1", whole: Plan | None = None, times: int = 3
) -> tuple[int, list[str]]:
    scripted = Scripted(list(shown))
    code = Passes(scripted, world="wire", requirement=requirement).tell(SMALL, whole=whole, times=times)
    assert scripted.shown == []
    return code, scripted.plans


def test_what_shows_at_once_is_not_carried_out_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert replayed(broken("BC-1", "BC-1", "ISO-2", "EN-1")) == (1, ["small"])
    out = capsys.readouterr().out
    assert out.count("  seen: s") == 2
    assert out.index("BC-1: e") < out.index("ISO-2: e")
    assert "EN-1: e" not in out
    assert out.splitlines()[-1] == "still failing: 4 findings (EN-1, ISO-2 too) in 100 ms"


def test_what_shows_in_a_later_pass_is_still_failing() -> None:
    assert replayed(HELD, broken("BC-1")) == (1, ["small", "small"])


def test_only_what_held_in_every_pass_is_fixed(capsys: pytest.CaptureFixture[str]) -> None:
    assert replayed(HELD, HELD, HELD) == (0, ["small"] * 3)
    assert capsys.readouterr().out == "fixed: BC-1 held in 3 passes, in 300 ms\n"


def test_what_nothing_put_to_the_test_cannot_be_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert replayed(HELD, NOTHING, HELD) == (5, ["small"] * 3)
    expected = "cannot tell: no fault shows, but in 1 of 3 passes nothing put BC-1 to the test\n"
    assert capsys.readouterr().out == expected


def test_the_plan_before_it_was_shrunk_is_asked_where_the_small_one_says_nothing() -> None:
    assert replayed(NOTHING, HELD, HELD, whole=WHOLE, times=2) == (0, ["small", "whole", "small"])
    assert replayed(NOTHING, broken("BC-1"), whole=WHOLE) == (1, ["small", "whole"])
    assert replayed(NOTHING, NOTHING, whole=WHOLE, times=1)[0] == 5


def test_a_fault_that_the_run_filed_elsewhere_keeps_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert replayed(broken("BC-1"), requirement="ORD-3")[0] == 1
    assert "ORD-3: e" in capsys.readouterr().out
    assert replayed(HELD, requirement="ORD-3", times=1)[0] == 0


def test_another_fault_is_named_as_another(capsys: pytest.CaptureFixture[str]) -> None:
    assert replayed(broken("ISO-2"))[0] == 1
    assert "BC-1 is not broken now, but others are: 1 finding in 100 ms" in capsys.readouterr().out


def test_what_only_came_late_elsewhere_is_no_fault() -> None:
    assert replayed(broken("LC-2", level="late"), times=1)[0] == 5
    assert replayed(broken("BC-1", level="late"), times=1)[0] == 1


def test_a_plan_that_does_not_come_to_its_end_cannot_tell(capsys: pytest.CaptureFixture[str]) -> None:
    assert replayed(GONE) == (5, ["small"])
    told = capsys.readouterr()
    assert (told.out, told.err) == ("cannot tell: the plan did not come to its end\n", f"{GONE}\n")


def test_without_a_requirement_any_finding_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert replayed(NOTHING, requirement="", times=1)[0] == 0
    assert replayed(broken("ISO-2"), requirement="")[0] == 1
    assert "still failing: 1 finding in" in capsys.readouterr().out


def test_a_story_shows_the_log_round_the_finding_and_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    noise = [Received(at_s=0.1, observer="a#1", channel="c", data=number) for number in range(40)]
    scripted = Scripted(
        [broken("BC-1", at=20)], history=History([StepStarted(at_s=0.0, index=0, step="settle"), *noise])
    )
    Passes(scripted, world="wire", requirement="BC-1").tell(SMALL, whole=None, times=1)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("    ")]
    assert len(lines) <= LOG_LINES
    assert any(line.startswith("    ▶") for line in lines)

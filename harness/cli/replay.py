"""`onesocket replay`: the plan of a finding, carried out and judged again, more than once where it does not show."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Literal, Protocol

import click
import msgspec

from harness.checks.filing import classify, kin
from harness.checks.finding import Outcome
from harness.cli.target_choice import choose_target
from harness.errors import OnesocketError
from harness.faults.words import parse_fault
from harness.plan import Plan
from harness.report.repro import read_repro
from harness.report.story import LogLine, tell
from harness.report.wording import counted, duration
from harness.worlds.laboratory import Laboratory, Trial

FIXED, STILL, CANNOT_TELL = 0, 1, 5
MOST_STORIES = 2
LOG_LINES = 16
"""How much of the wire log a story shows here; the report has more."""


class _Shown(Enum):
    """What one pass says of the requirement."""

    BROKEN = "broken"
    HELD = "held"
    NOTHING = "nothing"


@click.command()
@click.argument("repro", metavar="REPRO")
@click.option("--target", "target_file", metavar="FILE", help="The target file. Without it: the reference.")
@click.option("--world", type=click.Choice(["wire", "page"]), help="Another world than that of the finding.")
@click.option("--times", type=click.IntRange(min=1), default=3, show_default=True, help="Passes until it shows.")
@click.option("--headed", is_flag=True, help="Show the browser.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    repro: str,
    target_file: str | None,
    world: Literal["wire", "page"] | None,
    times: int,
    headed: bool,
) -> None:
    """Carry the plan of a finding out again: fixed (exit 0), still failing (1), or it cannot be told (5).

    REPRO is a file that a run wrote: onesocket-runs/latest/repros/*.json. A finding that does not show at once may show
    the next time; it is fixed when its requirement was put to the test, and held, in each of --times passes.
    """
    saved = read_repro(Path(repro))
    plan, whole = saved.parsed(where=repro), saved.parsed_whole(where=repro)
    choice = choose_target(target_file)
    where = world or saved.world
    click.echo(f"replaying {plan.name} ({counted(len(plan.steps), 'step')}, {where}) on {choice.target.name}")
    faults = tuple(parse_fault(each) for each in saved.network)
    with Laboratory(choice.target, folder=choice.folder, headed=headed, seed=saved.seed, faults=faults) as laboratory:
        passes = Passes(laboratory, world=where, requirement=saved.requirement)
        ctx.exit(passes.tell(plan, whole=whole, times=times))


class Runs(Protocol):
    """Carries plans out: a laboratory."""

    def run(self, plan: Plan, *, world: str) -> Trial: ...


class Passes:
    """The passes of one replay; says what each showed."""

    def __init__(self, laboratory: Runs, *, world: str, requirement: str) -> None:
        self._laboratory = laboratory
        self._world = world
        self._requirement = requirement
        self._took_s = 0.0
        self._error: OnesocketError | None = None

    def tell(self, plan: Plan, *, whole: Plan | None, times: int) -> int:
        """Carry the plans out until a finding shows, at most `times`, say what came of it, return the exit code."""
        name, held = self._requirement or "everything", 0
        for _ in range(times):
            shown = self._once(plan)
            if shown is _Shown.NOTHING and self._error is None and whole is not None:
                # A plan that was shrunk keeps only what shows the fault, not what would prove that there is none.
                shown = self._once(whole)
            if shown is _Shown.BROKEN:
                return STILL
            if self._error is not None:
                click.echo("cannot tell: the plan did not come to its end")
                click.echo(str(self._error), err=True)
                return CANNOT_TELL
            held += shown is _Shown.HELD
        passes = counted(times, "pass", plural="passes")
        if held < times:
            click.echo(f"cannot tell: no fault shows, but in {times - held} of {passes} nothing put {name} to the test")
            return CANNOT_TELL
        click.echo(f"fixed: {name} held in {passes}, in {duration(self._took_s)}")
        return FIXED

    def _once(self, plan: Plan) -> _Shown:
        trial = self._laboratory.run(plan, world=self._world)
        self._took_s += trial.duration_s
        self._error = trial.error
        outcome = _named(trial, self._requirement)
        others = sorted({each.requirement for each in outcome.findings} - {self._requirement})
        if outcome.findings:
            _tell_stories(outcome, trial, first=self._requirement)
            about = len(others) < len({each.requirement for each in outcome.findings}) or not self._requirement
            word = "still failing" if about else f"{self._requirement} is not broken now, but others are"
            names = f" ({', '.join(others)} too)" if about and others and self._requirement else ""
            click.echo(f"\n{word}: {counted(len(outcome.findings), 'finding')}{names} in {duration(self._took_s)}")
            return _Shown.BROKEN
        held = outcome.held.keys() & kin(self._requirement) or not self._requirement
        return _Shown.HELD if held and trial.error is None else _Shown.NOTHING


def _named(trial: Trial, requirement: str) -> Outcome:
    """Return the outcome of a pass; the run that saved the plan had more to go by, so its name for the fault stays."""
    outcome = classify([trial.outcome(trial.plan.name)])[0]
    findings = [
        msgspec.structs.replace(each, requirement=requirement) if requirement in kin(each.requirement) else each
        for each in outcome.findings
        # What only came late elsewhere says nothing about the fault.
        if each.level == "fail" or requirement in kin(each.requirement)
    ]
    return msgspec.structs.replace(outcome, findings=tuple(findings))


def _tell_stories(outcome: Outcome, trial: Trial, *, first: str) -> None:
    by_requirement = {each.requirement: number for number, each in reversed(list(enumerate(outcome.findings)))}
    numbers = sorted(
        by_requirement.values(), key=lambda number: (outcome.findings[number].requirement != first, number)
    )
    for number in numbers[:MOST_STORIES]:
        story = tell(outcome, number, history=trial.history, folder="", target_file="")
        click.echo(f"\n{story.requirement}: {story.expected}\n  seen: {story.seen}")
        for step in story.steps:
            click.echo(f"  {'>' if step.running else ' '} {step.words}")
        for line in _round_the_finding(story.log):
            click.echo(f"    {line.text}")


def _round_the_finding(log: tuple[LogLine, ...]) -> tuple[LogLine, ...]:
    here = next((index for index, line in enumerate(log) if line.kind == "here"), len(log))
    start = max(0, min(here - LOG_LINES // 2, len(log) - LOG_LINES))
    return log[start : start + LOG_LINES]

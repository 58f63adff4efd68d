"""`onesocket replay`: the plan of a finding, carried out once more and judged again."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click
import msgspec

from harness.checks.verdict import classify
from harness.cli.target_choice import choose_target
from harness.errors import OnesocketError
from harness.history import StepFinished
from harness.report.repro import read_repro
from harness.report.story import tell
from harness.report.wording import counted, duration
from harness.worlds.laboratory import Laboratory, Trial

FIXED, STILL, CANNOT_TELL = 0, 1, 5
MOST_STORIES = 5
FAMILIES = (frozenset({"ORD-3", "BC-1", "ISO-1", "ID-1"}), frozenset({"ISO-2", "ISO-3", "ISO-7"}))
"""Requirements that one fault is filed under by what else its run shows (`verdict.classify`)."""


@click.command()
@click.argument("repro", metavar="REPRO")
@click.option("--target", "target_file", metavar="FILE", help="The target file. Without it: the reference.")
@click.option("--world", type=click.Choice(["wire", "page"]), help="Another world than that of the finding.")
@click.option("--headed", is_flag=True, help="Show the browser.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    repro: str,
    target_file: str | None,
    world: Literal["wire", "page"] | None,
    headed: bool,
) -> None:
    """Carry the plan of a finding out again: fixed (exit 0), still failing (1), or it cannot be told (5).

    REPRO is a file that a run wrote: onesocket-runs/latest/repros/*.json
    """
    saved = read_repro(Path(repro))
    plan = saved.parsed(where=repro)
    choice = choose_target(target_file)
    where = world or saved.world
    click.echo(f"replaying {plan.name} ({len(plan.steps)} steps, {where}) on {choice.target.name}")
    with Laboratory(choice.target, folder=choice.folder, headed=headed, seed=saved.seed) as laboratory:
        trial = laboratory.run(plan, world=where)
    ctx.exit(_tell(trial, requirement=saved.requirement, elsewhere=where != saved.world))


def _tell(trial: Trial, *, requirement: str, elsewhere: bool) -> int:
    outcome = classify([trial.outcome(trial.plan.name)])[0]
    # The run that saved the plan had more to go by: what concerns its requirement keeps that name.
    named = [
        msgspec.structs.replace(each, requirement=requirement) if _concerns(each.requirement, requirement) else each
        for each in outcome.findings
    ]
    outcome = msgspec.structs.replace(outcome, findings=tuple(named))
    about = [each for each in outcome.findings if each.requirement == requirement]
    if outcome.findings:
        for number in range(min(len(outcome.findings), MOST_STORIES)):
            story = tell(outcome, number, history=trial.history, folder="", target_file="")
            click.echo(f"\n{story.requirement}: {story.expected}\n  seen: {story.seen}")
            for step in story.steps:
                click.echo(f"  {'>' if step.running else ' '} {step.words}")
            for line in story.log:
                click.echo(f"    {line.text}")
        word = "still failing" if about or not requirement else f"{requirement} is not broken now, but others are"
        click.echo(f"\n{word}: {counted(len(outcome.findings), 'finding')} in {duration(trial.duration_s)}")
        return STILL
    if trial.error is not None:
        return _cannot_tell(trial.error)
    if any(_concerns(name, requirement) for name in outcome.held) or not requirement:
        click.echo(f"fixed: {requirement or 'everything'} held, in {duration(trial.duration_s)}")
        return FIXED
    done = any(isinstance(each, StepFinished) and each.outcome == "done" for each in trial.history)
    if not done or elsewhere:
        click.echo(f"cannot tell: this time nothing put {requirement} to the test")
        return CANNOT_TELL
    # A plan that was shrunk keeps only what shows the fault, not what would prove that there is none.
    click.echo(f"fixed: the plan shows the fault no more; that {requirement} holds is proved by the whole run")
    return FIXED


def _cannot_tell(error: OnesocketError) -> int:
    click.echo("cannot tell: the plan did not come to its end")
    click.echo(str(error), err=True)
    return CANNOT_TELL


def _concerns(name: str, requirement: str) -> bool:
    return name == requirement or any({name, requirement} <= family for family in FAMILIES)

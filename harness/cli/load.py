"""`onesocket load`: many connections, every message accounted for."""

from __future__ import annotations

from typing import Any

import click

from harness.cli.dry_run import tell_parts
from harness.cli.entry import given_command
from harness.cli.execution import Job, carry_out
from harness.cli.load_scenario import describe, duration_s, load_scenarios
from harness.cli.options import run_options, settings_of, target_option
from harness.cli.part import LoadShape, load_part
from harness.cli.target_choice import TargetChoice, choose_target
from harness.loading.knobs import WORDS, Knobs
from harness.loading.scenario import Scenario, Settings

DEFAULT_SCENARIO = "fanout"
BUDGET_WORDS = (
    "p50_ms p95_ms p99_ms p999_ms max_ms: from when a message was due to each receiver",
    "the same with broadcast_, private_, echo_, connect_, return_ (after a restart) or publish_ (how late we were)",
    "lost duplicate reordered corrupt refused disconnected unreturned broken: counts",
    "memory_growth_mb: of a target that onesocket started",
)


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@target_option
@click.option("--list", "only_list", is_flag=True, help="List the scenarios, their knobs and budgets.")
@click.option("--users", type=click.IntRange(min=1), help="Connections.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Messages published a second.")
@click.option("--duration", metavar="TIME", help="How long, like 20s or 2m.")
@click.option("--processes", type=click.IntRange(min=1), help="Worker processes.")
@click.option("--budget", "budgets", multiple=True, metavar="NAME=N", help="A bound, like p99_ms=200.")
@click.option("--set", "knobs", multiple=True, metavar="KNOB=VALUE", help="A knob of the scenario, like stay_s=2.")
@click.option("--compress", is_flag=True, help="Offer compression, as browsers do.")
@click.option("--max-lag-ms", type=click.FloatRange(min=0, min_open=True), help="A worker later than this is invalid.")
@run_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    names: tuple[str, ...],
    target_file: str | None,
    only_list: bool,
    users: int | None,
    rate: float | None,
    duration: str | None,
    processes: int | None,
    budgets: tuple[str, ...],
    knobs: tuple[str, ...],
    compress: bool,
    max_lag_ms: float | None,
    **options: Any,
) -> None:
    """Put a target under load and account for every message.

    Is anything lost, doubled, reordered, changed, or delivered to the wrong person? How long from publishing to each
    receiver? Without a NAME: fanout. All names, knobs and budgets: --list. They may stand in the target file too:
    [load] for every scenario, [load.NAME] for one.

    Exit: 0 all well, 1 something lost, doubled, reordered, changed or misdelivered, or a budget broken, 5 invalid (the
    generator was the limit, a worker or the target went away), 130 interrupted. A finding outweighs the rest, and no
    budget allows a misdelivery.
    """
    if only_list:
        _tell_scenarios()
        return
    choice = choose_target(target_file)
    settings = settings_of(**options)
    lasts_s = None if duration is None else duration_s(duration)
    shape = LoadShape(users, rate, lasts_s, processes, budgets, max_lag_ms, knobs, compress)
    wanted = tuple(dict.fromkeys(names)) or (DEFAULT_SCENARIO,)
    # Refused before a run folder exists.
    dry = [load_part(choice, name, run_dir=settings.out / "dry", shape=shape) for name in wanted]
    for name in wanted:
        _check(choice, name, budgets=budgets, knobs=knobs)
    if settings.dry_run:
        ctx.exit(tell_parts(dry))
    job = Job(
        what=f"load {' '.join(wanted)}",
        choice=choice,
        settings=settings,
        command=given_command(ctx),
        # Each scenario adds what it puts to the test.
        scope={},
        parts=lambda run_dir: [load_part(choice, name, run_dir=run_dir, shape=shape) for name in wanted],
    )
    ctx.exit(carry_out(job))


def short_load() -> list[str]:
    """Return the load scenarios that are part of a whole run."""
    return [name for name in ("fanout", "private_messages") if name in load_scenarios()]


def _check(choice: TargetChoice, name: str, *, budgets: tuple[str, ...], knobs: tuple[str, ...]) -> None:
    said = describe(name)
    scenario = Scenario(name=name, kind="mixed", knobs=said.knobs, budgets=said.budgets)
    settings = Settings(target_file=None, run_dir=None, given=knobs, budget_texts=budgets)
    settings.knobs(scenario, load=choice.target.load, where=str(choice.path))
    settings.budgets(scenario, load=choice.target.load, where=str(choice.path))


def _tell_scenarios() -> None:
    for name in load_scenarios():
        said = describe(name)
        click.echo(f"{name:<18}{said.summary}")
        own = [f"{knob}={value}" for knob, value in said.knobs.items()]
        own += [f"budget {each}" for each in said.budgets]
        click.echo(f"{'':<18}{', '.join([f'{said.users} users', f'{said.duration_s:g} s', *own])}")
    click.echo("\nknobs, for --set and for [load] and [load.NAME] in the target file")
    for knob, words in WORDS.items():
        value = getattr(Knobs(), knob)
        click.echo(f"  {knob:<18}{str(value).lower():<9}{words}")
    click.echo("\nbudgets, for --budget and for budgets = { ... } there")
    for line in BUDGET_WORDS:
        click.echo(f"  {line}")

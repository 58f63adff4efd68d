"""`onesocket tabs`: real browsers put a target to the scenarios of the page world."""

from __future__ import annotations

from typing import Any

import click

from harness.checks.registry import scope
from harness.cli.dry_run import tell_parts
from harness.cli.entry import given_command, stop
from harness.cli.execution import Job, carry_out
from harness.cli.options import run_options, selection_options, settings_of, target_option
from harness.cli.page_jobs import jobs_for, not_together
from harness.cli.page_readiness import EXIT_NOTHING_VERIFIED, no_browser, no_page
from harness.cli.part import pytest_part
from harness.cli.scenario import check_selection
from harness.cli.target_choice import choose_target
from harness.worlds.engine import ENGINES, EngineName


@click.command()
@target_option
@selection_options
@click.option(
    "--engine",
    "engines",
    type=click.Choice(ENGINES),
    multiple=True,
    default=("chromium",),
    show_default=True,
    help="Which browsers; again for more, one after the other.",
)
@click.option("--headed", is_flag=True, help="Show the browser.")
@click.option(
    "--slowmo",
    "slow_mo_ms",
    type=click.IntRange(min=0),
    default=0,
    metavar="MS",
    help="Wait so long after each step, for who watches.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1, max=16),
    metavar="N",
    help="So many browsers and targets of an engine at the same time. Without it: two, where there are cores for them.",
)
@run_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    target_file: str | None,
    select: str | None,
    engines: tuple[EngineName, ...],
    only: tuple[str, ...],
    headed: bool,
    slow_mo_ms: int,
    jobs: int | None,
    **options: Any,
) -> None:
    """Put a target to the multi-tab scenarios in real browsers.

    Do five tabs share one connection? Does it survive the leader's crash, reloads, sign-ins in a follower, a restart of
    the server, with every tab told everything once and in order?
    """
    choice = choose_target(target_file)
    settings = settings_of(**options)
    missing = no_page(choice)
    if missing is not None:
        stop(missing, exit_code=EXIT_NOTHING_VERIFIED)
    check_selection(select, only, suite="browser_tests")
    if settings.dry_run:
        part = pytest_part(
            choice, world="page", run_dir=settings.out / "dry", seed=settings.seed, select=select, only=only,
            collect_only=True,
        )  # fmt: skip
        ctx.exit(tell_parts([part]))
    watched = headed or slow_mo_ms > 0 or bool(only)
    if jobs is None:
        jobs = jobs_for(choice.target, watched=watched)
    elif jobs > 1 and (why := not_together(choice.target)):
        click.echo(f"one job instead of {jobs}: {why}", err=True)
        jobs = 1
    for engine in dict.fromkeys(engines):
        if (browser := no_browser(engine)) is not None:
            raise browser
    job = Job(
        what="tabs",
        choice=choice,
        settings=settings,
        command=given_command(ctx),
        scope=scope(("page",)) if select is None and not only else None,
        parts=lambda run_dir: [
            pytest_part(
                choice,
                world="page",
                run_dir=run_dir,
                seed=settings.seed,
                select=select,
                only=only,
                headed=headed,
                slow_mo_ms=slow_mo_ms,
                engine=engine,
                share=(number + 1, jobs),
            )
            for engine in dict.fromkeys(engines)
            for number in range(jobs)
        ],
        select=select,
    )
    ctx.exit(carry_out(job))

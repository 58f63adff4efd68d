"""`onesocket run`: the whole of it against one target, one report."""

from __future__ import annotations

from typing import Any

import click

from harness.cli.entry import given_command
from harness.cli.load_scenario import duration_s
from harness.cli.options import Drawing, drawing_options, run_options, settings_of, target_option
from harness.cli.part import LoadShape
from harness.cli.target_choice import choose_target
from harness.cli.whole import run_everything


@click.command()
@target_option
@click.option("--users", type=click.IntRange(min=1), default=50, show_default=True, help="Connections under load.")
@click.option("--duration", default="10s", show_default=True, help="How long each load scenario takes.")
@click.option("--headed", is_flag=True, help="Show the browser.")
@drawing_options
@run_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    target_file: str | None,
    users: int,
    duration: str,
    max_examples: int | None,
    profile: str,
    headed: bool,
    **options: Any,
) -> None:
    """Run conformance, tabs and a short load run against one target, with one report.

    A target without a [page] is judged by the rest; what could not be tried is named and the run is partial (exit 5).
    """
    code = run_everything(
        what="run",
        choice=choose_target(target_file),
        settings=settings_of(**options),
        command=given_command(ctx),
        shape=LoadShape(users=users, duration_s=duration_s(duration)),
        headed=headed,
        drawing=Drawing(max_examples, profile == "deep"),
    )
    ctx.exit(code)

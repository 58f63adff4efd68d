"""`onesocket conform`: raw clients put a target to the scenarios of the wire world."""

from __future__ import annotations

from typing import Any

import click

from harness.checks.registry import scope
from harness.cli.dry_run import tell_parts
from harness.cli.entry import given_command
from harness.cli.execution import Job, carry_out
from harness.cli.options import Drawing, drawing_options, run_options, selection_options, settings_of, target_option
from harness.cli.part import pytest_part
from harness.cli.scenario import check_selection
from harness.cli.target_choice import choose_target
from harness.faults.words import FAULT_EXAMPLES, parse_fault


@click.command()
@target_option
@selection_options
@drawing_options
@click.option(
    "--fault", "faults", multiple=True, metavar="SENTENCE", help=f'What the network does: "{FAULT_EXAMPLES[0]}".'
)
@run_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    target_file: str | None,
    select: str | None,
    only: tuple[str, ...],
    max_examples: int | None,
    profile: str,
    faults: tuple[str, ...],
    **options: Any,
) -> None:
    """Put a target to every scenario on raw connections.

    Is each message routed right? Can a private one reach the wrong person? Guests, sign-ins, sign-outs, crashes,
    restarts, odd ids and sizes: judged by one model of who must, may and must not receive what.
    """
    choice = choose_target(target_file)
    settings = settings_of(**options)
    for sentence in faults:
        parse_fault(sentence)
    drawing = Drawing(max_examples, profile == "deep", faults)
    check_selection(select, only, suite="scenarios")

    if settings.dry_run:
        part = pytest_part(
            choice, world="wire", run_dir=settings.out / "dry", seed=settings.seed, select=select, only=only,
            collect_only=True,
        )  # fmt: skip
        ctx.exit(tell_parts([part]))
    job = Job(
        what="conform",
        choice=choice,
        settings=settings,
        command=given_command(ctx),
        scope=scope(("wire",)) if select is None and not only else None,
        parts=lambda run_dir: [
            pytest_part(
                choice, world="wire", run_dir=run_dir, seed=settings.seed, select=select, only=only, drawing=drawing
            )
        ],
        select=select,
    )
    ctx.exit(carry_out(job))

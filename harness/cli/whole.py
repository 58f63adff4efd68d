"""All parts of a run in one: what `run` does for a target and `demo` for the reference."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from harness.checks.registry import scope
from harness.cli.dry_run import tell_parts
from harness.cli.execution import Job, carry_out
from harness.cli.load import short_load
from harness.cli.options import QUICK, Drawing, RunSettings
from harness.cli.page_jobs import jobs_for
from harness.cli.page_readiness import no_browser, no_page, skipped_tabs
from harness.cli.part import LoadShape, Part, load_part, pytest_part
from harness.cli.target_choice import TargetChoice

WORLDS = ("wire", "page", "load")


def run_everything(
    *,
    what: str,
    choice: TargetChoice,
    settings: RunSettings,
    command: str,
    shape: LoadShape,
    headed: bool = False,
    drawing: Drawing = QUICK,
    closing: tuple[str, ...] = (),
) -> int:
    """Run conformance, tabs and a short load run, and return the exit code.

    Tabs that cannot be tried are skipped, with the requirements that only they can judge.
    """
    missing = no_page(choice) or no_browser()

    def parts(run_dir: Path, *, collect_only: bool = False) -> list[Part]:
        part = partial(
            pytest_part, choice, run_dir=run_dir, seed=settings.seed, drawing=drawing, collect_only=collect_only
        )
        found = [part(world="wire")]
        if missing is None:
            jobs = 1 if collect_only else jobs_for(choice.target, watched=headed)
            found += [part(world="page", headed=headed, share=(number, jobs)) for number in range(1, jobs + 1)]
        return found + [load_part(choice, name, run_dir=run_dir, shape=shape) for name in short_load()]

    if settings.dry_run:
        if missing is not None:
            click.echo(f"tabs: skipped, {missing.what}")
        return tell_parts(parts(settings.out / "dry", collect_only=True))
    return carry_out(
        Job(
            what=what,
            choice=choice,
            settings=settings,
            command=command,
            scope=scope(WORLDS),
            parts=parts,
            skipped=() if missing is None else (skipped_tabs(missing),),
            closing=closing,
        )
    )

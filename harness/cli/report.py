"""`onesocket report`: the reports of a run folder, written again from what the run left."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.execution import tell_report
from harness.cli.options import report_kinds
from harness.report.run_folder import RunFolder


@click.command()
@click.argument("folder", metavar="DIR", default="onesocket-runs/latest")
@click.option("--report", "reports", multiple=True, metavar="KINDS", help="Beside html and jsonl: junit, md, github.")
@click.pass_context
def command(ctx: click.Context, /, *, folder: str, reports: tuple[str, ...]) -> None:
    """Write the reports of the run in DIR again, and end with the exit code that the run had."""
    ctx.exit(tell_report(RunFolder.open(Path(folder)), kinds=report_kinds(reports)))

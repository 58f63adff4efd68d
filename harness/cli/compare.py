"""`onesocket compare`: what changed between two runs."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from harness.cli.options import DEFAULT_OUT
from harness.report.comparison import compare, comparison_lines
from harness.report.run_folder import RunFolder
from harness.report.write import read_run


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
@click.pass_context
def command(ctx: click.Context, /, *, before: str, after: str, as_json: bool) -> None:
    """Say what changed from run A to run B, requirement by requirement, with the load figures side by side.

    A and B are run folders, or their names in onesocket-runs, like latest. Exit 1 when B broke something that A held.
    """
    views = [read_run(RunFolder.open(_path(each)))[1] for each in (before, after)]
    comparison = compare(*views)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(comparison), indent=2).decode())
    else:
        for line in comparison_lines(comparison):
            click.echo(line)
    ctx.exit(1 if comparison.worse else 0)


def _path(given: str) -> Path:
    path = Path(given)
    named = Path(DEFAULT_OUT) / given
    return named if not path.exists() and named.exists() else path

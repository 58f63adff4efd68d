"""`onesocket path`: where a suite is, in a checkout or in an installed copy."""

from __future__ import annotations

from typing import get_args

import click

from harness.errors import UsageError, did_you_mean
from harness.suites import SuiteName, suite_dir


@click.command()
@click.argument("name", metavar="scenarios|browser_tests|load|reports")
def command(*, name: str) -> None:
    """Print the folder of a suite, as in: locust -f "$(onesocket path load)/fanout.py" --target FILE."""
    known: tuple[SuiteName, ...] = get_args(SuiteName)
    for each in known:
        if each == name:
            click.echo(suite_dir(each))
            return
    raise UsageError("there is no such suite", where=name, todo=did_you_mean(name, known))

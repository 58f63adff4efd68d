"""The options that several commands share, and the settings they add up to."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from harness.errors import UsageError, did_you_mean

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_OUT = "onesocket-runs"
REPORT_KINDS = {
    "html": "html",
    "jsonl": "jsonl",
    "junit": "junit",
    "md": "markdown",
    "markdown": "markdown",
    "github": "github",
}
"""What `--report` takes, and the kind it stands for; `github` appends to the summary of a GitHub job."""
ALWAYS = ("html", "jsonl")


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What every command that runs something can be told."""

    out: Path
    seed: int
    reports: tuple[str, ...]
    strict: bool = False
    dry_run: bool = False


def target_option(command: F) -> F:
    """Add `--target FILE`."""
    return click.option("--target", "target_file", metavar="FILE", help="The target file. Without it: the reference.")(
        command
    )


def run_options(command: F) -> F:
    """Add the options of `RunSettings`; the command is handed them as one `settings`."""
    for option in reversed(
        (
            click.option(
                "--seed", type=click.IntRange(min=0), help="Draws the same again. Without it: a new one, shown."
            ),
            click.option(
                "--report",
                "reports",
                multiple=True,
                metavar="KINDS",
                help="Beside html and jsonl: junit, md, github (a job summary). Comma-separated.",
            ),
            click.option("--out", default=DEFAULT_OUT, show_default=True, metavar="DIR", help="Where run folders go."),
            click.option("--strict", is_flag=True, help="A broken SHOULD, or a late delivery, fails the run."),
            click.option("--dry-run", is_flag=True, help="Say what would run, and run nothing."),
        )
    ):
        command = option(command)
    return command


def settings_of(*, seed: int | None, reports: tuple[str, ...], out: str, strict: bool, dry_run: bool) -> RunSettings:
    """Return the settings that the options of `run_options` add up to.

    Raises:
        UsageError: a report kind does not exist, or the run folders cannot go where they should.
    """
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise UsageError("this is not a folder", where=f"--out {out}", todo="name a folder for the run folders")
    return RunSettings(
        out=folder,
        seed=secrets.randbelow(2**32) if seed is None else seed,
        reports=report_kinds(reports),
        strict=strict,
        dry_run=dry_run,
    )


def report_kinds(given: tuple[str, ...]) -> tuple[str, ...]:
    """Return the kinds of report to write: those that are always, and those in `--report`, each once.

    Raises:
        UsageError: there is no such kind.
    """
    words = [word.strip() for each in given for word in each.split(",") if word.strip()]
    for word in words:
        if word not in REPORT_KINDS:
            raise UsageError(
                "there is no such kind of report",
                where=f"--report {word}",
                todo=did_you_mean(word, REPORT_KINDS),
            )
    return tuple(dict.fromkeys((*ALWAYS, *(REPORT_KINDS[word] for word in words))))

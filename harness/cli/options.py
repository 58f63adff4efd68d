"""The options that several commands share, and the settings they add up to."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from harness.checks.known_failing import Known
from harness.errors import UsageError, did_you_mean
from harness.trials import read_known_failing

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
    known: tuple[Known, ...] = ()
    write_known: Path | None = None
    """Where to write the list of what this run found broken."""
    anyway: bool = False
    """Go on where a first look at the target says that nothing can be verified."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """How much is drawn: examples per property test (None: as many as the profile says), and the profile.

    `faults` are sentences of `harness.faults.words`: what the network does to every connection all the while.
    """

    max_examples: int | None = None
    deep: bool = False
    faults: tuple[str, ...] = ()


QUICK = Drawing()


def target_option(command: F) -> F:
    """Add `--target FILE`."""
    return click.option("--target", "target_file", metavar="FILE", help="The target file. Without it: the reference.")(
        command
    )


def selection_options(command: F) -> F:
    """Add `-k EXPR` and `--only NAME`: some of a suite's scenarios."""
    for option in (
        click.option(
            "--only",
            metavar="NAME",
            multiple=True,
            help="One scenario, by its name: onesocket list scenarios; again for more.",
        ),
        click.option("-k", "select", metavar="EXPR", help="Only scenarios whose name fits, as pytest reads it."),
    ):
        command = option(command)
    return command


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
            click.option(
                "--known-failing",
                metavar="FILE",
                help="What is known to fail, a line each: REQUIREMENT [check or test]. It fails the run once it holds.",
            ),
            click.option("--write-known-failing", metavar="FILE", help="Write such a list of what this run finds."),
            click.option("--dry-run", is_flag=True, help="Say what would run, and run nothing."),
            click.option("--anyway", is_flag=True, help="Go on though target file and target do not fit together."),
        )
    ):
        command = option(command)
    return command


def drawing_options(command: F) -> F:
    """Add `--max-examples` and `--profile`; `drawing_of` makes one of them."""
    for option in (
        click.option("--profile", type=click.Choice(["quick", "deep"]), default="quick", show_default=True,
                     help="How long to search: quick is for every change, deep for the night."),
        click.option("--max-examples", type=click.IntRange(min=1), help="Examples per property test."),
    ):  # fmt: skip
        command = option(command)
    return command


def settings_of(
    *,
    seed: int | None,
    reports: tuple[str, ...],
    out: str,
    strict: bool,
    dry_run: bool,
    known_failing: str | None = None,
    write_known_failing: str | None = None,
    anyway: bool = False,
) -> RunSettings:
    """Return the settings that the options of `run_options` add up to.

    Raises:
        UsageError: a report kind does not exist, the run folders cannot go where they should, or the list of known
            failures cannot be read or written.
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
        known=read_known_failing(known_failing) if known_failing else (),
        write_known=_writable(write_known_failing) if write_known_failing else None,
        anyway=anyway,
    )


def _writable(file: str) -> Path:
    path = Path(file)
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise UsageError(
            "the list of known failures cannot be written",
            where=f"--write-known-failing {file}",
            todo="name a file in a folder that is there",
        )
    return path


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

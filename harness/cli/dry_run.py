"""`--dry-run`: what a command would run, asked of pytest itself where tests are collected."""

from __future__ import annotations

import contextlib
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import replace

import click

from harness.cli.part import Part
from harness.errors import HarnessError

_COLLECT_TIMEOUT_S = 60.0


def tell_parts(parts: Sequence[Part]) -> int:
    """Print each part with its tests and its command, and return the exit code 0."""
    for part in parts:
        click.echo(part.name)
        for test in _tests(part):
            click.echo(f"  {test}")
        click.echo(f"  $ {shlex.join(part.command)}")
    return 0


def count_tests(parts: Sequence[Part]) -> int:
    """Return how many tests these parts have, a load run being one; 0 where that cannot be told."""
    with contextlib.suppress(HarnessError, subprocess.TimeoutExpired, OSError):
        return sum(len(_tests(replace(each, command=(*each.command, "--collect-only", "-qq")))) or 1 for each in parts)
    return 0


def _tests(part: Part) -> list[str]:
    if part.runner != "pytest":
        return []
    done = subprocess.run(
        part.command,
        cwd=part.cwd,
        env=part.environment,
        capture_output=True,
        text=True,
        timeout=_COLLECT_TIMEOUT_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode not in {0, 5}:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise HarnessError(
            f"{part.name} cannot be collected",
            where=lines[-1] if lines else f"exit code {done.returncode}",
            todo=f"see what it says: {shlex.join(part.command)}",
        )
    return [line for line in done.stdout.splitlines() if "::" in line]

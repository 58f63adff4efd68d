"""`onesocket load`: many connections, every message accounted for."""

from __future__ import annotations

import re
from typing import Any

import click

from harness.cli.dry_run import tell_parts
from harness.cli.entry import given_command
from harness.cli.execution import Job, carry_out
from harness.cli.options import run_options, settings_of, target_option
from harness.cli.part import LoadShape, load_part, load_scenarios
from harness.cli.target_choice import choose_target
from harness.errors import UsageError

DEFAULT_SCENARIO = "fanout"
_UNITS_S = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@target_option
@click.option("--users", type=click.IntRange(min=1), default=50, show_default=True, help="Connections.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Messages published a second.")
@click.option("--duration", default="20s", show_default=True, help="How long, like 20s or 2m.")
@click.option("--processes", type=click.IntRange(min=1), default=1, show_default=True, help="Worker processes.")
@click.option("--budget", "budgets", multiple=True, metavar="NAME=N", help="A bound, like p99_ms=200.")
@click.option("--max-lag-ms", type=click.FloatRange(min=0, min_open=True), help="A worker later than this is invalid.")
@run_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    names: tuple[str, ...],
    target_file: str | None,
    users: int,
    rate: float | None,
    duration: str,
    processes: int,
    budgets: tuple[str, ...],
    max_lag_ms: float | None,
    **options: Any,
) -> None:
    """Put a target under load and account for every message.

    Is anything lost, doubled, reordered, changed, or delivered to the wrong person? How long from publishing to each
    receiver? Without a NAME: fanout. All names: onesocket list scenarios.
    """
    choice = choose_target(target_file)
    settings = settings_of(**options)
    shape = LoadShape(users, rate, duration_s(duration), processes, budgets, max_lag_ms)
    wanted = tuple(dict.fromkeys(names)) or (DEFAULT_SCENARIO,)
    _check_budgets(budgets)
    # Refused before a run folder exists.
    dry = [load_part(choice, name, run_dir=settings.out / "dry", shape=shape) for name in wanted]
    if settings.dry_run:
        ctx.exit(tell_parts(dry))
    job = Job(
        what=f"load {' '.join(wanted)}",
        choice=choice,
        settings=settings,
        command=given_command(ctx),
        # Each scenario adds what it puts to the test.
        scope={},
        parts=lambda run_dir: [load_part(choice, name, run_dir=run_dir, shape=shape) for name in wanted],
    )
    ctx.exit(carry_out(job))


def duration_s(text: str) -> float:
    """Return the seconds that "20", "20s", "1.5m" or "1h" says.

    Raises:
        UsageError: it says none.
    """
    hit = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip())
    seconds = float(hit[1]) * _UNITS_S[hit[2]] if hit else 0.0
    if seconds < 1.0:
        raise UsageError(
            "this is not a duration of a second or more", where=f"--duration {text}", todo="write it like 20s or 2m"
        )
    return seconds


def short_load() -> list[str]:
    """Return the load scenarios that are part of a whole run."""
    return [name for name in ("fanout", "private_messages") if name in load_scenarios()]


def _check_budgets(budgets: tuple[str, ...]) -> None:
    from harness.loading.budget import parse_budget

    for each in budgets:
        parse_budget(each)

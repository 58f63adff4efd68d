"""`onesocket demo`: the whole of it on the reference, with nothing to configure."""

from __future__ import annotations

from typing import Any

import click

from harness.cli.entry import given_command
from harness.cli.options import Drawing, drawing_options, run_options, settings_of
from harness.cli.part import LoadShape
from harness.cli.target_choice import choose_target
from harness.cli.whole import run_everything

USERS = 50
DURATION_S = 8.0
NEXT = (
    "",
    "Open report.html in a browser. Then, for your own server:",
    "  onesocket init                               a commented target file: how your server is reached",
    "  onesocket doctor --target onesocket.toml     tries each part of it and says what is wrong",
    "  onesocket run --target onesocket.toml        what you have just seen, for yours",
)


@click.command()
@drawing_options
@run_options
@click.pass_context
def command(ctx: click.Context, /, *, max_examples: int | None, profile: str, **options: Any) -> None:
    """Start the reference implementation and run everything against it.

    Raw clients, real browsers with several tabs, a short load run; then one report, as your own server would get it.
    """
    settings = settings_of(**options)
    click.echo("The reference is a whole server of this kind that comes with onesocket. It is started on a free port,")
    click.echo("put to every test, and stopped again. Ctrl-C stops at any time and still leaves a report.")
    click.echo()
    code = run_everything(
        what="demo",
        choice=choose_target(None),
        settings=settings,
        command=given_command(ctx),
        shape=LoadShape(users=USERS, duration_s=DURATION_S),
        drawing=Drawing(max_examples, profile == "deep"),
        closing=NEXT,
    )
    ctx.exit(code)

"""`onesocket init`: a commented target file with every key."""

from __future__ import annotations

from pathlib import Path

import click

from harness.errors import UsageError

TEMPLATE = Path(__file__).with_name("target.template.toml")


@click.command()
@click.argument("path", default="onesocket.toml", metavar="[PATH]")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def command(*, path: str, force: bool) -> None:
    """Write a target file to start from (onesocket.toml), with every key and what it means."""
    file = Path(path)
    if file.is_dir():
        file /= "onesocket.toml"
    if not force and file.exists():
        raise UsageError("there is such a file already", where=str(file), todo="name another, or say --force")
    try:
        file.write_text(TEMPLATE.read_text("utf-8"), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            "the target file cannot be written",
            where=f"{file}: {error.strerror}",
            todo="name a file in a folder that is there",
        ) from error
    click.echo(f"wrote {file}")
    click.echo(f"change what differs for your server, then: onesocket doctor --target {file}")

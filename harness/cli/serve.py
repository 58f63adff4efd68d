"""`onesocket serve`: the reference implementation as a server of its own."""

from __future__ import annotations

from typing import Literal

import click


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free one.")
@click.option("--database", metavar="FILE", help="An SQLite file. Without it: memory.")
@click.option("--redis-url", metavar="URL", help="Lets several instances act as one.")
@click.option(
    "--runtime",
    type=click.Choice(("native", "asgi")),
    default="native",
    show_default=True,
    help="Sockets straight on the transport, or as an ASGI application.",
)
def command(
    *, host: str, port: int, database: str | None, redis_url: str | None, runtime: Literal["native", "asgi"]
) -> None:
    """Serve the reference implementation until Ctrl-C."""
    from harness.reference.serve import serve

    def announce(url: str) -> None:
        click.echo(f"listening on {url}")
        click.echo(f"open {url}/ in several tabs; Ctrl-C stops")

    serve(host=host, port=port, database=database, redis_url=redis_url, runtime=runtime, announce=announce)

"""`python -m harness.reference`: the reference server from the command line."""

from __future__ import annotations

import argparse
import sys

from harness.errors import OnesocketError
from harness.reference.scratch import scratch_database
from harness.reference.serve import DEFAULT_RUNTIME, RUNTIMES, serve
from harness.reference.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m harness.reference", description="The reference server.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free one")
    parser.add_argument("--database", help="path of an SQLite file (default: memory)")
    parser.add_argument(
        "--keep", action="store_true", help="keep sessions in a temporary file: a restart on this port finds them"
    )
    parser.add_argument("--redis-url", help="lets several instances act as one")
    parser.add_argument("--app", default="onesocket", help="applications of different names share a Redis unheard")
    parser.add_argument("--deflate", action="store_true", help="compress messages for clients that ask for it")
    parser.add_argument("--ping-interval", type=float, default=20.0, metavar="S", help="ask a silent peer so often")
    parser.add_argument("--ping-timeout", type=float, default=20.0, metavar="S", help="let it go without an answer")
    parser.add_argument(
        "--runtime",
        choices=RUNTIMES,
        default=DEFAULT_RUNTIME,
        help="how sockets are spoken: straight on the transport, or as an ASGI application (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    settings = Settings(
        deflate=options.deflate,
        redis_topic=options.app,
        ping_interval_s=options.ping_interval,
        ping_timeout_s=options.ping_timeout,
    )
    try:
        database = scratch_database(options.port) if options.keep and not options.database else options.database
        serve(
            host=options.host,
            port=options.port,
            database=database,
            redis_url=options.redis_url,
            settings=settings,
            runtime=options.runtime,
            # One write, so that whoever reads the pipe never sees half a line.
            announce=lambda url: print(f"listening on {url}\n", end="", flush=True),
        )
    except OnesocketError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())

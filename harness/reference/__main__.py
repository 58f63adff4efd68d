"""`python -m harness.reference`: the reference server from the command line."""

from __future__ import annotations

import argparse
import sys

from harness.errors import OnesocketError
from harness.reference.scratch import scratch_database
from harness.reference.serve import serve


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
    options = parser.parse_args(arguments)
    try:
        database = scratch_database(options.port) if options.keep else options.database
        serve(
            host=options.host,
            port=options.port,
            database=database,
            redis_url=options.redis_url,
            # One write, so that whoever reads the pipe never sees half a line.
            announce=lambda url: print(f"listening on {url}\n", end="", flush=True),
        )
    except OnesocketError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())

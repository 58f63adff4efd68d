"""The `onesocket` command: one file a command, the only place of the harness that prints.

Holds the entry point and nothing else, so that `onesocket --help` is quick.
"""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit code (design §5)."""
    from harness.cli.entry import onesocket

    onesocket.main(args=None if arguments is None else list(arguments), prog_name="onesocket")

"""`python -m harness.cli`: the command, where it is not on the PATH."""

from __future__ import annotations

from harness.cli import main

main()

"""The browsers' programs on this machine: where one is looked for, and what it said when it did not start."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.errors import UsageError

ASKED = "BrowserType.launch:"
"""What Playwright writes before a reason, at times on a line of its own."""


def find_program(names: Sequence[str], *, variable: str, environment: Mapping[str, str]) -> Path | None:
    """Return the program that the environment's `variable` names, else the first of `names` on PATH; None if none is.

    Raises:
        UsageError: the variable names no program.
    """
    named = environment.get(variable)
    if named:
        found = shutil.which(named, path=environment.get("PATH"))
        if found is None:
            raise UsageError(
                "there is no such browser", where=f"{variable}={named}",
                todo="give the path of one, or unset it to have one found",
            )  # fmt: skip
        return Path(found)
    return next((Path(hit) for name in names if (hit := shutil.which(name, path=environment.get("PATH", "")))), None)


def said(error: Exception) -> str:
    """Return the first line with words in it of what a driver's error says, cut to a readable length."""
    lines = [line.strip(" ║╔╚═╗╝") for line in str(error).splitlines()]
    return next((line for line in lines if line not in {"", ASKED}), "no reason given")[:200]

"""Files with names that nobody else has: several processes of a run may write at once."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from itertools import count
from pathlib import Path

SLUG_CHARS = 60


def slug(text: str) -> str:
    """Return `text` as part of a file name: lower case, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:SLUG_CHARS].strip("-") or "run"


def first_free(folder: Path, name: str, make: Callable[[Path], object], *, suffix: str = "") -> Path:
    """Return the first of `name`, `name-2`, `name-3`, ... in `folder` that `make` could make."""
    for number in count(1):
        path = folder / (name + (f"-{number}" if number > 1 else "") + suffix)
        with contextlib.suppress(FileExistsError):
            make(path)
            return path
    raise AssertionError  # pragma: no cover - count() has no end


def write_new(path: Path, content: bytes) -> None:
    """Write a file that must not be there yet."""
    with path.open("xb") as file:
        file.write(content)

"""What a page trial left behind, moved into the run folder beside its history. Bounded, whatever a page did."""

from __future__ import annotations

import shutil
from pathlib import Path

LARGEST_BYTES = {".png": 2_000_000, ".log": 2_000_000, ".zip": 25_000_000}
"""The sorts of file that are kept, and the size beyond which one is left out."""
MOST_FILES = 24
MOST_BYTES = 200_000_000
"""Of one run, all together: what comes after is left out."""


def keep_evidence(folder: Path, found: Path, *, name: str) -> tuple[str, ...]:
    """Move the files in `found` to `evidence/<name>/` of the run folder and return their paths in it."""
    if not found.is_dir():
        return ()
    files = [each for each in sorted(found.iterdir()) if each.is_file() and _fits(each)][:MOST_FILES]
    room = MOST_BYTES - sum(each.stat().st_size for each in (folder / "evidence").rglob("*") if each.is_file())
    if not files or sum(each.stat().st_size for each in files) > room:
        return ()
    place = folder / "evidence" / name
    place.mkdir(parents=True, exist_ok=True)
    return tuple(Path(shutil.move(each, place / each.name)).relative_to(folder).as_posix() for each in files)


def _fits(file: Path) -> bool:
    return file.stat().st_size <= LARGEST_BYTES.get(file.suffix, -1)

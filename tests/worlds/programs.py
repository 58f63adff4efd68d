"""Programs that do nothing but say something and end, for what looks for programs."""

from __future__ import annotations

from pathlib import Path


def program(folder: Path, name: str, *, says: str = "", code: int = 1) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit {code}\n")
    path.chmod(0o755)
    return path

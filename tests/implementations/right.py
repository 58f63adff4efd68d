"""The right implementations: what each is called, where its target file is, and why it cannot run here, if so."""

from __future__ import annotations

import json
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Implementation:
    """One right implementation. `folder` is None for the reference, which the harness knows by itself."""

    name: str
    folder: Path | None

    @property
    def arguments(self) -> tuple[str, ...]:
        """What a command of onesocket is told to reach it."""
        return () if self.folder is None else ("--target", str(self.folder / "target.toml"))

    @property
    def has_page(self) -> bool:
        """Whether its target file tells of a page, for real browsers."""
        return self.folder is None or "page" in tomllib.loads((self.folder / "target.toml").read_text("utf-8"))

    @property
    def missing(self) -> str:
        """What it needs and this machine has not, with what to do; empty where it can run."""
        if self.folder is None or not (self.folder / "package.json").exists():
            return ""
        if shutil.which("node") is None:
            return "node is not installed"
        packages = json.loads((self.folder / "package.json").read_text("utf-8"))["dependencies"]
        absent = [each for each in packages if not (self.folder / "node_modules" / each / "package.json").exists()]
        if absent:
            return f"{', '.join(absent)} missing: run `npm ci` in {self.folder.relative_to(ROOT)}"
        return ""


def implementations() -> dict[str, Implementation]:
    """Return the reference and every folder here that has a target file, by name."""
    folders = sorted(path.parent for path in HERE.glob("*/target.toml"))
    return {
        REFERENCE: Implementation(REFERENCE, None),
        **{each.name: Implementation(each.name, each) for each in folders},
    }

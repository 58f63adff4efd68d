"""Which target a command is about: the file that was named, or the reference. Checked before anything is started."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.targets.file import Target, load_target
from harness.targets.locate import locate_target
from harness.trials import reference_file


@dataclass(frozen=True, slots=True)
class TargetChoice:
    """A target file that was read; `named` is how the user wrote it, empty for the reference."""

    path: Path
    target: Target
    named: str

    @property
    def folder(self) -> Path:
        return self.path.parent


def choose_target(named: str | None) -> TargetChoice:
    """Read the target file `named`, or the reference's.

    Raises:
        TargetFileError: it cannot be read, or says something impossible.
    """
    path = locate_target(named) if named else reference_file()
    return TargetChoice(path.resolve(), load_target(path), named or "")

"""Where a target file is: a path, or the name under which an installed package offers one.

A package offers a target by an entry point of the group `onesocket.targets`: a function that returns the path of
a target file inside it.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

from harness.errors import TargetFileError

GROUP = "onesocket.targets"


def locate_target(named: str) -> Path:
    """Return the path of the target file that the user named.

    Raises:
        TargetFileError: the package that offers it fails. A path that leads nowhere is told when the file is read.
    """
    path = Path(named)
    if path.exists():
        return path
    for point in entry_points(group=GROUP):
        if point.name == named:
            try:
                return Path(str(point.load()()))
            except Exception as error:  # whatever somebody's package raises is told as theirs
                raise TargetFileError(
                    f"the installed target fails: {type(error).__name__}: {error}",
                    where=f"{point.name} = {point.value!r}, of the entry points {GROUP}",
                    todo="it must be a function without parameters that returns the path of a target file",
                ) from error
    return path

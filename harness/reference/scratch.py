"""A database that outlives a killed server but needs no name: one file a port, in a private temporary folder.

A server started again on its port finds its users' sessions; what a run left behind long ago is not taken over.
"""

from __future__ import annotations

import os
import stat
import tempfile
import time
from pathlib import Path

from harness.errors import UsageError

_STALE_AFTER_S = 3600.0


def scratch_database(port: int) -> str:
    """Return the path of the database of the server on this port; its folder is made when missing.

    Raises: UsageError, when somebody else could read or plant it.
    """
    folder = Path(tempfile.gettempdir()) / f"onesocket-reference-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    private = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    if not private:
        raise UsageError(
            "the folder for temporary databases is open to others",
            where=str(folder),
            todo="remove it, or set TMPDIR to a folder of your own",
        )
    database = folder / f"{port}.sqlite"
    if database.exists() and time.time() - database.stat().st_mtime > _STALE_AFTER_S:
        for part in folder.glob(f"{port}.sqlite*"):
            part.unlink(missing_ok=True)
    return str(database)

"""What the children of a run have written so far, read as it grows. Reads the run folder, judges nothing."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from harness.checks.finding import LoadOutcome, Outcome

_RUNNING = re.compile(r"(?P<test>\S+::.*\S) ")
_ENDED = re.compile(r" (?:PASSED|FAILED|SKIPPED|ERROR|XFAIL|XPASS)\b")


def running_test(printed: str) -> str:
    """Return the test that pytest, with -v, is in the middle of; empty when its output does not say."""
    line = printed.rpartition("\n")[2]
    hit = _RUNNING.fullmatch(line)
    if hit is None or _ENDED.search(line):
        return ""
    # The file is named from where the user stands, which may be far away.
    file, _, name = hit["test"].partition("::")
    return f"{file.rpartition('/')[2]}::{name}"


class Follower:
    """Reads `outcomes.jsonl` and `load/*.json` of a run folder; each call gives only what is new."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._offset = 0
        self._rest = b""
        self._loads: set[Path] = set()

    def outcomes(self) -> list[Outcome]:
        """Return the outcomes that were written since the last call; half a line waits for its end."""
        try:
            with (self._folder / "outcomes.jsonl").open("rb") as file:
                file.seek(self._offset)
                new = file.read()
        except OSError:
            return []
        self._offset += len(new)
        *lines, self._rest = (self._rest + new).split(b"\n")
        found = []
        for line in lines:
            # What cannot be read is named in the report, by whoever reads the whole.
            try:
                found.append(msgspec.json.decode(line, type=Outcome))
            except msgspec.DecodeError:
                continue
        return found

    def loads(self) -> list[LoadOutcome]:
        """Return the load runs that were written since the last call."""
        found = []
        for path in sorted((self._folder / "load").glob("*.json")):
            if path in self._loads:
                continue
            try:
                found.append(msgspec.json.decode(path.read_bytes(), type=LoadOutcome))
            except (OSError, msgspec.DecodeError):
                continue  # still being written
            self._loads.add(path)
        return found

"""What a run folder says, as frozen data, and how its files are written and read as JSON.

Reading never fails: what is missing or cut becomes a sentence in `RunRecord.troubles`, for a report that says so.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from harness.checks.finding import LoadOutcome, Outcome
from harness.checks.known_failing import Known

T = TypeVar("T")


class RunMeta(msgspec.Struct, frozen=True, kw_only=True):
    """What was run: `run.json`.

    `started` and `ended` are ISO 8601 in UTC; an empty `ended` means that the run was killed. `scope` maps each
    requirement that the run set out to check to its worlds. `target_file` is as the user wrote it, empty for the
    reference. `declared` are the requirements that the target promises, `lacking` those that need what it does not
    offer, each with the reason. With `strict` a broken SHOULD and a late promise fail the run too. `not_begun` says in
    three lines why no test was begun, where that is so, and `left_tests` how many there would have been.
    """

    what: str = "run"
    started: str = ""
    ended: str = ""
    interrupted: bool = False
    target: str = ""
    target_file: str = ""
    url: str = ""
    versions: dict[str, str] = {}
    seed: str = ""
    command: str = ""
    scope: dict[str, tuple[str, ...]] = {}
    declared: tuple[str, ...] = ()
    lacking: dict[str, str] = {}
    known_failing: tuple[Known, ...] = ()
    strict: bool = False
    notes: tuple[str, ...] = ()
    not_begun: str = ""
    left_tests: int = 0


class Addition(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `additions.jsonl`: what a process of the run adds to the scope and the notes of `run.json`.

    `not_begun` and `left_tests` are those of `RunMeta`.
    `repros` maps the first repro of an outcome to all it has since the whole run filed its findings under other names.
    """

    scope: dict[str, tuple[str, ...]] = {}
    notes: tuple[str, ...] = ()
    repros: dict[str, dict[str, str]] = {}
    not_begun: str = ""
    left_tests: int = 0


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run folder, read: what it holds, and in `troubles` what it should hold and does not."""

    meta: RunMeta
    outcomes: tuple[Outcome, ...]
    loads: tuple[LoadOutcome, ...]
    troubles: tuple[str, ...]

    @property
    def interrupted(self) -> bool:
        """The run was stopped by its user, or killed before it could say so."""
        return self.meta.interrupted or not self.meta.ended


def read_record(path: Path) -> RunRecord:
    """Return what the run folder at `path` holds."""
    troubles: list[str] = []
    meta = _read_file(path / "run.json", RunMeta, troubles) or RunMeta(what=path.name)
    outcomes = tuple(read_lines(path / "outcomes.jsonl", Outcome, troubles))
    renamed: dict[str, dict[str, str]] = {}
    for each in read_lines(path / "additions.jsonl", Addition, troubles):
        meta = _with(meta, each)
        renamed |= each.repros
    loads = [_read_file(each, LoadOutcome, troubles) for each in sorted((path / "load").glob("*.json"))]
    if not meta.ended:
        troubles.append("The run did not come to its end; this is what it had seen until then.")
    outcomes = tuple(_renamed(each, renamed) for each in outcomes)
    return RunRecord(meta, outcomes, tuple(each for each in loads if each), tuple(troubles))


def read_lines(path: Path, kind: type[T], troubles: list[str]) -> Iterator[T]:
    """Yield each line of a JSON Lines file as `kind`; one that cannot be read is left out and named in `troubles`."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        troubles.append(f"{path.name} cannot be read: {error.strerror}")
        return
    lines = content.split(b"\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield msgspec.json.decode(line, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError):
            why = "was cut off" if number == len(lines) else "cannot be read"
            troubles.append(f"{path.name}, line {number}, {why} and is left out.")


def _read_file(path: Path, kind: type[T], troubles: list[str]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        troubles.append(f"{path.name} is missing.")
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        troubles.append(f"{path.name} cannot be read and is left out: {error}")
    return None


def _renamed(outcome: Outcome, renamed: dict[str, dict[str, str]]) -> Outcome:
    repros = renamed.get(next(iter(outcome.repros.values()), ""))
    return outcome if repros is None else msgspec.structs.replace(outcome, repros=repros)


def _with(meta: RunMeta, added: Addition) -> RunMeta:
    scope = {name: tuple(dict.fromkeys((*meta.scope.get(name, ()), *worlds))) for name, worlds in added.scope.items()}
    return msgspec.structs.replace(
        meta,
        scope={**meta.scope, **scope},
        notes=(*meta.notes, *added.notes),
        not_begun=added.not_begun or meta.not_begun,
        left_tests=added.left_tests or meta.left_tests,
    )


def encode(value: object) -> bytes:
    """Return `value` as one line of JSON that `msgspec` reads again, whatever its strings hold.

    A target may well send half a surrogate pair or a number beyond 64 bits, which JSON in UTF-8 cannot carry: the first
    is written as visible text, the second as a string.
    """
    try:
        return msgspec.json.encode(value)
    except (UnicodeEncodeError, OverflowError):
        return json.dumps(_carried(msgspec.to_builtins(value)), ensure_ascii=False).encode()


def _carried(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode("utf-8")
        case dict():
            return {_carried(key): _carried(each) for key, each in value.items()}
        case list() | tuple():
            return [_carried(each) for each in value]
        case bool():
            return value
        case int() if not -(2**63) <= value < 2**64:
            return str(value)
        case float() if not math.isfinite(value):
            return None
    return value

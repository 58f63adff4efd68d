"""The folder of one run: what is written while it goes on, so that an interruption loses nothing.

Several processes of a run may write at once: each line is one append, each file has a name nobody else has.
Knows nothing of how the report looks.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import msgspec

from harness.checks.finding import LoadOutcome, Outcome
from harness.errors import UsageError
from harness.history import History
from harness.plan import Plan
from harness.report.evidence import keep_evidence
from harness.report.fresh_file import first_free, slug, write_new
from harness.report.record import Addition, RunMeta, RunRecord, encode, read_record
from harness.report.repro_file import refile, write_repros
from harness.report.wire_log import wire_log

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One run on disk. Made by `create`, found again by `open`."""

    path: Path

    @classmethod
    def create(cls, root: Path, *, what: str, meta: RunMeta, clock: Clock = utc_now) -> RunFolder:
        """Make `root/<time>-<what>/` with its `run.json`, and point `root/latest` at it where links are possible.

        The time is in UTC. Two runs that start in one second get two folders.
        """
        root.mkdir(parents=True, exist_ok=True)
        now = clock()
        name = f"{now:%Y%m%d-%H%M%S}-{slug(what)}"
        path = first_free(root, name, lambda each: each.mkdir())
        folder = cls(path)
        folder._write_meta(msgspec.structs.replace(meta, what=what, started=meta.started or _iso(now)))
        _point_latest_at(path)
        return folder

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Return the run folder at `path`, which may be the `latest` link.

        Raises:
            UsageError: there is no run folder.
        """
        found = path.resolve()
        if not found.is_dir() or not any((found / each).exists() for each in ("run.json", "outcomes.jsonl", "load")):
            raise UsageError(
                "this is not the folder of a run",
                where=str(path),
                todo="give one that a run wrote, like onesocket-runs/latest",
            )
        return cls(found)

    def add_outcome(
        self,
        outcome: Outcome,
        *,
        history: History | None = None,
        plan: Plan | None = None,
        whole: Plan | None = None,
        evidence: Path | None = None,
    ) -> Outcome:
        """Append one test's outcome, with its history, and with a repro for each requirement that its plan broke.

        `whole` is the plan from which `plan` was shrunk, `evidence` a folder of files to move here. Returns the outcome
        as written: with `history`, `repros`, `shown`, `plan`, `summary`, `events` and `evidence` filled in.
        """
        filled: dict[str, object] = {}
        if plan is not None:
            filled |= {"plan": outcome.plan or tuple(plan.words), "summary": outcome.summary or plan.summary}
        if history is not None:
            lines = b"".join(encode(event) + b"\n" for event in history)
            shown = outcome.shown or tuple(wire_log(history, each) for each in outcome.findings)
            filled |= {
                "history": self._write_history(outcome.test, lines),
                "shown": shown,
                "events": outcome.events or len(history),
            }
            if evidence is not None and (outcome.findings or outcome.status == "target"):
                filled["evidence"] = keep_evidence(self.path, evidence, name=Path(str(filled["history"])).stem)
        if plan is not None and outcome.findings:
            filled["repros"] = write_repros(self.path, outcome, plan=plan, whole=whole, meta=self.read().meta)
        outcome = msgspec.structs.replace(outcome, **filled)
        _append(self.path / "outcomes.jsonl", encode(outcome))
        return outcome

    def add_load(self, outcome: LoadOutcome) -> LoadOutcome:
        """Write one load run to `load/<scenario>.json`; a scenario that ran before keeps its file."""
        folder = self.path / "load"
        folder.mkdir(exist_ok=True)
        outcome = _finite(outcome)
        content = msgspec.json.format(encode(outcome), indent=2) + b"\n"
        first_free(folder, slug(outcome.scenario), lambda each: write_new(each, content), suffix=".json")
        return outcome

    def add_scope(self, scope: Mapping[str, Sequence[str]]) -> None:
        """Add requirements, each with its worlds, to what this run set out to check; any process of the run may."""
        added = Addition(scope={name: tuple(worlds) for name, worlds in scope.items()})
        _append(self.path / "additions.jsonl", encode(added))

    def add_note(self, note: str) -> None:
        """Add a sentence of the harness to the report; any process of the run may."""
        _append(self.path / "additions.jsonl", encode(Addition(notes=(note,))))

    def not_begun(self, why: str, *, left_tests: int) -> None:
        """Say that no test is begun, and in three lines why; `left_tests` is how many there would have been."""
        _append(self.path / "additions.jsonl", encode(Addition(not_begun=why, left_tests=left_tests)))

    def outcomes(self) -> tuple[Outcome, ...]:
        """Return the outcomes so far, in the order of their ends."""
        return self.read().outcomes

    def loads(self) -> tuple[LoadOutcome, ...]:
        """Return the load runs so far, by name."""
        return self.read().loads

    def read(self) -> RunRecord:
        """Return all that the folder holds."""
        return read_record(self.path)

    def finish(self, *, interrupted: bool = False, clock: Clock = utc_now) -> None:
        """Write down that the run is over, and name its repros for what the whole of it says they break.

        Without it a report says that the run was killed.
        """
        renamed = refile(self.path, self.outcomes())
        if renamed:
            _append(self.path / "additions.jsonl", encode(Addition(repros=renamed)))
        meta_file = self.path / "run.json"
        try:
            meta = msgspec.json.decode(meta_file.read_bytes(), type=RunMeta)
        except (OSError, msgspec.DecodeError):
            meta = RunMeta(what=self.path.name)
        self._write_meta(msgspec.structs.replace(meta, ended=_iso(clock()), interrupted=interrupted))

    def _write_meta(self, meta: RunMeta) -> None:
        # Replaced in one go: a report that is written meanwhile reads the old file or the new one.
        beside = self.path / f".run.{os.getpid()}.json"
        beside.write_bytes(msgspec.json.format(encode(meta), indent=2) + b"\n")
        beside.replace(self.path / "run.json")

    def _write_history(self, test: str, lines: bytes) -> str:
        folder = self.path / "histories"
        folder.mkdir(exist_ok=True)
        for number in count(sum(1 for _ in folder.iterdir()) + 1):
            path = folder / f"{number:03}-{slug(test)}.jsonl"
            # Another process may be at the same number with another test: the number alone has to be free.
            if any(folder.glob(f"{number:03}-*")):
                continue
            with contextlib.suppress(FileExistsError):
                write_new(path, lines)
                return path.relative_to(self.path).as_posix()
        raise AssertionError  # pragma: no cover - count() has no end


def _append(path: Path, line: bytes) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        size = os.fstat(descriptor).st_size
        # A process that was killed may have left half a line, which must not spoil this one.
        cut = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(descriptor, (b"\n" if cut else b"") + line + b"\n")
    finally:
        os.close(descriptor)


def _point_latest_at(path: Path) -> None:
    # Some systems have no links, some folders forbid them, and a run is worth more than its shortcut.
    beside = path.parent / f".latest-{path.name}"
    try:
        beside.symlink_to(path.name, target_is_directory=True)
        beside.replace(path.parent / "latest")
    except (OSError, NotImplementedError):
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def _finite(outcome: LoadOutcome) -> LoadOutcome:
    # JSON has no infinity, and the last class of a histogram may well end there.
    top = max((bound for bound, _ in outcome.histogram if math.isfinite(bound)), default=0.0)
    return msgspec.structs.replace(
        outcome,
        percentiles={name: each for name, each in outcome.percentiles.items() if math.isfinite(each)},
        publish_percentiles={name: each for name, each in outcome.publish_percentiles.items() if math.isfinite(each)},
        histogram=tuple((bound if math.isfinite(bound) else top, many) for bound, many in outcome.histogram),
        timeline=tuple(each for each in outcome.timeline if all(math.isfinite(number) for number in each)),
        series={
            name: tuple(point for point in points if all(math.isfinite(number) for number in point))
            for name, points in outcome.series.items()
        },
        more={
            name: {share: each for share, each in found.items() if math.isfinite(each)}
            for name, found in outcome.more.items()
        },
    )


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

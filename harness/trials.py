"""The trials of one test session: where the target file is, the laboratory for it, and the run folder that outcomes
go to.

Shared by the pytest plugin and the command line; knows neither.
"""

from __future__ import annotations

import dataclasses
import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Protocol

import msgspec

from harness.checks.filing import kin
from harness.checks.finding import Finding, Outcome
from harness.checks.known_failing import Known, parse_known_failing
from harness.checks.registry import scope, tried
from harness.checks.verdict import fails_alone
from harness.errors import CapabilityMissing, OnesocketError, TargetError, UsageError
from harness.faults.words import parse_fault
from harness.report.record import RunMeta
from harness.report.run_folder import RunFolder
from harness.report.story import tell
from harness.report.summary import summary_lines
from harness.report.write import read_run, report_paths, write_report
from harness.requirement import requirements
from harness.targets.capability import declared, lacking
from harness.targets.file import Target, load_target
from harness.targets.locate import locate_target
from harness.targets.surroundings import missing_programs
from harness.worlds.engine import EngineName
from harness.worlds.laboratory import Laboratory, Trial

LOST_TRIALS = 3
"""So many trials in a row that the target makes impossible end a session."""
REPORTED = ("websockets", "hypothesis", "playwright", "locust", "anyio")


def reference_file() -> Path:
    """Return the target file of the reference implementation."""
    return Path(str(files("harness").joinpath("reference", "target.toml")))


def versions() -> dict[str, str]:
    """Return the versions that a report names."""
    found = {"python": platform.python_version()}
    for name in ("onesocket", *REPORTED):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def meta_of(target: Target) -> RunMeta:
    """Return what a run folder is told of the target, so that it can be judged without it later."""
    return RunMeta(
        target=target.name,
        url=target.url,
        versions=versions(),
        declared=tuple(sorted(declared(target))),
        lacking={**lacking(target), **missing_programs(target)},
    )


def read_known_failing(path: str) -> tuple[Known, ...]:
    """Return the list of known failures in the file `path`.

    Raises:
        UsageError: it cannot be read, or names a requirement that does not exist.
    """
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            "the list of known failures cannot be read",
            where=f"{path}: {error}",
            todo="name a file, or write one with: onesocket run --write-known-failing FILE",
        ) from error
    return parse_known_failing(text, where=path, names=requirements())


class Shrinks(Protocol):
    """Finds the trial of the smallest plan that shows the same: a laboratory."""

    def smallest(self, trial: Trial) -> Trial: ...

    def traced(self, trial: Trial) -> Trial: ...


@dataclass(slots=True)
class Trials:
    """One session's target and run folder. `verified` counts the requirements that held at least once.

    `known` is the list of known failures; once the session has ended, `stale` tells whether one of them held.
    """

    target: Target
    target_file: Path
    folder: RunFolder
    seed: str
    owns_folder: bool
    known: tuple[Known, ...] = ()
    stale: bool = False
    _held: Counter[str] = field(default_factory=Counter)
    _explained: set[str] = field(default_factory=set)
    _lost_in_a_row: int = 0

    @classmethod
    def begin(
        cls, *, target_file: str | None, run_dir: str | None, root: Path, seed: str, known: tuple[Known, ...] = ()
    ) -> Trials:
        """Read the target file and open the run folder, or make one under `root`.

        Raises:
            TargetFileError: the target file is wrong.
            UsageError: `run_dir` is no run folder.
        """
        path = locate_target(target_file) if target_file else reference_file()
        target = load_target(path)
        if run_dir is not None:
            return cls(target, path, RunFolder.open(Path(run_dir)), seed, owns_folder=False, known=known)
        meta = msgspec.structs.replace(meta_of(target), target_file=target_file or "", seed=seed, known_failing=known)
        return cls(target, path, RunFolder.create(root, what="pytest", meta=meta), seed, owns_folder=True, known=known)

    def laboratory(
        self, *, headed: bool = False, slow_mo_s: float = 0.0, faults: Sequence[str] = (),
        engine: EngineName = "chromium",
    ) -> Laboratory:  # fmt: skip
        """Return a laboratory for the target, not yet entered; `faults` are what its network does, in words.

        Raises:
            UsageError: a sentence says no fault.
        """
        folder, network = self.target_file.resolve().parent, tuple(parse_fault(each) for each in faults)
        return Laboratory(
            self.target, folder, seed=self.seed, headed=headed, slow_mo_s=slow_mo_s, keeps_evidence=True,
            faults=network, engine=engine,
        )  # fmt: skip

    @property
    def verified(self) -> int:
        """How many requirements held at least once so far."""
        return len(self._held)

    def explained(self, trial: Trial, *, laboratory: Shrinks) -> Trial:
        """Return the trial of the smallest plan that shows what `trial` found, once for each requirement.

        Browsers are traced for it where there are any.
        """
        broken = {each.requirement for each in trial.judgement.findings}
        if trial.error is not None:
            return trial
        smallest = trial
        if not broken <= self._explained:
            self._explained |= broken
            smallest = laboratory.smallest(trial)
        smallest = laboratory.traced(smallest)
        return trial if smallest is trial else dataclasses.replace(smallest, whole=trial)

    def add(self, trial: Trial, *, test: str) -> Outcome:
        """Write the outcome of one trial, with what the plan from which it was shrunk showed beyond it."""
        return self.add_all([trial], test=test)

    def add_all(self, trials: Sequence[Trial], *, test: str) -> Outcome:
        """Write one outcome for all examples of a property test, with the history of the last that showed a finding.

        Hypothesis replays the smallest failing example last. What only others showed is written too, as outcomes of
        their own. Returns the first one.
        """
        every = [each for trial in trials for each in (trial.whole, trial) if each is not None]
        telling = next((each for each in reversed(every) if each.judgement.findings), every[-1])
        held: Counter[str] = Counter()
        for each in every:
            held.update(each.judgement.held)
        outcome = msgspec.structs.replace(
            telling.outcome(test),
            held=dict(held),
            events=sum(len(each.history) for each in every),
            duration_s=round(sum(each.duration_s for each in every), 3),
        )
        written = self._write(outcome, telling)
        told = {each.requirement for each in written.findings}
        for each in reversed(every):
            beyond = tuple(finding for finding in each.judgement.findings if finding.requirement not in told)
            if beyond:
                told |= {finding.requirement for finding in beyond}
                self._write(msgspec.structs.replace(each.outcome(test), findings=beyond, held={}), each)
        return written

    def given_up(self, trial: Trial) -> OnesocketError | None:
        """Count trials in a row that the target made impossible, this one too; return its error from the third on."""
        lost = isinstance(trial.error, TargetError) and not isinstance(trial.error, CapabilityMissing)
        self._lost_in_a_row = self._lost_in_a_row + 1 if lost else 0
        return trial.error if self._lost_in_a_row >= LOST_TRIALS else None

    def lost(self, error: OnesocketError) -> None:
        """Write down that the target could not be used at all."""
        status = "target" if error.exit_code == 3 else "harness"
        self.folder.add_outcome(Outcome(test="start", world="wire", status=status, reason=str(error)))

    def story(self, trial: Trial) -> str:
        """Return the findings of a trial as text, each with what led to it."""
        stories = []
        for number, finding in enumerate(trial.judgement.findings[:5]):
            story = tell(trial.outcome(trial.plan.name), number, history=trial.history, folder="", target_file="")
            steps = [f"    {'>' if step.running else ' '} {step.words}" for step in story.steps]
            stories.append(
                "\n".join(
                    (
                        f"{finding.requirement}: {finding.expected}",
                        f"  seen: {finding.seen}",
                        "  plan:",
                        *steps,
                        "  wire log:",
                        *(f"    {line.text}" for line in story.log),
                    )
                )
            )
        more = len(trial.judgement.findings) - len(stories)
        return "\n\n".join(stories) + (f"\n\nand {more} more findings" if more > 0 else "")

    def grave(self, findings: Sequence[Finding]) -> bool:
        """Tell whether any of these fails the run, and is no mere warning."""
        catalogue, promised = requirements(), declared(self.target)
        return any(fails_alone(each, catalogue.get(each.requirement), declared=promised) for each in findings)

    def all_known(self, findings: Sequence[Finding], *, test: str) -> bool:
        """Tell whether all that a test found is on the list of known failures, under whatever name the end gives it."""
        return all(
            any(
                entry.covers(msgspec.structs.replace(each, requirement=name), test=test)
                for entry in self.known
                for name in kin(each.requirement)
            )
            for each in findings
        )

    def end(self, *, interrupted: bool, whole: Sequence[str] = ()) -> list[str]:
        """Write the report if the run folder is ours, and return the lines that say what was found.

        `whole` are the worlds whose suite was carried out as a whole: there the report names what was not tried. Of
        any other it tells only what its tests put to the test.
        """
        if not self.owns_folder:
            return []
        self.folder.add_scope(tried(self.folder.outcomes()))
        self.folder.add_scope(scope(whole))
        self.folder.finish(interrupted=interrupted)
        write_report(self.folder)
        verdict, view = read_run(self.folder)
        self.stale = bool(verdict.stale)
        return summary_lines(view, written=report_paths(self.folder))

    def _write(self, outcome: Outcome, trial: Trial) -> Outcome:
        self._held.update(outcome.held)
        whole = trial.whole.plan if trial.whole is not None else None
        return self.folder.add_outcome(
            outcome, history=trial.history, plan=trial.plan, whole=whole, evidence=trial.evidence
        )

"""A run from its first child to its report: starts the parts one by one, follows them, ends in an exit code.

However it ends, by itself, by Ctrl-C or because a child died, a whole report is written. The verdict is
`judge_run`'s alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path

import anyio
import click
import msgspec

from harness.checks.filing import classify
from harness.checks.finding import LoadOutcome, Outcome
from harness.checks.known_failing import dump_known_failing, failing_of
from harness.checks.registry import tried
from harness.cli.aftermath import End, Ending, explain, log_name, misused
from harness.cli.dry_run import count_tests
from harness.cli.follow import Follower
from harness.cli.options import RunSettings
from harness.cli.part import Part
from harness.cli.preflight import look
from harness.cli.progress import Progress, budget_broken, shows_terminal
from harness.cli.target_choice import TargetChoice
from harness.cli.watched import Watched, any_goes_on
from harness.errors import OnesocketError, TargetError
from harness.interruption import Interruption
from harness.report.run_folder import RunFolder
from harness.report.summary import summary_lines
from harness.report.wording import counted
from harness.report.write import KINDS, read_run, report_paths, write_report
from harness.trials import meta_of

POLL_S = 0.1
EXIT_TARGET = 3
EXIT_INTERRUPTED = 130
_NOTICE = {
    Ending.INTERRUPTED: "interrupted: {} is asked to finish, so that the report is whole (once more: at once)",
    Ending.HUNG: "{} has been silent for too long and is asked to finish",
}


@dataclass(frozen=True, slots=True)
class Job:
    """What a command sets out to do. `parts` is handed the run folder; `skipped` are outcomes known beforehand.

    Parts that follow each other and are jobs of one are carried out at the same time.
    """

    what: str
    choice: TargetChoice
    settings: RunSettings
    command: str
    scope: Mapping[str, tuple[str, ...]] | None
    """Each requirement that is to be checked, with its worlds; None: whatever the chosen tests put to the test."""
    parts: Callable[[Path], Sequence[Part]]
    skipped: tuple[Outcome, ...] = ()
    select: str | None = None
    closing: tuple[str, ...] = ()
    """Lines after the summary: what to do next."""


def carry_out(job: Job) -> int:
    """Carry out `job`, write its reports, say what was found, and return the exit code."""
    meta = msgspec.structs.replace(
        meta_of(job.choice.target),
        target_file=job.choice.named,
        seed=str(job.settings.seed),
        command=job.command,
        scope=dict(job.scope or {}),
        known_failing=job.settings.known,
        strict=job.settings.strict,
    )
    folder = RunFolder.create(job.settings.out, what=job.what, meta=meta)
    folder = RunFolder(folder.path.resolve())
    with Interruption() as interruption:
        with Progress(moving=shows_terminal(), known=meta.known_failing, declared=meta.declared) as progress:
            progress.say(f"onesocket {job.what}: {job.choice.target.name}, seed {job.settings.seed}")
            misuse = None
            if _may_begin(job, folder, progress, interruption):
                misuse = _Run(job, folder, progress, interruption).all_parts()
        if job.scope is None:
            folder.add_scope(tried(folder.outcomes()))
        folder.finish(interrupted=interruption.asked > 0)
        if misuse is not None:
            raise misuse
        code = tell_report(folder, kinds=job.settings.reports)
        if job.settings.write_known is not None:
            _write_known(folder, job.settings.write_known)
    if code != EXIT_INTERRUPTED:
        for line in job.closing:
            click.echo(line)
    return code


def _may_begin(job: Job, folder: RunFolder, progress: Progress, interruption: Interruption) -> bool:
    """Have a first look at the target; say what is wrong, and whether there is any use in going on."""
    lost: OnesocketError
    try:
        seen = anyio.run(partial(look, job.choice, stopped=lambda: interruption.asked > 0))
    except TargetError as error:
        folder.add_outcome(Outcome(test="start", world="wire", status="target", reason=str(error)))
        lost = error
    else:
        if seen.unfit is None or job.settings.anyway:
            for doubt in (*((str(seen.unfit),) if seen.unfit else ()), *seen.doubts):
                progress.warn(doubt)
                folder.add_note(f"Before the first test: {doubt}")
            return True
        lost = seen.unfit
    folder.not_begun(str(lost), left_tests=count_tests(job.parts(folder.path)))
    return False


def tell_report(folder: RunFolder, *, kinds: Sequence[str]) -> int:
    """Write the reports of a run folder, print its summary, and return the exit code that follows."""
    written = tuple(dict.fromkeys("markdown" if kind == "github" else kind for kind in kinds))
    verdict = write_report(folder, kinds=written)
    if "github" in kinds:
        _add_to_job_summary(folder)
    _, view = read_run(folder)
    click.echo()
    for number, line in enumerate(summary_lines(view, written=report_paths(folder, kinds=written))):
        colour = {0: "green", 1: "red"}.get(verdict.exit_code, "yellow")
        click.echo(click.style(line, bold=True, fg=colour) if number == 0 else line)
    over = [load for load in folder.loads() if budget_broken(load)]
    for load in over:
        click.echo(f"load {load.scenario}: {load.reason}")
    return 1 if over and verdict.exit_code in {0, 5} else verdict.exit_code


def _write_known(folder: RunFolder, path: Path) -> None:
    record = folder.read()
    found = [(each.test, finding) for each in classify(record.outcomes) for finding in each.findings]
    found += [(f"load/{each.scenario}", finding) for each in record.loads for finding in each.findings]
    known = failing_of([each for each in found if each[1].level == "fail"], before=record.meta.known_failing)
    path.write_text(dump_known_failing(known, toml=path.suffix == ".toml"), encoding="utf-8")
    click.echo(f"known failures: {path}, {counted(len(known), 'entry', plural='entries')}")


@dataclass(slots=True)
class _Run:
    job: Job
    folder: RunFolder
    progress: Progress
    interruption: Interruption
    told: list[Outcome] = field(default_factory=list)

    def all_parts(self) -> OnesocketError | None:
        follower = Follower(self.folder.path)
        for outcome in self.job.skipped:
            self.folder.add_outcome(outcome)
        for _, jobs in groupby(self.job.parts(self.folder.path), key=lambda part: part.what):
            if self.interruption.asked:
                break
            ends, outcomes, loads = self._together(list(jobs), follower)
            lost = False
            for part, end in ends:
                misuse = misused(part, end, select=self.job.select)
                if misuse is not None:
                    return misuse
                missing = explain(part, end, outcomes=outcomes, loads=loads)
                if missing is not None:
                    self.folder.add_outcome(missing)
                lost = lost or (end.code == EXIT_TARGET and (missing is None or missing.status == "target"))
            self._show(follower)
            if lost:
                break
        return None

    def _together(
        self, parts: Sequence[Part], follower: Follower
    ) -> tuple[list[tuple[Part, End]], list[Outcome], list[LoadOutcome]]:
        """Carry out parts at the same time; return how each ended, and what they found together."""
        self.progress.part(parts[0].name if len(parts) == 1 else f"{parts[0].what} in {len(parts)} jobs")
        outcomes, loads = self._show(follower)
        watched = [Watched.start(part, log=self.folder.path / "logs" / log_name(part)) for part in parts]
        try:
            while any_goes_on(watched, timeout_s=POLL_S):
                new = self._show(follower)
                outcomes += new[0]
                loads += new[1]
                for each in watched:
                    notice = each.mind(asked=self.interruption.asked, sign=any(new))
                    if notice is not None:
                        self.progress.say(_NOTICE[notice].format(each.part.name))
                self.progress.tick(running=", ".join(each.running for each in watched if each.running))
        finally:
            # Also when we ourselves break: nothing that a child started may stay.
            for each in watched:
                each.end()
        new = self._show(follower)
        return [(each.part, each.ended) for each in watched], outcomes + new[0], loads + new[1]

    def _show(self, follower: Follower) -> tuple[list[Outcome], list[LoadOutcome]]:
        outcomes, loads = follower.outcomes(), follower.loads()
        for outcome in outcomes:
            self.told.append(outcome)
            # Filed as all that was seen so far has it, so that the end seldom has to say otherwise.
            self.progress.outcome(classify(self.told)[-1])
        for load in loads:
            self.progress.load(load)
        return outcomes, loads


def _add_to_job_summary(folder: RunFolder) -> None:
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        text = (folder.path / KINDS["markdown"][0]).read_text("utf-8")
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(text)

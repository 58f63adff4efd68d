"""From a run folder to the files that people and programs read. The folder is all it needs, at any time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from harness.checks.verdict import RunVerdict, judge_run
from harness.errors import UsageError, did_you_mean
from harness.history import History
from harness.report.html import OWN_HISTORY, html_report
from harness.report.jsonl import jsonl_report
from harness.report.junit import junit_report
from harness.report.markdown import markdown_report
from harness.report.run_folder import RunFolder
from harness.report.view import ReportView, build_view
from harness.requirement import requirements

KINDS: dict[str, tuple[str, Callable[[ReportView], str]]] = {
    "html": ("report.html", html_report),
    "jsonl": ("report.jsonl", jsonl_report),
    "junit": ("junit.xml", junit_report),
    "markdown": ("report.md", markdown_report),
}
"""Each kind of report: its file in the run folder, and what makes its text."""


def write_report(folder: RunFolder, *, kinds: Sequence[str] = ("html", "jsonl")) -> RunVerdict:
    """Write the reports of `kinds` into the run folder and return the verdict they tell.

    Raises:
        UsageError: there is no such kind.
    """
    unknown = next((kind for kind in kinds if kind not in KINDS), None)
    if unknown is not None:
        raise UsageError(
            "there is no such kind of report", where=f"--report {unknown}", todo=did_you_mean(unknown, KINDS)
        )
    verdict, view = read_run(folder)
    for kind in kinds:
        name, render = KINDS[kind]
        (folder.path / name).write_text(render(view), encoding="utf-8", newline="\n")
    return verdict


def report_paths(folder: RunFolder, *, kinds: Sequence[str] = ("html", "jsonl")) -> tuple[str, ...]:
    """Return where `write_report` puts each kind, as the user reaches it."""
    return tuple(f"{shown_path(folder.path)}/{KINDS[kind][0]}" for kind in kinds)


def read_run(folder: RunFolder) -> tuple[RunVerdict, ReportView]:
    """Return the verdict of a run folder and the view that every report is made of."""
    record = folder.read()
    verdict = judge_run(
        record.outcomes,
        record.loads,
        catalogue=[each for each in requirements().values() if not each.withdrawn],
        scope=record.meta.scope,
        declared=record.meta.declared,
        lacking=record.meta.lacking,
        known=record.meta.known_failing,
        interrupted=record.interrupted,
        strict=record.meta.strict,
    )

    @lru_cache(maxsize=4)
    def history_of(name: str) -> History | None:
        return _history(folder.path, name)

    return verdict, build_view(record, verdict, history_of=history_of, folder=shown_path(folder.path))


def shown_path(path: Path) -> str:
    """Return `path` as the user would type it: relative to where they stand when it is below."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_posix()


def _history(folder: Path, name: str) -> History | None:
    # The name comes from a file that anyone may have sent; only the run's own histories are opened.
    if not OWN_HISTORY.fullmatch(name):
        return None
    try:
        return History.load((folder / name).read_text("utf-8", "replace").split("\n"))
    except OSError:
        return None

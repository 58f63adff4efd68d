"""The run in a few plain lines, for the end of a command in a terminal or a log. No colour: the CLI adds that."""

from __future__ import annotations

import textwrap

from harness.report.engines import engine_table
from harness.report.finding_group import FindingGroup
from harness.report.view import LoadView, ReportView
from harness.report.wording import counted, milliseconds, one_line

WIDTH_CHARS = 100
MOST_GROUPS = 10
UNDECLARED = "the target file does not declare "


def summary_lines(view: ReportView, *, written: tuple[str, ...] = ()) -> list[str]:
    """Return the run in lines; `written` are the paths of the reports, named at the end."""
    lines = [f"{view.headline}: {view.sentence}" if not view.not_begun else view.not_begun.capitalize()]
    about = [each for each in (one_line(view.meta.target), view.tried, view.duration) if each]
    lines.append("  " + " · ".join(about))
    if view.not_begun:
        # What else there is to say of such a run would only hide why it was none.
        lines += [f"note: {one_line(each)}" for each in view.notes]
        lines += [line for each in view.mishaps for line in ("", *each.reason.splitlines())]
        return lines + (["", *(f"report: {path}" for path in written)] if written else [])
    lines.append("  " + "   ".join(f"{each.words.sign} {each.number} {each.words.label}" for each in view.counts))
    for group in view.groups[:MOST_GROUPS]:
        lines += ["", *_finding(group)]
    if len(view.groups) > MOST_GROUPS:
        lines += ["", f"and {counted(len(view.groups) - MOST_GROUPS, 'more group')} of findings, in the report"]
    for load in view.loads:
        lines += ["", *_load(load)]
    if view.listed or view.missing:
        lines.append("")
    lines += [f"known: {each}" for each in view.listed]
    if view.missing:
        lines += _not_offered(view.missing)
    if view.skips:
        lines.append("")
        lines += [f"skipped {counted(len(each.tests), 'test')}: {one_line(each.reason)}" for each in view.skips]
    engines = engine_table(view.outcomes, statuses=view.statuses)
    if engines is not None:
        lines += ["", *engines.lines]
    for mishap in view.mishaps:
        lines += ["", f"could not be judged: {mishap.test}", *(f"  {line}" for line in mishap.reason.splitlines())]
    if view.notes:
        lines += ["", *(f"note: {one_line(each)}" for each in view.notes)]
    if written:
        lines += ["", *(f"report: {path}" for path in written)]
    return lines


def _finding(group: FindingGroup) -> list[str]:
    story = group.stories[0]
    what = f"{group.words.sign} {one_line(group.id)} {group.words.label}"
    worlds = " and ".join(one_line(each) for each in group.worlds)
    lines = [f"{what}, {counted(group.total, 'time')} in {worlds}, first in {story.test}"]
    lines += _wrapped("expected", story.expected)
    lines += _wrapped("seen", story.seen)
    if group.renamed:
        lines += _wrapped("name", group.renamed)
    if group.reason:
        lines += _wrapped("why", group.reason)
    if story.crash:
        lines += _wrapped("crash", story.crash[0]) + [f"            | {line}" for line in story.crash[1:]]
    if story.replay:
        lines.append(f"  {'replay':<9} {one_line(story.replay)}")
    return lines


def _not_offered(missing: dict[str, list[str]]) -> list[str]:
    told = [f"{reason.removeprefix(UNDECLARED)} ({', '.join(names)})" for reason, names in missing.items()]
    return textwrap.wrap(
        f"not tried, for want of: {', '.join(told)}",
        width=WIDTH_CHARS,
        subsequent_indent="  ",
        break_on_hyphens=False,
    )


def _wrapped(name: str, text: str) -> list[str]:
    return textwrap.wrap(
        one_line(text, cut_chars=600),
        width=WIDTH_CHARS,
        initial_indent=f"  {name:<9} ",
        subsequent_indent=" " * 12,
        break_long_words=True,
        break_on_hyphens=False,
    ) or [f"  {name:<9} (nothing was said)"]


def _load(load: LoadView) -> list[str]:
    outcome = load.outcome
    state = "" if outcome.status == "valid" else f", INVALID: {one_line(outcome.reason)}"
    latency = "  ".join(
        f"p{name} {milliseconds(outcome.percentiles[name])} ms"
        for name in ("50", "95", "99")
        if name in outcome.percentiles
    )
    deliveries = f"{outcome.counts.delivered:,} of {outcome.counts.expected:,} deliveries"
    return [
        f"load {one_line(outcome.scenario)}: {counted(outcome.users, 'user')}, {deliveries}{state}",
        "  " + "   ".join(f"{number:,} {name}" for name, number in load.broken) + (f"   {latency}" if latency else ""),
    ]

"""The run in a page of Markdown: for a pull request, a chat, or the summary of a CI job."""

from __future__ import annotations

import re

from harness.report.finding_group import FindingGroup
from harness.report.view import LoadView, ReportView
from harness.report.wording import counted, cut, milliseconds, one_line

MOST_GROUPS = 20
CELL_CHARS = 200
# A backslash before each of these is plain text in every dialect, so foreign text stays text.
_ACTIVE = re.compile(r"([\\`*_\[\]<>|~#&$]|:(?=//))")


def markdown_report(view: ReportView) -> str:
    """Return the run as Markdown."""
    parts = [
        f"## onesocket: {view.headline}",
        f"{_cell(view.sentence)} (exit code {view.exit_code}: {view.exit_meaning}).",
        " · ".join(_about(view)),
        _counts(view),
        *([_findings(view)] if view.groups else []),
        *([_loads(view.loads)] if view.loads else []),
        *(["\n".join(f"- {_cell(each)}" for each in view.listed)] if view.listed else []),
        *([view.not_begun.capitalize() + "."] if view.not_begun else [_untried(view)] if view.untried else []),
        *(["\n".join(f"> {_cell(each)}" for each in view.notes)] if view.notes else []),
    ]
    return "\n\n".join(parts) + "\n"


def _about(view: ReportView) -> list[str]:
    target = f"**{_cell(view.meta.target or 'target')}**" + (f" {_code(view.meta.url)}" if view.meta.url else "")
    return [each for each in (target, view.tried, view.duration) if each]


def _counts(view: ReportView) -> str:
    head = " | ".join(f"{each.words.sign} {each.words.label}" for each in view.counts)
    return f"| {head} |\n|{'---:|' * len(view.counts)}\n| {' | '.join(str(each.number) for each in view.counts)} |"


def _findings(view: ReportView) -> str:
    lines = ["### What is broken", "| | expected | seen | in |", "|---|---|---|---|"]
    lines += [_finding(each) for each in view.groups[:MOST_GROUPS]]
    replays = [group.stories[0].replay for group in view.groups[:MOST_GROUPS] if group.stories[0].replay]
    if len(view.groups) > MOST_GROUPS:
        lines.append(f"\n{counted(len(view.groups) - MOST_GROUPS, 'more group')} of findings are in the HTML report.")
    if replays:
        lines += [
            "\nSee it again:",
            "```sh",
            *(one_line(each).replace("```", "` ` `") for each in dict.fromkeys(replays)),
            "```",
        ]
    return "\n".join([lines[0], "", *lines[1:]])


def _finding(group: FindingGroup) -> str:
    story = group.stories[0]
    tests = len(group.stories) + len(group.also_in) + group.more_tests
    where = _cell(story.test) + (f" and {counted(tests - 1, 'more test')}" if tests > 1 else "")
    name = f"**{_cell(group.id)}** {group.words.label} ({counted(group.total, 'time')})"
    return f"| {name} | {_cell(story.expected)} | {_cell(story.seen)} | {where} |"


def _loads(loads: tuple[LoadView, ...]) -> str:
    lines = [
        "### Load",
        "",
        "| scenario | delivered | lost | duplicate | reordered | misdelivered | corrupt | p50 | p99 |",
        "|---" + "|---:" * 8 + "|",
    ]
    for load in loads:
        outcome = load.outcome
        numbers = " | ".join(f"{number:,}" for _, number in load.broken)
        latency = " | ".join(_latency(outcome.percentiles.get(name)) for name in ("50", "99"))
        invalid = "" if outcome.status == "valid" else f" (invalid: {_cell(outcome.reason)})"
        lines.append(f"| {_cell(outcome.scenario)}{invalid} | {outcome.counts.delivered:,} | {numbers} | {latency} |")
    return "\n".join(lines)


def _latency(value: float | None) -> str:
    return "not measured" if value is None else f"{milliseconds(value)} ms"


def _untried(view: ReportView) -> str:
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in view.untried:
        reasons.setdefault((row.words.label, row.reason), []).append(row.id)
    lines = [f"<details><summary>{counted(len(view.untried), 'requirement')} not verified</summary>", ""]
    lines += [
        f"- {label}, {_cell(reason)}: {', '.join(_cell(each) for each in ids)}"
        for (label, reason), ids in reasons.items()
    ]
    return "\n".join([*lines, "", "</details>"])


def _cell(text: str) -> str:
    return _ACTIVE.sub(r"\\\1", cut(one_line(text), chars=CELL_CHARS))


def _code(text: str) -> str:
    return f"`{one_line(text).replace('`', '')}`"

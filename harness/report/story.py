"""The story of a finding: what was expected and seen, the plan with the running step, the wire log, the way back.

Reads nothing itself: it is handed the outcome and, where it is still there, the history.
"""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from harness.checks.finding import Finding, Outcome
from harness.history import History
from harness.report.timeline import timeline
from harness.report.timeline_svg import draw
from harness.report.wire_log import HERE, PRINTED, running_step, wire_log
from harness.report.wording import one_line, plain

OWN_EVIDENCE = re.compile(r"evidence/[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")
_SHAPE = re.compile(r"\s*[\d.]+\s+(?P<observer>\S+)\s+(?P<arrow>[→←·])")


@dataclass(frozen=True, slots=True)
class StoryStep:
    """One step of the plan in words; `running` when the finding was made in it."""

    words: str
    running: bool = False


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the wire log; `kind` is here, to, from, step or aside."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Files of the run folder: pictures of tabs, logs of frames, traces, and the command that shows the first trace."""

    pictures: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    traces: tuple[str, ...] = ()
    viewer: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """A finding, told. `replay` is a command for a shell, empty when no plan was saved."""

    requirement: str
    check: str
    level: str
    test: str
    world: str
    seed: str
    observer: str
    expected: str
    seen: str
    steps: tuple[StoryStep, ...]
    log: tuple[LogLine, ...]
    history: str
    replay: str
    crash: tuple[str, ...] = ()
    """That the target's process died, and what it printed last; empty when it did not."""
    picture: str = ""
    """Lanes, messages and where it broke, as SVG; empty where nobody asked for it or no page was in it."""
    left_out: tuple[str, ...] = ()
    evidence: Evidence = Evidence()


def tell(
    outcome: Outcome, number: int, *, history: History | None, folder: str, target_file: str, pictured: bool = False
) -> Story:
    """Return the story of the finding `number` (from 0) of `outcome`.

    `folder` is how the user reaches the run folder; it and `target_file` go into the replay command. `pictured` asks
    for a picture where there can be one.
    """
    finding = outcome.findings[number]
    repro = outcome.repros.get(finding.requirement) or next(iter(outcome.repros.values()), "")
    running = running_step(history, finding.at) if history is not None else None
    shown = _shown(outcome, number, finding, history)
    picture = timeline(history, finding) if history is not None and pictured else None
    return Story(
        requirement=finding.requirement,
        check=finding.check,
        level=finding.level,
        test=one_line(outcome.test),
        world=outcome.world,
        seed=one_line(outcome.seed),
        observer=one_line(finding.observer),
        expected=plain(finding.expected),
        seen=plain(finding.seen),
        steps=tuple(StoryStep(one_line(words), index == running) for index, words in enumerate(outcome.plan)),
        log=tuple(_log_line(text) for text in shown),
        history=outcome.history,
        replay=replay_command(f"{folder}/{repro}", target_file=target_file) if repro else "",
        crash=crash_of(shown),
        picture=draw(picture) if picture is not None else "",
        left_out=picture.left_out if picture is not None else (),
        evidence=evidence_of(outcome, folder=folder),
    )


def evidence_of(outcome: Outcome, *, folder: str) -> Evidence:
    """Return what was kept of a page trial, by sort; names that are none of a run folder's own are left out."""
    own = tuple(name for name in outcome.evidence if OWN_EVIDENCE.fullmatch(name))
    traces = tuple(name for name in own if name.endswith(".zip"))
    return Evidence(
        pictures=tuple(name for name in own if name.endswith(".png")),
        logs=tuple(name for name in own if name.endswith(".log")),
        traces=traces,
        viewer=shlex.join(["playwright", "show-trace", f"{folder}/{traces[0]}"]) if traces else "",
    )


def crash_of(shown: Sequence[str]) -> tuple[str, ...]:
    """Return what the lines of a wire log say of the death of the target's process; nothing where it lived."""
    first = next((number for number, line in enumerate(shown) if line.startswith(PRINTED)), None)
    if not first:
        return ()
    printed = itertools.takewhile(lambda line: line.startswith(PRINTED), shown[first:])
    told = one_line(shown[first - 1].partition(" · ")[2])
    return (told, *(one_line(line.removeprefix(PRINTED)) for line in printed))


def replay_command(repro: str, *, target_file: str) -> str:
    """Return the command that carries a saved plan out again."""
    return shlex.join(["onesocket", "replay", repro, *(["--target", target_file] if target_file else [])])


def _shown(outcome: Outcome, number: int, finding: Finding, history: History | None) -> tuple[str, ...]:
    if number < len(outcome.shown):
        return outcome.shown[number]
    return wire_log(history, finding) if history is not None else ()


def _log_line(text: str) -> LogLine:
    # The lines come from a file, so they are taken for what they look like, never for markup.
    text = one_line(text)
    if text.startswith(HERE):
        return LogLine(text, "here")
    shape = _SHAPE.match(text)
    if shape is None:
        return LogLine(text, "aside")
    return LogLine(
        text, "step" if shape["observer"] == "step" else {"→": "to", "←": "from"}.get(shape["arrow"], "aside")
    )

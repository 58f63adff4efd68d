"""The wire log of a finding: which events of a history a reader needs to see it, one line of words each.

Knows no requirement; a line is time, observer, direction, text.
"""

from __future__ import annotations

import json

import msgspec

from harness.checks.finding import Finding
from harness.history import (
    AnyEvent,
    BrowserLimited,
    BrowserSettled,
    ConnectionClosed,
    ConnectionClosing,
    ConnectionOpened,
    ConnectionOpening,
    ConnectionReady,
    ConnectionRefused,
    FramesEnded,
    FramesSending,
    History,
    IdentityChanged,
    IdentityChanging,
    Lag,
    Malformed,
    PageError,
    PublishFinished,
    PublishStarted,
    Received,
    RunEnded,
    RunStarted,
    Sent,
    Settled,
    StepFinished,
    StepStarted,
    StreamCounted,
    TabClosed,
    TabOpened,
    TabReady,
    TargetDied,
    TargetRestarted,
    TargetRestarting,
    Uplink,
)
from harness.report.frame_line import frame_line
from harness.report.wording import one_line
from harness.wire.close_codes import in_words
from harness.wire.template import Json

PRINTED = f"{'':9}  | "
"""Begins a line that the target's process printed before it died."""
HERE = "▶"
"""Begins the line that shows the finding."""

_WHO = ("connection", "observer", "sender", "tab", "browser", "by")
"""The fields that say at whom an event was seen, the first that an event has."""

BEFORE, AFTER, MOST_LINES = 10, 6, 60
DATA_CHARS = 160


def wire_log(history: History, finding: Finding) -> tuple[str, ...]:
    """Return the lines around `finding`: its neighbours, its message's whole life, and the steps these belong to."""
    at = finding.at if 0 <= finding.at < len(history) else len(history) - 1
    wanted = set(range(max(0, at - BEFORE), min(len(history), at + AFTER + 1)))
    if finding.token:
        wanted |= {index for index, event in enumerate(history) if finding.token in _tokens(event)}
    wanted |= _deaths(history, at)
    wanted |= {step for index in wanted if (step := _step_event(history, index)) is not None}
    chosen = sorted(wanted)
    if len(chosen) > MOST_LINES:
        chosen = sorted(sorted(chosen, key=lambda index: abs(index - at))[:MOST_LINES])
    return tuple(_lines(history, chosen, here=finding.at))


def running_step(history: History, at: int) -> int | None:
    """Return the number of the step (from 0) that ran at event `at`; None before the first one."""
    if not 0 <= at < len(history):
        return None
    found = _step_event(history, at)
    event = history[found] if found is not None else None
    return event.index if isinstance(event, StepStarted) else None


def event_line(event: AnyEvent) -> str:
    """Return one event as a line: seconds, observer, direction (→ to the target, ← from it, · neither), what."""
    observer, arrow, words = _said(event)
    return f"{event.at_s:7.3f}  {one_line(observer, cut_chars=24):<8} {arrow} {words}"


def _lines(history: History, chosen: list[int], *, here: int) -> list[str]:
    lines: list[str] = []
    previous = -1
    for index in chosen:
        left_out = index - previous - 1
        if left_out:
            lines.append(f"{'':9}  ⋮ {left_out:,} more")
        lines.append(f"{HERE if index == here else ' '} {event_line(history[index])}")
        lines += [f"{PRINTED}{one_line(line, cut_chars=DATA_CHARS)}" for line in _printed(history[index])]
        previous = index
    if chosen and (left_out := len(history) - 1 - previous):
        lines.append(f"{'':9}  ⋮ {left_out:,} more")
    return lines


def _deaths(history: History, at: int) -> set[int]:
    """Return where the process was seen to have died in the step to which `at` belongs."""
    step = _step_event(history, at)
    later = (index for index in range(max(0, at), len(history)) if _has_died(history[index]))
    return {index for index in later if _step_event(history, index) == step}


def _has_died(event: AnyEvent) -> bool:
    return isinstance(event, TargetDied) or (isinstance(event, TargetRestarting) and event.died is not None)


def _printed(event: AnyEvent) -> tuple[str, ...]:
    if isinstance(event, TargetDied | TargetRestarting) and _has_died(event):
        return event.output or ("(it printed nothing)",)
    return ()


def _step_event(history: History, index: int) -> int | None:
    return next((each for each in range(index, -1, -1) if isinstance(history[each], StepStarted)), None)


def _tokens(event: AnyEvent) -> tuple[str, ...]:
    own: str | None = getattr(event, "token", None)
    several: tuple[str, ...] = getattr(event, "tokens", ())
    return (own,) if own else several


def _data(data: Json) -> str:
    return one_line(json.dumps(data, ensure_ascii=False), cut_chars=DATA_CHARS)


def _said(event: AnyEvent) -> tuple[str, str, str]:
    match event:
        case Sent():
            return event.sender, "→", f"{_name(event.channel)}  {event.token}"
        case Received():
            return event.observer, "←", f"{_name(event.channel)}  {_data(event.data)}"
        case Malformed():
            return event.observer, "←", f"not an envelope ({event.why}): {one_line(event.raw, cut_chars=DATA_CHARS)}"
        case FramesSending() | FramesEnded():
            return frame_line(event)
        case Uplink():
            return event.connection, "→", f"seen on the wire: {' '.join(event.tokens)}"
        case PublishStarted():
            whom = "to everyone" if event.kind != "private" else f"to {event.to_user or f'id {event.to_id!r}, nobody'}"
            return event.by or "control", "→", f"{event.kind} {whom} on {_name(event.channel)}  {_data(event.expected)}"
        case PublishFinished():
            answer = "accepted" if event.accepted else "refused"
            return "control", "←", f"publish {answer}, HTTP {event.status or 'no answer'}  {event.token}"
        case _:
            return _happened(event)


def _happened(event: AnyEvent) -> tuple[str, str, str]:
    match event:
        case StepStarted():
            return "step", "·", f"{event.index + 1}. {one_line(event.step)}"
        case StepFinished():
            return "run", "·", f"step {event.index + 1} {event.outcome}" + _note(event.note)
        case ConnectionOpening():
            how = " with its old cookies" if event.replayed else f" from {event.origin}" if event.origin else ""
            return event.connection, "→", f"opens a connection{how}"
        case ConnectionOpened():
            return event.connection, "←", "connection accepted"
        case ConnectionRefused():
            return (
                event.connection,
                "←",
                f"connection refused, HTTP {event.status or 'no answer'}" + _note(event.reason),
            )
        case ConnectionReady():
            return event.connection, "·", "ready" + (", an echo came back" if event.probed else "")
        case ConnectionClosing():
            return event.connection, "→", "closes the connection"
        case ConnectionClosed():
            return event.connection, "←", f"closed by the {event.by} {in_words(event.code)}" + _note(event.reason)
        case _:
            return _happened_elsewhere(event)


def _happened_elsewhere(event: AnyEvent) -> tuple[str, str, str]:
    match event:
        case RunStarted():
            return (
                "run",
                "·",
                f"{one_line(event.plan)} in world {event.world}" + (f", seed {event.seed}" if event.seed else ""),
            )
        case TabOpened():
            return event.tab, "·", "tab opened"
        case TabReady():
            return event.tab, "·", "tab ready"
        case TabClosed():
            return event.tab, "·", f"tab goes: {event.how}"
        case IdentityChanging():
            lasts = f", for {event.lasts_s:g} s" if event.lasts_s else ""
            return event.browser, "→", f"signs in as {event.user}{lasts}" if event.user else "signs out"
        case IdentityChanged():
            said = "" if event.ok else ", but the target refused"
            return event.browser, "←", (f"is now {event.user}" if event.user else "is now a guest") + said
        case BrowserLimited():
            return event.browser, "·", f"its tabs cannot share: {event.how}"
        case StreamCounted():
            told = f"missed {event.missing} of {event.asked}, {event.twice} came twice, {event.disordered} out of order"
            return event.tab, "·", told
        case BrowserSettled():
            late = f", {event.overdue_s:.1f} s late" if event.overdue_s else ""
            return event.browser, "·", f"{event.tabs} tabs, {event.live_sockets} live connections{late}"
        case Settled():
            return (
                "run",
                "·",
                f"settled after {event.waited_s:.1f} s" + ("" if event.complete else ", something is still missing"),
            )
        case TargetDied(code=code) | TargetRestarting(died=int(code)):
            return "target", "·", f"its process ended by itself, with code {code}; the last that it printed:"
        case TargetRestarting():
            return "target", "·", "is killed" if event.kill else "is stopped"
        case TargetRestarted():
            return "target", "·", "is up again"
        case PageError():
            return event.tab, "·", f"uncaught error: {one_line(event.text, cut_chars=DATA_CHARS)}"
        case Lag():
            return "run", "·", f"this machine was {event.lag_s:.2f} s late"
        case RunEnded():
            return "run", "·", f"ended: {event.outcome}" + _note(event.note)
        case _:
            return _as_it_is(event)


def _as_it_is(event: AnyEvent) -> tuple[str, str, str]:
    """Return an event without a wording of its own: its name in words, and what it holds beyond the defaults."""
    config = type(event).__struct_config__
    shown = {
        each.name: getattr(event, each.name)
        for each in msgspec.structs.fields(event)
        if each.name != "at_s" and getattr(event, each.name) != each.default
    }
    observer = next((str(shown.pop(name)) for name in _WHO if name in shown), "run")
    held = ", ".join(f"{name} {_data(msgspec.to_builtins(value))}" for name, value in shown.items())
    return observer, "·", one_line(str(config.tag).replace("_", " ") + (f": {held}" if held else ""))


def _name(channel: str) -> str:
    return one_line(channel, cut_chars=80) or '""'


def _note(note: str) -> str:
    return f" ({one_line(note, cut_chars=DATA_CHARS)})" if note else ""

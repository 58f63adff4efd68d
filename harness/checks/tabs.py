"""Tabs share what their browser's connection gets, and only that: TAB-2, TAB-3, TAB-6, TAB-7.

What a tab misses while another is away is filed where that belongs (`absence.py`).

Looks only at what happens between a connection and the tabs behind it: what already went wrong on the connection is
filed there, by delivery, isolation and order.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.absence import filed_for, filed_twice
from harness.checks.filing_pages import DOUBLE, MISSED
from harness.checks.filing_tabs import (
    DEAF,
    DOWN,
    LOST,
    LOST_AFTER_CHANGE,
    TWICE,
    UNANSWERED,
    UNSENT,
    UNSENT_AFTER_CHANGE,
)
from harness.checks.finding import Finding, Held
from harness.checks.single_connection import kind_for, requirement_for
from harness.checks.views import requirement_of_view
from harness.model.absence import limits_of
from harness.model.duty import may_reach_tab, must_answer_tab, must_reach_tab, unserved, went_up_once
from harness.model.model import Model
from harness.model.state import Browser, Message, TabLife
from harness.wire.template import match


def tabs(model: Model) -> Iterator[Finding | Held]:
    """Judge each message in each tab, and each message sent from a tab."""
    for message in model.messages.values():
        if message.kind in {"broadcast", "private"}:
            for life in model.lives():
                yield from _judge(model, life, message)
        elif message.kind == "echo" and message.by in model.tabs and message.settled is not None:
            yield from _judge_send(model, message)


def _judge(model: Model, life: TabLife, message: Message) -> Iterator[Finding | Held]:
    arrived = model.delivered(life.key, message.token)
    browser = model.browser(life.browser)
    if message.kind == "private":
        yield from _judge_privacy(model, life, message)
    if len(arrived) > 1 and all(len(model.delivered(each.id, message.token)) <= 1 for each in browser.connections):
        yield _finding(
            requirement_of_view(model, life, message) or filed_twice(model, browser, message),
            life,
            message,
            at=arrived[1].moment.index,
            expected="the tab is handed the message once",
            seen=f"{len(arrived)} times",
            kind=DOUBLE,
        )
    if message.settled is None:
        return
    if must_reach_tab(model, life, message):
        changed = _changed(browser, message)
        followed = message.kind == "private" and changed
        if not arrived:
            followed = followed or _came_before_the_change(model, browser, message)
            requirement = "TAB-7" if followed else requirement_of_view(model, life, message) or "TAB-2"
            requirement = filed_for(model, browser, message) or requirement
            got = f"the connection of its browser received it, {life.id} was not handed it"
            yield _finding(
                requirement,
                life,
                message,
                at=message.started.index,
                expected="the tab is handed what its browser receives",
                seen=got,
                kind=MISSED if requirement.startswith("SUB") else LOST_AFTER_CHANGE if changed else LOST,
            )
        elif (
            not arrived[0].shown  # what a page shows of a message is its own to word
            and match(message.expected, arrived[0].data) is None
            and _arrived_well(model, browser, message)
        ):
            yield _finding(
                "TAB-2",
                life,
                message,
                at=arrived[0].moment.index,
                expected=f"data like {message.expected!r}"[:300],
                seen=f"data {arrived[0].data!r}"[:300],
            )
        elif len(arrived) == 1 and _open_tabs(browser, message) > 1:
            yield Held("TAB-2")
            if followed:
                yield Held("TAB-7")
            if limits_of(model, browser.id):
                yield Held("TAB-10")
    elif not arrived and browser.connections and unserved(model, life, message):
        yield from _judge_unserved(model, browser, life, message)


def _judge_unserved(model: Model, browser: Browser, life: TabLife, message: Message) -> Iterator[Finding]:
    live = [each for each in browser.connections if each.opened and not each.over_by(message.started.index)]
    cause = next(
        (
            cause
            for moment, event, cause in reversed(model.settled_browsers)
            if event.browser == browser.id and moment.index < message.started.index
        ),
        "open",
    )
    if live and message.kind == "broadcast":
        return
    if live and cause != "identity":
        return
    filed = filed_for(model, browser, message)
    state = "its browser's socket still belongs to whom it was before" if live else "its browser has no connection"
    yield _finding(
        filed or requirement_for(cause, tabs=_open_tabs(browser, message), browser=browser),
        life,
        message,
        at=message.started.index,
        expected=f"the tab is handed the {message.kind} message",
        seen=f"it was not: {state}",
        kind=DOWN if not (live or filed) and kind_for(cause) == DOWN else DEAF,
    )


def _judge_privacy(model: Model, life: TabLife, message: Message) -> Iterator[Finding | Held]:
    browser = model.browser(life.browser)
    arrived = model.delivered(life.key, message.token)
    on_connection = any(
        delivery.moment > life.opened
        for each in browser.connections
        for delivery in model.delivered(each.id, message.token)
    )
    if arrived and not on_connection and not may_reach_tab(model, life, arrived[0], message):
        former = message.to_user is not None and any(span.user == message.to_user for span in browser.spans)
        yield _finding(
            "TAB-7" if former else "TAB-6",
            life,
            message,
            at=arrived[0].moment.index,
            expected=f"the tab shows no private message of {message.to_user or 'others'}",
            seen="it was handed one that its browser's socket never received",
        )
    elif not arrived and message.to_user and _open_throughout(model, life, message):
        others = any(model.delivered(each.key, message.token) for each in model.lives() if each.browser != life.browser)
        if others and browser.users(message.started, message.settled or model.now).isdisjoint({message.to_user}):
            yield Held("TAB-6")


def _judge_send(model: Model, message: Message) -> Iterator[Finding | Held]:
    life = model.tabs[message.by or ""]
    if not must_answer_tab(model, life, message):
        return
    browser = model.browser(life.browser)
    replies = sum(len(model.delivered(each.id, message.token)) for each in browser.connections)
    arrived = model.delivered(life.key, message.token)
    expected = "what the tab sends reaches the server once, and the reply reaches the tab"
    if not went_up_once(model, browser, message):
        times = f"{message.uplinks} times" if message.uplinks else "never"
        filed = filed_for(model, browser, message) if not message.uplinks else ""
        unsent = UNSENT_AFTER_CHANGE if not filed and _changed(browser, message) else UNSENT
        yield _finding(
            filed or "TAB-3",
            life,
            message,
            at=message.started.index,
            expected=expected,
            seen=f"it was sent to the server {times}",
            kind=TWICE if message.uplinks else unsent,
        )
    elif replies != 1:
        yield _finding(
            "EN-1",
            life,
            message,
            at=message.started.index,
            expected="exactly one reply to the echo",
            seen=f"{replies} replies came" if replies else "no reply came",
            kind="" if replies else "loss:few",
        )
    elif len(arrived) != 1:
        yield _finding(
            (filed_for(model, browser, message) if not arrived else "") or "TAB-3",
            life,
            message,
            at=message.started.index,
            expected=expected,
            seen=f"the reply came to the tab {len(arrived)} times",
            kind=DOUBLE if arrived else UNANSWERED,
        )
    elif _open_tabs(browser, message) > 1:
        yield Held("TAB-3")


def _changed(browser: Browser, message: Message) -> bool:
    """Whether the browser's user had changed before the message."""
    return sum(span.since.index < message.started.index for span in browser.spans) > 1


def _open_throughout(model: Model, life: TabLife, message: Message) -> bool:
    end = message.settled or model.now
    ready = life.ready is not None and life.ready.index < message.started.index
    return ready and (life.closed is None or life.closed.index > end.index)


def _came_before_the_change(model: Model, browser: Browser, message: Message) -> bool:
    """Whether every connection that got the message is from before the last sign-in or sign-out: nobody followed it."""
    changed = max((span.since.index for span in browser.spans if span.since.index < message.started.index), default=-1)
    got = [each for each in browser.connections if model.delivered(each.id, message.token)]
    return all(each.opening.index < changed for each in got)


def _arrived_well(model: Model, browser: Browser, message: Message) -> bool:
    return any(
        match(message.expected, arrived.data) is not None
        for each in browser.connections
        for arrived in model.delivered(each.id, message.token)
    )


def _open_tabs(browser: Browser, message: Message) -> int:
    return sum(
        life.opened.index < message.started.index and (life.closed is None or life.closed.index > message.started.index)
        for life in browser.tabs
    )


def _finding(
    requirement: str, life: TabLife, message: Message, *, at: int, expected: str, seen: str, kind: str = ""
) -> Finding:
    return Finding(
        requirement=requirement,
        check="tabs",
        observer=life.id,
        token=message.token,
        at=at,
        expected=expected,
        seen=seen,
        kind=kind,
    )

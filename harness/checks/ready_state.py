"""What tabs show of the connection and of the user is true in every tab: TAB-11, and the lesser half of TAB-7.

Deadlines: tabs have `failover_s` to tell each other. A tab that did not answer for a while is given it anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.filing_tabs import SHOWN, SHUT_AFTER_CHANGE
from harness.checks.finding import Finding, Held
from harness.history import BrowserSettled, TabState
from harness.model.absence import THIRD_PARTY, limits_of
from harness.model.lag import lag_between
from harness.model.model import Model
from harness.model.state import Moment, TabLife
from harness.model.uptime import down_since, state_before

OPEN = 1
WORDS = ("CONNECTING", "OPEN", "CLOSING", "CLOSED")
LOOK_S = 0.25
"""How old an answer may be when it is recorded."""


def ready_state(model: Model) -> Iterator[Finding | Held]:
    """Judge each thing that a tab says of its connection, and what all say of it and of their user at rest.

    A tab that hears nothing of the connection is found for that; that it does not show it as open is true.
    """
    for moment, event in model.facts(TabState):
        life = _life(model, event.tab, moment)
        if life is not None and event.ready_state is not None:
            yield from _judge_while_down(model, life, moment, event)
    for moment, settled, cause in model.settled_browsers:
        if settled.live_sockets == 1 and limits_of(model, settled.browser) != THIRD_PARTY:
            for life in _lives(model, settled, moment):
                if life.id not in settled.deaf:
                    yield from _judge_at_rest(model, life, moment)
                if cause == "identity":
                    yield from _judge_user(model, life, moment)


def _judge_while_down(model: Model, life: TabLife, moment: Moment, event: TabState) -> Iterator[Finding | Held]:
    down = down_since(model, model.browser(life.browser), moment)
    if down is None or life.opened.index > down.index:
        return
    if event.ready_state != OPEN:
        before = state_before(model, life, moment)
        if before is not None and before.ready_state == OPEN:
            yield Held("TAB-11")
        return
    since_s = max(down.at_s, _silent_until_s(model, life, moment))
    allowed_s = model.promises.failover_s + max(LOOK_S, event.took_s) + lag_between(model, since_s, moment.at_s)
    if moment.at_s > since_s + allowed_s:
        yield Finding(
            requirement="TAB-11",
            check="ready_state",
            observer=life.id,
            at=moment.index,
            expected="no tab shows OPEN when its browser has no connection any more",
            seen=f"{life.id} shows OPEN, {moment.at_s - down.at_s:.2f} s after the browser's last connection had ended",
        )


def _judge_at_rest(model: Model, life: TabLife, moment: Moment) -> Iterator[Finding | Held]:
    said = state_before(model, life, moment)
    live = [
        each
        for each in model.browser(life.browser).connections
        if each.opened is not None and each.opened.index < moment.index and not each.over_by(moment.index)
    ]
    if said is None or said.ready_state is None or len(live) != 1 or live[0].opened is None:
        return
    if said.ready_state == OPEN:
        if live[0].opened.index < life.opened.index:
            yield Held("TAB-11")  # it learnt of a connection that was there before it
        return
    since_s = max(live[0].opened.at_s, life.opened.at_s, _silent_until_s(model, life, moment))
    allowed_s = model.promises.failover_s + model.promises.reconnect_s + lag_between(model, since_s, moment.at_s)
    if moment.at_s > since_s + allowed_s:
        opened = live[0].opened.index
        changed = any(opened < each.since.index < moment.index for each in model.browser(life.browser).spans)
        state = WORDS[said.ready_state] if said.ready_state < len(WORDS) else str(said.ready_state)
        yield Finding(
            requirement="TAB-11",
            check="ready_state",
            observer=life.id,
            at=moment.index,
            expected=f"every tab shows OPEN while {live[0].id} is open",
            seen=f"{life.id} shows {state}, {moment.at_s - live[0].opened.at_s:.2f} s after it was opened",
            kind=SHUT_AFTER_CHANGE if changed or _other_user(model, life, said, moment) else "",
        )


def _judge_user(model: Model, life: TabLife, moment: Moment) -> Iterator[Finding]:
    """Judge `userId()`: a tab that names another known user than the browser's, when all had time to learn better.

    A page may say that it is open before it has asked whose its new connection is.
    """
    said = state_before(model, life, moment)
    if said is None or not (other := _other_user(model, life, said, moment)):
        return
    browser = model.browser(life.browser)
    (user,) = browser.users(moment, moment)
    changes = [each.since for each in browser.spans] + [each.opened for each in browser.connections if each.opened]
    since_s = max(_silent_until_s(model, life, moment), *(each.at_s for each in changes if each < moment))
    allowed_s = model.promises.failover_s + said.took_s + lag_between(model, since_s, moment.at_s)
    if moment.at_s >= since_s + allowed_s:
        yield Finding(
            requirement="TAB-7",
            check="ready_state",
            observer=life.id,
            at=moment.index,
            level="warn",
            kind=SHOWN,
            expected=f"every tab knows that the browser is {user or 'a guest'} now",
            seen=f"{life.id} says that its user is {other}",
        )


def _other_user(model: Model, life: TabLife, said: TabState, moment: Moment) -> str:
    """Return the known user that a tab says is its own and the browser is not; "" for none."""
    users = model.browser(life.browser).users(moment, moment)
    if not said.asks or said.user is None or len(users) != 1:
        return ""
    name = next((name for name, number in model.ids.items() if number == said.user), "")
    return name if name and {name} != users else ""


def _lives(model: Model, settled: BrowserSettled, moment: Moment) -> list[TabLife]:
    return [
        life
        for life in model.browser(settled.browser).tabs
        if life.opened.index < moment.index and (life.closed is None or life.closed.index > moment.index)
    ]


def _life(model: Model, tab: str, moment: Moment) -> TabLife | None:
    lives = [each for each in model.lives() if each.id == tab and each.opened.index < moment.index]
    return lives[-1] if lives and (lives[-1].closed is None or lives[-1].closed.index > moment.index) else None


def _silent_until_s(model: Model, life: TabLife, at: Moment) -> float:
    """Return when the tab last did not answer, or spoke again after that, before a moment."""
    said = [(moment, event) for moment, event in model.facts(TabState) if event.tab == life.id]
    again = 0.0
    silent = False
    for moment, event in said:
        if moment.index > at.index:
            break
        if silent or event.ready_state is None:
            again = moment.at_s
        silent = event.ready_state is None
    return again

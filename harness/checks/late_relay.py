"""What the old user was sent is not shown once the browser has come to rest as another: TAB-8.

Judged only between a connection and the tabs behind it: the message came in good time, and was handed out too late.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.finding import Finding, Held
from harness.model.model import Model
from harness.model.state import Browser, Message, Moment, TabLife

JUST_S = 1.0
"""What came so shortly before the change may still have been on its way between tabs."""


def late_relay(model: Model) -> Iterator[Finding | Held]:
    """Judge each private message in each tab of a browser that became somebody else at about that time."""
    for life in model.lives():
        browser = model.browser(life.browser)
        for message in model.messages.values():
            if message.kind == "private" and message.to_user is not None:
                yield from _judge(model, browser, life, message)


def _judge(model: Model, browser: Browser, life: TabLife, message: Message) -> Iterator[Finding | Held]:
    came = [arrived.moment for each in browser.connections for arrived in model.delivered(each.id, message.token)[:1]]
    if not came:
        return
    changes = [each for each in browser.spans if each.since.index >= 0 and each.user != message.to_user]
    change = next((each for each in changes if each.since.at_s > min(came).at_s - JUST_S), None)
    if change is None or life.opened > change.since:
        return
    rest = _at_rest_after(model, browser, change.since)
    if rest is None or min(came) > rest or message.to_user in browser.users(rest, model.now):
        return
    arrived = model.delivered(life.key, message.token)
    if any(each.moment > rest for each in arrived[:1]):
        yield Finding(
            requirement="TAB-8",
            check="late_relay",
            observer=life.id,
            token=message.token,
            at=arrived[0].moment.index,
            expected=f"nothing for {message.to_user} is shown once the browser has become {change.user or 'a guest'}",
            seen=f"{life.id} was handed it {arrived[0].moment.at_s - min(came).at_s:.2f} s after its browser got it",
        )
    else:
        yield Held("TAB-8")


def _at_rest_after(model: Model, browser: Browser, change: Moment) -> Moment | None:
    """Return when the browser first came to rest after a change; nothing may be left of who it was then."""
    return next(
        (
            moment
            for moment, event, _ in model.settled_browsers
            if event.browser == browser.id and moment > change and event.live_sockets == 1
        ),
        None,
    )

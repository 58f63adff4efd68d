"""A view hears from its mount to its unmount, whatever others do: SUB-1 to SUB-4; and a text stays one: OPS-1.
A message that equals the one before is one of its own: TAB-2.

What a tab misses or gets twice is found by `tabs`, which asks here whether a view's coming and going explains it. A tab
that never was handed anything on a channel proves nothing about its views.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.filing_pages import HEARD
from harness.checks.finding import Finding, Held
from harness.history import MarkupLookedFor, SameBroadcast
from harness.model.duty import must_reach_tab
from harness.model.lag import lag_between
from harness.model.model import Model
from harness.model.state import Message, Moment, TabLife, ViewChange


def views(model: Model) -> Iterator[Finding | Held]:
    """Judge each published message in each tab whose views have changed, or whose browser's have."""
    for life in model.lives():
        browser = model.browser(life.browser)
        if any(each.views for each in browser.tabs):
            for message in model.messages.values():
                if message.kind in {"broadcast", "private"} and _heard_before(model, life, message):
                    yield from _judge(model, life, message)
        for change in life.views:
            if change.looked and not change.mounted:
                yield from _judge_late(model, life, change)
    for moment, event in model.facts(MarkupLookedFor):
        yield from _judge_markup(moment, event)
    for moment, same in model.facts(SameBroadcast):
        yield from _judge_same(moment, same)


def requirement_of_view(model: Model, life: TabLife, message: Message) -> str:
    """Return which requirement is broken when a tab is not handed a message, or twice; "" where no view explains it."""
    if not _heard_before(model, life, message):
        return ""
    change = life.view_before(message.channel, message.started.index)
    if change is not None:
        if change.times > 1:
            return "SUB-3"
        return "SUB-4" if change.down else "SUB-1"
    others = [each for each in model.browser(life.browser).tabs if each is not life]
    beside = any(each.view_before(message.channel, message.started.index) for each in others)
    return "SUB-2" if beside else ""


def _judge(model: Model, life: TabLife, message: Message) -> Iterator[Finding | Held]:
    arrived = model.delivered(life.key, message.token)
    change = life.view_before(message.channel, message.started.index)
    if change is not None and not change.mounted:
        yield from _judge_unmounted(model, life, message, change)
    elif len(arrived) == 1 and must_reach_tab(model, life, message):
        requirement = requirement_of_view(model, life, message)
        if requirement:
            yield Held(requirement)


def _judge_unmounted(model: Model, life: TabLife, message: Message, change: ViewChange) -> Iterator[Finding | Held]:
    """Judge what came to the browser when the view was gone; what came before may have been handed out before."""
    came = [
        arrived.moment
        for each in model.browser(life.browser).connections
        for arrived in model.delivered(each.id, message.token)[:1]
    ]
    if change.done is None or not came or min(came).index < change.done.index:
        return
    again = _next_change(life, change)
    arrived = [each for each in model.delivered(life.key, message.token) if again is None or each.moment < again.asked]
    if arrived:
        after_s = min(came).at_s - change.done.at_s
        seen = f"{life.id} was handed what came {after_s:.2f} s after it had unmounted it"
        yield _handed_after(life, message, change, at=arrived[0].moment, seen=seen)
    elif message.settled is not None and (again is None or again.asked > message.settled):
        late = [] if again is None else model.delivered(life.key, message.token)
        if not late:
            yield Held("SUB-3" if change.times > 1 else "SUB-1")
        elif again is not None and _was_told(model, min(came), again.asked):
            yield Finding(
                requirement="SUB-1",
                check="views",
                observer=life.id,
                token=message.token,
                at=late[0].moment.index,
                level="warn",
                expected=f"a view that is mounted is handed what comes on {message.channel!r} from then on",
                seen=f"{life.id} was handed what had come {again.asked.at_s - min(came).at_s:.2f} s before the mount",
            )


def _was_told(model: Model, came: Moment, mounted: Moment) -> bool:
    """Whether tabs had told each other of what came by the time of a mount: until then it may be on its way still."""
    return mounted.at_s - came.at_s > model.promises.failover_s + lag_between(model, came.at_s, mounted.at_s)


def _judge_late(model: Model, life: TabLife, change: ViewChange) -> Iterator[Finding]:
    """Judge what was published before a view's unmount, and handed to it after that had returned."""
    assert change.done is not None
    again = _next_change(life, change)
    for message in model.messages.values():
        if message.channel != change.channel or message.started > change.asked:
            continue
        late = [
            each.moment
            for each in model.delivered(life.key, message.token)
            if each.moment > change.done and (again is None or each.moment < again.asked)
        ]
        if late:
            seen = f"{life.id} was handed a message after its unmount had returned, that had been on its way before"
            yield _handed_after(life, message, change, at=late[0], seen=seen)


def _next_change(life: TabLife, change: ViewChange) -> ViewChange | None:
    """Return what happens next to the views of the same channel."""
    return next((each for each in life.views if each.channel == change.channel and each.asked > change.asked), None)


def _handed_after(life: TabLife, message: Message, change: ViewChange, *, at: Moment, seen: str) -> Finding:
    return Finding(
        requirement="SUB-3" if change.times > 1 else "SUB-1",
        kind=HEARD,
        check="views",
        observer=life.id,
        token=message.token,
        at=at.index,
        expected=f"a view that was unmounted is handed nothing more on {change.channel!r}",
        seen=seen,
    )


def _heard_before(model: Model, life: TabLife, message: Message) -> bool:
    """Whether this tab was handed another message on this channel, so that its views are known to hear."""
    return any(
        other.channel == message.channel
        and other.started < message.started
        and any(each.moment < message.started for each in model.delivered(life.key, other.token))
        for other in model.messages.values()
    )


def _judge_markup(moment: Moment, event: MarkupLookedFor) -> Iterator[Finding | Held]:
    if event.ran or event.rendered:
        yield Finding(
            requirement="OPS-1",
            check="views",
            observer=event.tab,
            at=moment.index,
            expected="a notification's text is shown as text, whatever is in it",
            seen=f"{event.tab} rendered the markup in it" + (", and it ran" if event.ran else ""),
        )
    elif event.shown:
        yield Held("OPS-1")


def _judge_same(moment: Moment, event: SameBroadcast) -> Iterator[Finding | Held]:
    """Judge messages that equal each other; who was handed none of them is judged by what others tell."""
    if event.came == event.times and 0 < event.handed < event.times:
        yield Finding(
            requirement="TAB-2",
            check="views",
            observer=event.tab,
            at=moment.index,
            expected=f"a message that equals the one before is one of its own: {event.tab} is handed {event.times}",
            seen=f"its browser's connection received {event.came}, it was handed {event.handed}",
        )
    elif event.came == event.handed == event.times:
        yield Held("TAB-2")

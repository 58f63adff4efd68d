"""Messages of one producer arrive in the order in which they were published, and once: ORD-1, ORD-2.

One pass per observer: a message is out of order when one that was asked for after this one had finished came before it.
In tabs, one that was published while another tab was stuck and is handed on once that one wakes up is TAB-9.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from harness.checks.absence import is_stuck
from harness.checks.filing_tabs import ORDER
from harness.checks.finding import Finding, Held
from harness.checks.identity_cause import causes
from harness.model.model import Model
from harness.model.outage import cut_off
from harness.model.state import Browser, Connection, Delivery, Message


def order(model: Model) -> Iterator[Finding | Held]:
    """Judge order and repetition of broadcasts and private messages at each connection, and order in each tab."""
    shuffled: set[str] = set()
    for connection in model.connections.values():
        for arrived in list(model.deliveries[connection.id].values()):
            yield from _judge_repetition(model, connection, arrived)
        for each in _judge_order(model, connection.id):
            if isinstance(each, Finding):
                shuffled.add(connection.browser)
            yield each
    for life in model.lives():
        if life.browser not in shuffled:
            yield from _judge_order(model, life.key, browser=model.browser(life.browser))


def _judge_repetition(model: Model, connection: Connection, arrived: list[Delivery]) -> Iterator[Finding | Held]:
    message = model.messages.get(arrived[0].token) if arrived else None
    if message is None or message.kind not in {"broadcast", "private"}:
        return
    if cut_off(model, message.started, message.settled or model.now):
        return
    befell = causes(model, connection, user=message.to_user, before=message.started)
    renewed = bool(befell) and befell[-1][1] == "ID-10"
    if len(arrived) == 1:
        yield Held("ORD-2")
    else:
        yield Finding(
            requirement="ID-10" if renewed else "ORD-2",
            kind="double" if renewed else "",
            check="order",
            observer=arrived[0].observer,
            token=message.token,
            at=arrived[1].moment.index,
            expected=f"the {message.kind} message arrives at most once on a connection",
            seen=f"it arrived {len(arrived)} times",
        )


def _judge_order(model: Model, key: str, *, browser: Browser | None = None) -> Iterator[Finding | Held]:
    latest: defaultdict[tuple[str, int], Message | None] = defaultdict(lambda: None)
    first = sorted((arrived[0] for arrived in model.deliveries[key].values() if arrived), key=lambda each: each.moment)
    for each in first:
        message = model.messages.get(each.token)
        if message is None or message.kind not in {"broadcast", "private"}:
            continue
        if cut_off(model, message.started, message.settled or model.now):
            continue
        producer = (message.channel, message.instance)
        before = latest[producer]
        if before is not None and message.finished is not None and message.finished.index < before.started.index:
            woken = browser is not None and is_stuck(browser, message.started.index)
            yield Finding(
                requirement="TAB-9" if woken else "ORD-1",
                kind=ORDER,
                check="order",
                observer=each.observer,
                token=message.token,
                at=each.moment.index,
                expected=f"messages on {message.channel!r} arrive in the order in which they were published",
                seen=f"{message.token} arrived after {before.token}, which was published later",
            )
        elif before is not None:
            yield Held("ORD-1")
        if before is None or message.started.index > before.started.index:
            latest[producer] = message

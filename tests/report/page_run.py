"""A made-up history of a page trial: three tabs, one message that one of them was never handed."""

from __future__ import annotations

from harness.checks.finding import Finding
from harness.history import (
    AnyEvent,
    ConnectionClosed,
    ConnectionId,
    ConnectionOpened,
    ConnectionOpening,
    ConnectionReady,
    ConnectionRefused,
    History,
    IdentityChanged,
    PageError,
    PublishStarted,
    Received,
    RunEnded,
    RunStarted,
    Sent,
    StepStarted,
    TabClosed,
    TabOpened,
    TabReady,
    TargetRestarted,
    TargetRestarting,
    Uplink,
)
from harness.wire.token import Token

A1 = ConnectionId("a#1")
LOST = Finding(
    requirement="TAB-2", check="tabs", expected="the tab is handed what its browser receives", seen="it was not",
    observer="a/2", token="osk00000000n0000001z", at=12,
)  # fmt: skip


def lost_history() -> History:
    """Return a broadcast that reaches a/1 and not a/2, and whatever else a page trial can hold."""
    token, other, sent = LOST.token, "osk00000000n0000002z", "osk00000000n0000003z"
    private = Token(other)
    events: list[AnyEvent] = [
        RunStarted(at_s=0.0, plan="lost", world="page", target="t", users={"ada": "1"}),
        StepStarted(at_s=0.01, index=0, step="open a/1"),
        TabOpened(at_s=0.02, tab="a/1", browser="a"),
        ConnectionOpening(at_s=0.1, connection=A1, browser="a"),
        ConnectionOpened(at_s=0.12, connection=A1),
        ConnectionReady(at_s=0.2, connection=A1, probed=False),
        TabReady(at_s=0.2, tab="a/1", ready_state=1),
        StepStarted(at_s=0.3, index=1, step="open a/2"),
        TabOpened(at_s=0.31, tab="a/2", browser="a"),
        TabReady(at_s=0.5, tab="a/2", ready_state=1),
        StepStarted(at_s=0.6, index=2, step="broadcast"),
        IdentityChanged(at_s=0.61, browser="a", user="ada"),
        PublishStarted(at_s=0.62, token=Token(token), kind="broadcast", channel="c", expected={}),
        Received(at_s=0.65, observer="a#1", channel="c", data=token, tokens=(Token(token),)),
        Received(at_s=0.66, observer="a/1", channel="c", data=token, tokens=(Token(token),)),
        StepStarted(at_s=0.7, index=3, step="send_to_user ada"),
        PublishStarted(at_s=0.71, token=private, kind="private", channel="p", expected={}, to_user="ada"),
        Received(at_s=0.72, observer="a/2", channel="p", data=other, tokens=(private,)),
        Sent(at_s=0.8, token=Token(sent), sender="a/2", channel="e", kind="echo"),
        Uplink(at_s=0.82, connection=A1, tokens=(Token(sent),)),
        PageError(at_s=0.85, tab="a/1", text="oops <b>"),
        StepStarted(at_s=0.9, index=4, step="kill and restart the server"),
        TargetRestarting(at_s=0.91, kill=True),
        ConnectionClosed(at_s=0.92, connection=A1, by="server"),
        ConnectionOpening(at_s=0.95, connection=ConnectionId("a#2"), browser="a"),
        ConnectionRefused(at_s=0.96, connection=ConnectionId("a#2"), status=0, reason="gone"),
        TargetRestarted(at_s=1.4),
        TabClosed(at_s=1.5, tab="a/1", how="crash"),
        TabClosed(at_s=1.6, tab="a/2", how="close"),
        RunEnded(at_s=2.0),
    ]
    return History(events)

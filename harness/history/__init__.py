"""History: what every observer saw, append-only and typed, one JSON line an event.

An observer is a connection ("a#1": the first of browser a) or a tab ("a/2"). Events carry names and numbers only. Times
are seconds since the history began, by the recorder's clock; order is the order of the list.
"""

from harness.history.connections import (
    ConnectionClosed,
    ConnectionClosing,
    ConnectionOpened,
    ConnectionOpening,
    ConnectionReady,
    ConnectionRefused,
)
from harness.history.event import ConnectionId, Event, ObserverId
from harness.history.identities import IdentityChanged, IdentityChanging
from harness.history.log import AnyEvent, History, dump_event
from harness.history.messages import Malformed, PublishFinished, PublishStarted, Received, Sent, Uplink
from harness.history.runs import Lag, RunEnded, RunStarted, Settled, StepFinished, StepStarted
from harness.history.server import TargetRestarted, TargetRestarting
from harness.history.tabs import BrowserSettled, PageError, TabClosed, TabOpened, TabReady

__all__ = [
    "AnyEvent",
    "BrowserSettled",
    "ConnectionClosed",
    "ConnectionClosing",
    "ConnectionId",
    "ConnectionOpened",
    "ConnectionOpening",
    "ConnectionReady",
    "ConnectionRefused",
    "Event",
    "History",
    "IdentityChanged",
    "IdentityChanging",
    "Lag",
    "Malformed",
    "ObserverId",
    "PageError",
    "PublishFinished",
    "PublishStarted",
    "Received",
    "RunEnded",
    "RunStarted",
    "Sent",
    "Settled",
    "StepFinished",
    "StepStarted",
    "TabClosed",
    "TabOpened",
    "TabReady",
    "TargetRestarted",
    "TargetRestarting",
    "Uplink",
    "dump_event",
]

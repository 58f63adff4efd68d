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
from harness.history.frames import FramesEnded, FramesSending, SeenFrame
from harness.history.handshakes import CookieClaimed, CookieSeen, Knocked, Knocking, OriginClaimed
from harness.history.identities import IdentityChanged, IdentityChanging
from harness.history.identity_facts import (
    Revoked,
    Revoking,
    SessionExpired,
    SessionExpiring,
    SessionRotated,
    SessionRotating,
    WhoAnswered,
    WhoAsked,
)
from harness.history.instances import (
    BrokerReturned,
    BrokerStopped,
    ElsewherePublished,
    GarbagePublished,
    GarbagePublishing,
    InstancesJoined,
)
from harness.history.log import AnyEvent, History, dump_event
from harness.history.messages import Malformed, PublishFinished, PublishStarted, Received, Sent, Uplink
from harness.history.network import (
    Crowded,
    FaultArmed,
    FaultBit,
    FaultHealed,
    Flooded,
    FrameFaulted,
    HandlerBusy,
    Overwhelmed,
    PeerFreed,
    PeerKept,
    ReaderResumed,
    VolumePublished,
)
from harness.history.outages import FrameSlipped, HandshakesWatched, SilenceEnded
from harness.history.provocations import BareAnswered, BareSent, IdentityClaimed, Provoked, Reviving, SecretShown
from harness.history.runs import Lag, RunEnded, RunStarted, Settled, StepFinished, StepStarted
from harness.history.server import TargetDied, TargetRestarted, TargetRestarting, TargetStopped
from harness.history.streams import EchoedAgain, TalkedLong
from harness.history.tabs import (
    BrowserLimited,
    BrowserSettled,
    ConsoleError,
    PageError,
    StreamCounted,
    TabClosed,
    TabOpened,
    TabReady,
    TabState,
)
from harness.history.views import MarkupLookedFor, ViewChanged, ViewChanging

__all__ = [
    "AnyEvent",
    "BareAnswered",
    "BareSent",
    "BrokerReturned",
    "BrokerStopped",
    "BrowserLimited",
    "BrowserSettled",
    "ConnectionClosed",
    "ConnectionClosing",
    "ConnectionId",
    "ConnectionOpened",
    "ConnectionOpening",
    "ConnectionReady",
    "ConnectionRefused",
    "ConsoleError",
    "CookieClaimed",
    "CookieSeen",
    "Crowded",
    "EchoedAgain",
    "ElsewherePublished",
    "Event",
    "FaultArmed",
    "FaultBit",
    "FaultHealed",
    "Flooded",
    "FrameFaulted",
    "FrameSlipped",
    "FramesEnded",
    "FramesSending",
    "GarbagePublished",
    "GarbagePublishing",
    "HandlerBusy",
    "HandshakesWatched",
    "History",
    "IdentityChanged",
    "IdentityChanging",
    "IdentityClaimed",
    "InstancesJoined",
    "Knocked",
    "Knocking",
    "Lag",
    "Malformed",
    "MarkupLookedFor",
    "ObserverId",
    "OriginClaimed",
    "Overwhelmed",
    "PageError",
    "PeerFreed",
    "PeerKept",
    "Provoked",
    "PublishFinished",
    "PublishStarted",
    "ReaderResumed",
    "Received",
    "Reviving",
    "Revoked",
    "Revoking",
    "RunEnded",
    "RunStarted",
    "SecretShown",
    "SeenFrame",
    "Sent",
    "SessionExpired",
    "SessionExpiring",
    "SessionRotated",
    "SessionRotating",
    "Settled",
    "SilenceEnded",
    "StepFinished",
    "StepStarted",
    "StreamCounted",
    "TabClosed",
    "TabOpened",
    "TabReady",
    "TabState",
    "TalkedLong",
    "TargetDied",
    "TargetRestarted",
    "TargetRestarting",
    "TargetStopped",
    "Uplink",
    "ViewChanged",
    "ViewChanging",
    "VolumePublished",
    "WhoAnswered",
    "WhoAsked",
    "dump_event",
]

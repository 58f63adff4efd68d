"""The log: all events there are, the append-only list of them, and its JSON Lines form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import msgspec

from harness.history.connections import ConnectionEvent
from harness.history.frames import FrameEvent
from harness.history.handshakes import HandshakeEvent
from harness.history.identities import IdentityEvent
from harness.history.identity_facts import IdentityFact
from harness.history.instances import InstanceEvent
from harness.history.messages import MessageEvent
from harness.history.network import NetworkEvent
from harness.history.outages import OutageEvent
from harness.history.provocations import ProvocationEvent
from harness.history.runs import RunEvent
from harness.history.server import ServerEvent
from harness.history.streams import StreamEvent
from harness.history.tabs import TabEvent
from harness.history.views import ViewEvent

AnyEvent: TypeAlias = (
    FrameEvent
    | HandshakeEvent
    | NetworkEvent
    | OutageEvent
    | RunEvent
    | ConnectionEvent
    | TabEvent
    | ViewEvent
    | IdentityEvent
    | IdentityFact
    | MessageEvent
    | ServerEvent
    | InstanceEvent
    | ProvocationEvent
    | StreamEvent
)


class History:
    """An append-only list of events. `on_event` is called with each event as it is recorded."""

    def __init__(self, events: Iterable[AnyEvent] = ()) -> None:
        self._events: list[AnyEvent] = list(events)
        self.on_event: list[Callable[[AnyEvent], None]] = []

    def record(self, event: AnyEvent) -> None:
        """Append `event` and tell those who listen."""
        self._events.append(event)
        for listener in self.on_event:
            listener(event)

    def __iter__(self) -> Iterator[AnyEvent]:
        return iter(self._events)

    def __len__(self) -> int:
        return len(self._events)

    def __getitem__(self, index: int) -> AnyEvent:
        return self._events[index]

    def dump(self) -> str:
        """Return the history as JSON Lines."""
        return "".join(dump_event(event) + "\n" for event in self._events)

    @classmethod
    def load(cls, lines: Iterable[str]) -> History:
        """Return the history that `dump` wrote; blank lines and a cut last line are left out."""
        events = []
        for line in lines:
            if line.strip():
                try:
                    events.append(_DECODER.decode(line))
                except msgspec.DecodeError:
                    break
        return cls(events)


def dump_event(event: AnyEvent) -> str:
    """Return one event as one JSON line, without the line break."""
    return _ENCODER.encode(event).decode()


_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)

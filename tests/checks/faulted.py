"""Stories in which connections fail: the words of `Story`, and those of faults and limits."""

from __future__ import annotations

from typing import Self

from harness.history import (
    ConnectionId,
    Event,
    FaultArmed,
    FaultBit,
    FaultHealed,
    Lag,
    PeerFreed,
    PeerKept,
    PublishFinished,
    TargetDied,
    TargetRestarted,
    TargetRestarting,
    TargetStopped,
    VolumePublished,
)
from tests.model.stories import Story


class Faulted(Story):
    """A history in the making, with faults of the network."""

    def happens(self, kind: type[Event], /, **fields: object) -> Self:
        """Append any event, a moment later."""
        return self._add(kind(at_s=self._tick(), **fields))  # type: ignore[arg-type] # whichever kind it is

    def fault(self, connection: str, kind: str, *, count: int = 1) -> Self:
        """Put a fault on a connection, which ends it unless it is a stall; it bit `count` times."""
        browser, words = connection.partition("#")[0], f"{kind} {connection}"
        if kind != "stall":
            self.closing(connection)
        self.happens(FaultArmed, browser=browser, connection=ConnectionId(connection), kind=kind, fault=words)
        self.happens(FaultBit, browser=browser, fault=words, count=count)
        return self if kind == "stall" else self.closed(connection, by="client", code=None)

    def heal(self, connection: str) -> Self:
        return self.happens(FaultHealed, connection=ConnectionId(connection), kind="stall")

    def drop(self, connection: str) -> Self:
        return self.closing(connection).closed(connection, by="client", code=None)

    def freed(self, connection: str, *, after_s: float = 1.0) -> Self:
        return self.happens(PeerFreed, connection=ConnectionId(connection), how="end of bytes", after_s=after_s)

    def kept(self, connection: str, *, after_s: float = 3.0) -> Self:
        return self.happens(PeerKept, connection=ConnectionId(connection), after_s=after_s)

    def volume(
        self, *, size_bytes: int = 64_000, messages: int = 250, unanswered: bool = False, limit_s: float = 5.0
    ) -> Self:
        return self.happens(
            VolumePublished,
            messages=messages,
            size_bytes=size_bytes,
            seconds=1.0,
            unanswered=unanswered,
            limit_s=limit_s,
        )

    def unanswered(self, name: str = "") -> Self:
        """The request to publish that was asked for last got no answer."""
        return self.happens(PublishFinished, token=self.token(name), accepted=False, status=0)

    def late(self, seconds: float) -> Self:
        return self.happens(Lag, lag_s=seconds)

    def stopping(self, *, kill: bool = False) -> Self:
        return self.happens(TargetRestarting, kill=kill)

    def stopped(self, *, killed: bool = False) -> Self:
        return self.happens(TargetStopped, code=0, waited_s=0.1, killed=killed)

    def back(self) -> Self:
        return self.happens(TargetRestarted)

    def dies(self, *proves: str, step: str = "broadcast", last_line: str = "") -> Self:
        return self.happens(TargetDied, code=1, step=step, proves=proves, last_line=last_line)

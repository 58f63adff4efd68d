"""Where the steps of the wire world are carried out: on the one target that there is, or on one of several instances.

Says addresses and who makes the target publish; knows nothing of plans.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from harness.targets.control import Control, Session
from harness.targets.process import RunningTarget
from harness.worlds.wire_browser import Peer, WireBrowser


class Place(Protocol):
    """What clients ask of where they are."""

    @property
    def control(self) -> Control:
        """What makes the target publish, where the current step is carried out."""

    def controls(self) -> Sequence[Control]:
        """Those through which all that was published can be followed by something harmless."""

    def url(self, instance: int) -> str:
        """Where an instance answers."""

    def session(self, browser: WireBrowser) -> tuple[Session, int]:
        """The browser's cookies, for a request to where the current step is carried out, and which instance that is."""

    async def reach(self, peer: Peer) -> None:
        """Wait until the whole target may be expected to have the connection in its books."""

    async def aclose(self) -> None:
        """Close what was opened here."""


class OnePlace:
    """One target: an echo says all there is to know about a connection."""

    def __init__(self, live: RunningTarget, *, control: Control) -> None:
        self._live = live
        self.control = control

    def controls(self) -> Sequence[Control]:
        return (self.control,)

    def url(self, instance: int) -> str:
        return self._live.url

    def session(self, browser: WireBrowser) -> tuple[Session, int]:
        return browser.session, 1

    async def reach(self, peer: Peer) -> None:
        """Nothing else is asked for."""

    async def aclose(self) -> None:
        """Nothing was opened."""

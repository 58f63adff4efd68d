"""Events of views: what a tab subscribes to comes and goes, and what became of a text that is markup."""

from __future__ import annotations

from typing import TypeAlias

from harness.history.event import Event


class ViewChanging(Event, frozen=True, kw_only=True, tag="view_changing"):
    """A tab's view of a channel is about to be mounted or unmounted; with `times` > 1 it is both, in turn.

    `mounted` is how it ends.
    """

    tab: str
    channel: str
    mounted: bool
    times: int = 1


class ViewChanged(Event, frozen=True, kw_only=True, tag="view_changed"):
    """The page has answered; the view is as it was said from here on.

    `looked`: what the tab had been handed until then was recorded before this event.
    """

    tab: str
    channel: str
    looked: bool = False


class MarkupLookedFor(Event, frozen=True, kw_only=True, tag="markup_looked_for"):
    """What a tab made of a text that is markup: `shown` as text, rendered as an element, and whether it `ran`."""

    tab: str
    shown: bool
    rendered: bool
    ran: bool


class SameBroadcast(Event, frozen=True, kw_only=True, tag="same_broadcast"):
    """The same text was broadcast `times` times: how many `came` on a tab's connection, and it was `handed`."""

    tab: str
    times: int
    came: int
    handed: int


ViewEvent: TypeAlias = ViewChanging | ViewChanged | MarkupLookedFor | SameBroadcast

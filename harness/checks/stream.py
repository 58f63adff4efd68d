"""What became of a stream of broadcasts at one browser, across the times in which it was disconnected. Linear time.

Each broadcast is stable (it arrived), late (after the settle that should have had it), lost inside a recorded window
without a connection, or lost outside one: only this last is the server's to answer for (ORD-4).
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.model.duty import must_reach_connection
from harness.model.model import Model
from harness.model.state import Browser, Message


@dataclass(frozen=True, slots=True)
class Account:
    """How many broadcasts of a stream met which end at one browser."""

    stable: int = 0
    late: int = 0
    twice: int = 0
    lost_in_window: int = 0
    lost_outside: int = 0

    def __str__(self) -> str:
        total = self.stable + self.late + self.twice + self.lost_in_window + self.lost_outside
        return (
            f"of {total} broadcasts {self.stable} arrived, {self.late} late, {self.twice} twice, "
            f"{self.lost_in_window} were lost while it was disconnected, {self.lost_outside} while it was not"
        )


def account(model: Model, browser: Browser) -> Account:
    """Return what became of each broadcast that was accepted, at this browser."""
    ends = [
        _end(model, browser, message)
        for message in model.messages.values()
        if message.kind == "broadcast" and message.accepted
    ]
    return Account(**{name: ends.count(name) for name in ("stable", "late", "twice", "lost_in_window", "lost_outside")})


def _end(model: Model, browser: Browser, message: Message) -> str:
    arrived = [each for mine in browser.connections for each in model.delivered(mine.id, message.token)]
    if len({each.observer for each in arrived}) < len(arrived):
        return "twice"
    if arrived:
        settled = message.settled
        return "late" if settled is not None and arrived[0].moment.index > settled.index else "stable"
    owed = any(must_reach_connection(model, mine, message) for mine in browser.connections)
    return "lost_outside" if owed else "lost_in_window"

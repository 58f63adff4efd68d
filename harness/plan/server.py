"""Steps of the server's life."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from harness.plan.words import Form


@dataclass(frozen=True, slots=True)
class Restart:
    """Stop the target's process (at once with `kill`) and start it again on the same address."""

    kill: bool = False

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"restart"})

    def __str__(self) -> str:
        return "kill and restart the server" if self.kill else "restart the server"


@dataclass(frozen=True, slots=True)
class KillDuringBroadcasts:
    """Kill the process while `times` broadcasts are under way, start it again, and have every browser come back."""

    times: int = 1

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"restart"})

    def __str__(self) -> str:
        return f"kill the server in the middle of {self.times} broadcasts and start it again"


ServerStep: TypeAlias = Restart | KillDuringBroadcasts
FORMS: tuple[Form[ServerStep], ...] = (
    Form(r"restart the server", lambda _: Restart(), "restart the server"),
    Form(r"kill and restart the server", lambda _: Restart(kill=True), "kill and restart the server"),
    Form(
        r"kill the server in the middle of (?P<times>[1-9][0-9]{0,4}) broadcasts and start it again",
        lambda words: KillDuringBroadcasts(words.times),
        "kill the server in the middle of 40 broadcasts and start it again",
    ),
)

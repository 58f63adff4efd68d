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


ServerStep: TypeAlias = Restart
FORMS: tuple[Form[ServerStep], ...] = (
    Form(r"restart the server", lambda _: Restart(), "restart the server"),
    Form(r"kill and restart the server", lambda _: Restart(kill=True), "kill and restart the server"),
)

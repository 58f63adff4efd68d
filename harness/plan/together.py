"""Several steps at the same time: where the races are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from harness.plan.messages import Broadcast, Echo, SendOn, SendOnNearMisses, SendToLookAlikes, SendToUser
from harness.plan.people import PeopleStep

TogetherStep: TypeAlias = PeopleStep | Broadcast | SendToUser | SendToLookAlikes | Echo | SendOn | SendOnNearMisses
"""What can be done at the same time as something else."""


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Carry steps out at the same time, those of one browser one after the other in their order."""

    steps: tuple[TogetherStep, ...]

    def __str__(self) -> str:
        return "at once: " + "; ".join(map(str, self.steps))


def pieces(text: str) -> list[str]:
    """Return the sentences that `; ` separates, quoted texts left whole."""
    found, inside, start, index = [], False, 0, 0
    while index < len(text):
        if inside and text[index] == "\\":
            index += 1
        elif text[index] == '"':
            inside = not inside
        elif text[index] == ";" and not inside:
            found.append(text[start:index].strip())
            start = index + 1
        index += 1
    return [*found, text[start:].strip()]

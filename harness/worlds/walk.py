"""Long seeded walks: plans of a hundred steps that find what short examples miss. One seed, one plan.

Knows the language of plans only. Each decision draws from a stream of its own, named by seed and place, so that a
change in one place leaves the others as they are. Every second walk draws its own weights ("swarm testing", Groce et
al. 2012): some races show only where something is done very often or never.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from harness.plan import (
    AtOnce,
    Broadcast,
    BrowserId,
    Close,
    Drop,
    Echo,
    Open,
    Plan,
    Reload,
    SendToLookAlikes,
    SendToUser,
    Settle,
    SignIn,
    SignOut,
    Step,
    Tab,
    TogetherStep,
)

GUEST, CONTROL = Tab(BrowserId("g")), Tab(BrowserId("z"))
"""A guest that never signs in, and a browser that stays signed in: whom a leak reaches, and proof of sending."""
WANDERERS = "abcd"
WEIGHTS = {
    "open": 4.0,
    "close": 1.0,
    "crash": 1.0,
    "reload": 1.0,
    "sign in": 4.0,
    "sign out": 2.0,
    "ghost": 1.0,
    "broadcast": 3.0,
    "private": 6.0,
    "look-alikes": 0.2,
    "echo": 2.0,
    "settle": 1.5,
    "at once": 6.0,
}
SWARM = (0.0, 0.3, 1.0, 3.0)
"""What a weight of a swarm walk is multiplied with."""
TOGETHER = (2, 7)
"""Fewest and most steps at the same time."""


@dataclass(frozen=True, slots=True)
class _Walker:
    """Draws the steps of one walk."""

    seed: str
    roles: Sequence[str]
    weights: dict[str, float]

    def stream(self, place: str) -> Random:
        return Random(f"{self.seed}:{place}")

    def step(self, place: str) -> Step:
        stream = self.stream(place)
        kind = stream.choices(list(self.weights), list(self.weights.values()))[0]
        if kind == "settle":
            return Settle()
        if kind == "at once":
            number = stream.randint(*TOGETHER)
            return AtOnce(tuple(self.plain(f"{place}.{each}") for each in range(number)))
        return self.plain(place, kind)

    def plain(self, place: str, kind: str = "") -> TogetherStep:
        stream = self.stream(f"{place}:plain")
        if not kind:
            weights = {name: weight for name, weight in self.weights.items() if name not in {"settle", "at once"}}
            kind = stream.choices(list(weights), list(weights.values()))[0]
        tab = Tab(BrowserId(stream.choice(WANDERERS)))
        role = stream.choice(self.roles)
        match kind:
            case "open":
                return Open(tab)
            case "close":
                return Close(tab)
            case "crash":
                return Drop(tab)
            case "reload":
                return Reload(tab)
            case "sign in":
                return SignIn(tab, role, keep_socket=stream.random() < 0.2)
            case "sign out" | "ghost":
                return SignOut(tab, keep_socket=kind == "ghost")
            case "broadcast":
                return Broadcast(stream.randint(1, 3))
            case "look-alikes":
                return SendToLookAlikes(role)
            case "echo":
                return Echo(tab, stream.randint(1, 4))
            case _:
                return SendToUser(role, stream.randint(1, 4))


def draw_walk(seed: str, number: int, *, steps: int, roles: Sequence[str]) -> Plan:
    """Return walk `number` of a seed: `steps` steps over four browsers, a guest and a control, settled at the end."""
    mark = f"{seed}:walk:{number}"
    swarm = number % 2 == 1
    weights = {
        name: weight * (Random(f"{mark}:weight:{name}").choice(SWARM) if swarm else 1.0)
        for name, weight in WEIGHTS.items()
    }
    # Without these a walk would try nothing.
    weights |= {name: WEIGHTS[name] for name in ("open", "sign in", "private", "settle")}
    walker = _Walker(mark, roles, weights)
    drawn = tuple(walker.step(str(place)) for place in range(steps))
    begin: tuple[Step, ...] = (Open(GUEST), SignIn(CONTROL, roles[0]), Open(CONTROL), Settle())
    return Plan(
        f"walk {number} of seed {seed}",
        (*begin, *drawn, Settle()),
        "Users and guests come and go at the same time as messages: each reaches whom it must, nobody else.",
        worlds=("wire",),
        proves=("ISO-7",),
    )

"""Events of the run itself: its beginning and end, its steps, settles, our own lag."""

from __future__ import annotations

from typing import TypeAlias

from harness.history.event import Event


class RunStarted(Event, frozen=True, kw_only=True, tag="run_started"):
    """The world was built. `users` maps each user of the target to its id as text; `offers` are the names of what the
    target file declares beyond the core.
    """

    plan: str
    world: str
    target: str
    users: dict[str, str]
    seed: str = ""
    offers: tuple[str, ...] = ()


class StepStarted(Event, frozen=True, kw_only=True, tag="step_started"):
    index: int
    step: str


class StepFinished(Event, frozen=True, kw_only=True, tag="step_finished"):
    """`outcome` is "done", "skipped" (made no sense here) or "failed"; `note` says why."""

    index: int
    outcome: str = "done"
    note: str = ""


class Settled(Event, frozen=True, kw_only=True, tag="settled"):
    """All that must arrive has arrived (`complete`) or was waited for in vain; every open connection was flushed."""

    waited_s: float
    complete: bool


class Lag(Event, frozen=True, kw_only=True, tag="lag"):
    """Our own machine was late by this much; promises are measured with it in mind."""

    lag_s: float


class RunEnded(Event, frozen=True, kw_only=True, tag="run_ended"):
    """`outcome` is "done", "interrupted" or "target lost"."""

    outcome: str = "done"
    note: str = ""


RunEvent: TypeAlias = RunStarted | StepStarted | StepFinished | Settled | Lag | RunEnded

"""From a plan that shows a finding to the smallest one that still does: delta debugging over its steps (ddmin).

Leaving a step out keeps a plan valid, so no candidate has to be repaired. Source: Zeller and Hildebrandt, "Simplifying
and Isolating Failure-Inducing Input", 2002. Knows nothing of worlds: `fails` carries a candidate out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from harness.plan import AtOnce, Broadcast, Echo, Plan, SendToUser, Step


@dataclass(slots=True)
class _Search:
    """Candidates tried so far, and whether there is time for another."""

    plan: Plan
    fails: Callable[[Plan], bool]
    may_go_on: Callable[[], bool]
    seen: set[tuple[Step, ...]] = field(default_factory=set)

    def shows(self, steps: Sequence[Step]) -> bool:
        key = tuple(steps)
        if key in self.seen or not steps or not self.may_go_on():
            return False
        self.seen.add(key)
        return self.fails(dataclasses.replace(self.plan, steps=key))


def shrink(plan: Plan, *, fails: Callable[[Plan], bool], may_go_on: Callable[[], bool]) -> Plan:
    """Return the smallest plan found for which `fails` is true; `plan` itself when none is.

    `may_go_on` is asked before each try; what is found until it says no is returned.
    """
    search = _Search(plan, fails, may_go_on)
    steps = _fewer_steps(search, list(plan.steps))
    return dataclasses.replace(plan, steps=tuple(_fewer_times(search, _fewer_together(search, steps))))


def _fewer_steps(search: _Search, steps: list[Step]) -> list[Step]:
    parts = 2
    while len(steps) > 1:
        size = -(-len(steps) // parts)
        chunks = [steps[start : start + size] for start in range(0, len(steps), size)]
        # From the end: where several steps show it by themselves, the first stays, and plans begin with the plainest.
        for index in reversed(range(len(chunks))):
            candidate = [step for place, chunk in enumerate(chunks) for step in chunk if place != index]
            if search.shows(candidate):
                steps, parts = candidate, max(parts - 1, 2)
                break
        else:
            if size == 1:
                break
            parts = min(parts * 2, len(steps))
    return steps


def _fewer_together(search: _Search, steps: list[Step]) -> list[Step]:
    """Leave out what need not happen at the same time; one step alone needs no company."""
    for index, step in enumerate(steps):
        inner = list(step.steps) if isinstance(step, AtOnce) else []
        place = 0
        while place < len(inner) > 1:
            fewer = [*inner[:place], *inner[place + 1 :]]
            instead: Step = AtOnce(tuple(fewer)) if len(fewer) > 1 else fewer[0]
            candidate = [*steps[:index], instead, *steps[index + 1 :]]
            if search.shows(candidate):
                steps, inner = candidate, fewer
            else:
                place += 1
    return steps


def _fewer_times(search: _Search, steps: list[Step]) -> list[Step]:
    for index, step in enumerate(steps):
        if not isinstance(step, Broadcast | SendToUser | Echo) or step.times == 1:
            continue
        for times in (1, 2, step.times // 4, step.times // 2):
            if not 0 < times < step.times:
                continue
            candidate = [*steps[:index], dataclasses.replace(step, times=times), *steps[index + 1 :]]
            if search.shows(candidate):
                steps = candidate
                break
    return steps

"""How the browsers of a plan are started: which need a process of their own, and what is put into their pages first.

Read off the plan, as nothing of it can be changed later. Knows no browser.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.plan import CACHED, NATURAL, Plan, Tab


@dataclass(frozen=True, slots=True)
class Launch:
    """`natural` are the browsers with a process of their own, all others share one; `clocked` those whose clock is ours
    to move, `overheard` those whose BroadcastChannels are listed.
    """

    natural: frozenset[str] = frozenset()
    clocked: frozenset[str] = frozenset()
    overheard: frozenset[str] = frozenset()
    cached: bool = False
    headless: bool = True


SHARED = Launch()


def launch_for(plan: Plan) -> Launch:
    """Return how the browsers of `plan` are started."""
    return Launch(
        natural=_needing(plan, NATURAL),
        clocked=_needing(plan, "page_clock"),
        overheard=_needing(plan, "tab_channels"),
        cached=CACHED in plan.needs,
    )


def _needing(plan: Plan, need: str) -> frozenset[str]:
    found = set()
    for step in plan.each_step:
        if need in getattr(step, "needs", ()):
            tab = getattr(step, "tab", None)
            browser = tab.browser if isinstance(tab, Tab) else getattr(step, "browser", None)
            found |= {browser} if isinstance(browser, str) else set()
    return frozenset(found)

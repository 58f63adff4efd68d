"""Several steps at the same time: each browser does its own in order, whoever publishes is a client of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import anyio

from harness.errors import OnesocketError
from harness.plan import Tab, TogetherStep


def lanes(steps: Sequence[TogetherStep]) -> list[list[TogetherStep]]:
    """Return the steps by who does them: a lane a browser, and one for each step that no browser does."""
    found: dict[str, list[TogetherStep]] = {}
    for index, step in enumerate(steps):
        tab = getattr(step, "tab", None)
        found.setdefault(tab.browser if isinstance(tab, Tab) else f"#{index}", []).append(step)
    return list(found.values())


def tab_lanes(steps: Sequence[TogetherStep]) -> list[list[TogetherStep]]:
    """Return the steps by who does them where each tab is one to itself."""
    found: dict[str, list[TogetherStep]] = {}
    for index, step in enumerate(steps):
        tab = getattr(step, "tab", None)
        found.setdefault(tab.id if isinstance(tab, Tab) else f"#{index}", []).append(step)
    return list(found.values())


async def perform_at_once(
    steps: Sequence[TogetherStep],
    perform: Callable[[TogetherStep], Awaitable[str | None]],
    *,
    lanes_of: Callable[[Sequence[TogetherStep]], list[list[TogetherStep]]] = lanes,
) -> str | None:
    """Carry the steps out, and return why when each of them was left out.

    The first error is raised once every lane has ended; an error ends its own lane alone.
    """
    notes: list[str | None] = []
    errors: list[OnesocketError] = []

    async def walk(lane: Sequence[TogetherStep]) -> None:
        try:
            notes.extend([await perform(step) for step in lane])
        except OnesocketError as error:
            errors.append(error)

    async with anyio.create_task_group() as group:
        for lane in lanes_of(steps):
            group.start_soon(walk, lane)
    if errors:
        raise errors[0]
    return notes[0] if notes and all(notes) else None

"""Tabs of one browser come and go in any order; at rest there is one socket, and every tab hears everything once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from harness.plan import Broadcast, BrowserId, Close, Drop, Echo, Open, Plan, Reload, Settle, Step, Tab
from harness.searching import quick
from harness.worlds.engine import can

if TYPE_CHECKING:
    from harness.pytest_plugin import Conform

TABS = st.sampled_from([Tab(BrowserId("a"), number) for number in range(1, 5)])
MOVES = (Open, Open, Close, Reload, Drop)
AT_REST: tuple[Step, ...] = (Settle(), Broadcast(2), Settle())


def test_open_close_storm(conform: Conform) -> None:
    able = [st.builds(kind, TABS) for kind in MOVES if can(conform.laboratory.engine, kind)]

    @quick(conform.examples(2))
    @given(st.lists(st.one_of(able), min_size=6, max_size=12))
    def example(moves: list[Step]) -> None:
        # However the storm goes, it ends with two tabs, so that something is shared.
        first, second = Tab(BrowserId("a"), 5), Tab(BrowserId("a"), 6)
        half = len(moves) // 2
        steps = (
            Open(first),
            *moves[:half],
            *AT_REST,
            *moves[half:],
            Open(second),
            *AT_REST,
            Echo(first),
            Echo(second),
            Settle(),
        )
        conform(Plan("open_close_storm", steps, proves=("TAB-1", "TAB-2", "TAB-4")), world="page")

    example()

"""Connections fail at any moment, come back, stall and wake, among messages to all and to users: nobody else suffers.

Plans are drawn; what each connection is owed, and for how long it is owed nothing, is the model's to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from harness.plan import (
    Broadcast,
    BrowserId,
    Close,
    CutOff,
    Delay,
    Disturb,
    Drop,
    Echo,
    HalfClose,
    Heal,
    Open,
    Plan,
    Reset,
    SendToUser,
    Settle,
    SignIn,
    Slice,
    Stall,
    Step,
    Tab,
)
from harness.searching import quick

if TYPE_CHECKING:
    from harness.pytest_plugin import Conform

PROVES = ("BC-3", "ORD-4", "LIM-3", "BC-1", "ISO-1", "ORD-1", "ORD-2")
STEADY = Tab(BrowserId("z"))
"""A browser to which nothing happens: it gets everything."""
SHAKY = st.sampled_from([BrowserId(name) for name in "abc"])
FAULTS = st.sampled_from([Reset(), HalfClose(), CutOff(), Stall(), Stall("of"), Slice("to"), Delay(5)])
TIMES = st.integers(1, 4)


def steps_of(browser: BrowserId) -> st.SearchStrategy[Step]:
    tab = Tab(browser)
    return st.one_of(
        st.just(Open(tab)),
        st.just(Open(tab)),
        st.builds(Disturb, st.just(browser), FAULTS),
        st.just(Heal(browser)),
        st.just(Close(tab)),
        st.just(Drop(tab)),
        st.builds(Echo, st.just(tab), TIMES),
    )


ANYBODY = st.one_of(
    st.builds(Broadcast, TIMES), st.builds(SendToUser, st.sampled_from(["ada", "bob"]), TIMES), st.just(Settle())
)


def test_who_fails_costs_nobody_else_a_message(conform: Conform) -> None:
    @quick(conform.examples(12))
    @given(st.lists(st.one_of(ANYBODY, SHAKY.flatmap(steps_of)), min_size=5, max_size=25))
    def example(steps: list[Step]) -> None:
        opening: list[Step] = [SignIn(STEADY, "ada"), Open(STEADY)]
        for name, user in (("a", "ada"), ("b", "bob"), ("c", None)):
            tab = Tab(BrowserId(name))
            opening += [SignIn(tab, user)] if user else []
            opening.append(Open(tab))
        first: list[Step] = [Settle(), Broadcast(), SendToUser("ada"), Settle()]
        conform(Plan("failures", (*opening, *first, *steps), PROVES[0], ("wire",), PROVES))

    example()

"""A browser becomes one user after another, in any order and any way, with messages to all of them in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from harness.plan import (
    ROLES,
    Broadcast,
    BrowserId,
    ChangeUserWhileOpening,
    Drop,
    Open,
    OpenWithOldCookie,
    Plan,
    Reload,
    SendToUser,
    Settle,
    SignIn,
    SignOut,
    Step,
    Tab,
)
from harness.searching import quick

if TYPE_CHECKING:
    from harness.pytest_plugin import Conform

GUEST, CONTROL, WANDERER = Tab(BrowserId("g")), Tab(BrowserId("z")), Tab(BrowserId("a"))
PROVES = ("ID-1", "ID-2", "ID-3", "ID-5", "ID-6", "ID-7", "ID-11", "ISO-1", "ISO-5")


def test_a_browser_is_always_who_it_is_now(conform: Conform) -> None:
    roles = ROLES[: min(3, len(conform.laboratory.target.ordinary_users))]
    who = st.sampled_from(roles)
    after_ms = st.none() | st.sampled_from([0, 2, 10])
    changes: st.SearchStrategy[Step] = st.one_of(
        st.builds(SignIn, st.just(WANDERER), who, st.booleans()),
        st.builds(SignOut, st.just(WANDERER), st.booleans()),
        st.builds(ChangeUserWhileOpening, st.just(WANDERER), st.none() | who, after_ms),
        st.builds(OpenWithOldCookie, st.just(WANDERER)),
        st.sampled_from([Open(WANDERER), Reload(WANDERER), Drop(WANDERER)]),
    )
    messages = tuple(SendToUser(role, 2) for role in roles)

    # Every example ends with sockets that the server has its time to notice: few examples, and much in each.
    @quick(conform.examples(6))
    @given(st.lists(changes, min_size=4, max_size=12))
    def example(drawn: list[Step]) -> None:
        begun: tuple[Step, ...] = (Open(GUEST), SignIn(CONTROL, "ada"), Open(CONTROL), Settle())
        between = tuple(each for change in drawn for each in (change, SendToUser("ada"), Broadcast()))
        steps = (*begun, *between, Open(WANDERER), Settle(), *messages, Settle())
        conform(Plan("always_who_it_is_now", steps, proves=PROVES))

    example()

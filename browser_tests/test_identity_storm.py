"""Sign-ins and sign-outs from tabs drawn at random, by hook and by full load: the socket ends as the cookie says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from harness.plan import (
    Broadcast,
    BrowserId,
    Open,
    Plan,
    SendToUser,
    Settle,
    SignIn,
    SignInByLoad,
    SignOut,
    SignOutByLoad,
    Step,
    Tab,
)
from harness.searching import quick

if TYPE_CHECKING:
    from harness.pytest_plugin import Conform

TABS = [Tab(BrowserId("a"), number) for number in (1, 2, 3)]
FROM = st.sampled_from(TABS)
USERS = st.sampled_from(["ada", "bob"])
MOVES = st.one_of(
    st.builds(SignIn, FROM, USERS),
    st.builds(SignOut, FROM),
    st.builds(SignInByLoad, FROM, USERS),
    st.builds(SignOutByLoad, FROM),
)
AT_REST: tuple[Step, ...] = (Settle(), SendToUser("ada"), SendToUser("bob"), Broadcast(), Settle())


def test_sign_in_storm_converges(conform: Conform) -> None:
    @quick(conform.examples(1))
    @given(st.lists(MOVES, min_size=8, max_size=20))
    def example(moves: list[Step]) -> None:
        opened = tuple(Open(tab) for tab in TABS)
        conform(Plan("sign_in_storm_converges", (*opened, *moves, *AT_REST), proves=("TAB-1", "TAB-7")), world="page")

    example()

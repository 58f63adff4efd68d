"""Handshakes with any key, and wrong ones in any order among the right messages of others. Hypothesis draws them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from harness.plan import (
    Broadcast,
    BrowserId,
    Echo,
    Knock,
    Open,
    OpenLookAlike,
    Plan,
    SendToUser,
    Settle,
    SignIn,
    Step,
    Tab,
)
from harness.searching import quick
from harness.wire.knocks import BAD, VERSIONS
from harness.wire.look_alike_origins import LOOK_ALIKES

if TYPE_CHECKING:
    from harness.pytest_plugin import Conform

A, B, G = (Tab(BrowserId(name)) for name in "abg")
keys = st.binary(min_size=16, max_size=16).map(lambda each: base64.b64encode(each).decode())


def test_any_key_has_its_accept(conform: Conform) -> None:
    @quick(conform.examples(10))
    @given(st.lists(keys, min_size=2, max_size=5))
    def example(drawn: list[str]) -> None:
        knocks = tuple(Knock(A.browser, "plain", key=key) for key in drawn)
        conform(Plan("any_key_has_its_accept", (Open(A), *knocks), proves=("HS-1",)))

    example()


def test_wrong_handshakes_among_right_messages(conform: Conform) -> None:
    wrong = st.builds(Knock, st.just(B.browser), st.sampled_from([each.name for each in (*BAD, *VERSIONS)]))
    right: st.SearchStrategy[Step] = st.one_of(
        st.just(Broadcast()), st.just(SendToUser("ada")), st.builds(Echo, st.sampled_from([A, G])), st.just(Settle())
    )

    @quick(conform.examples(8))
    @given(st.lists(st.one_of(wrong, wrong, right), min_size=2, max_size=8))
    def example(drawn: list[Step]) -> None:
        steps = (Open(G), SignIn(A, "ada"), Open(A), SignIn(B, "bob"), Open(B), Settle(), *drawn, Settle())
        conform(Plan("wrong_handshakes_among_right_messages", steps, proves=("HS-2", "HS-3")))

    example()


def test_look_alike_origins_in_any_order(conform: Conform) -> None:
    looks = st.lists(st.sampled_from(sorted(LOOK_ALIKES)), min_size=1, max_size=4)

    @quick(conform.examples(4))
    @given(looks)
    def example(drawn: list[str]) -> None:
        foreign: tuple[Step, ...] = (Open(A, "http://evil.example"), *(OpenLookAlike(A, name) for name in drawn))
        steps = (Open(G), SignIn(A, "ada"), Open(A), Settle(), *foreign, SendToUser("ada"), Settle())
        conform(Plan("look_alike_origins_in_any_order", steps, proves=("HS-4", "HS-5")))

    example()

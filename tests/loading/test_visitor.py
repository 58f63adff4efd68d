"""Roles are dealt by their shares, in the same order each time."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from harness.loading.knobs import Knobs
from harness.loading.visitor import Comer, Deal, Returner, Signer, SlowReader, Talker, Visitor


def dealt(knobs: Knobs, many: int, *, others: type[Visitor] = Visitor) -> list[type[Visitor]]:
    deal = Deal(knobs, others=others)
    return [deal.next() for _ in range(many)]


def test_without_shares_all_are_what_the_scenario_says() -> None:
    assert set(dealt(Knobs(), 9)) == {Visitor}
    assert set(dealt(Knobs(), 9, others=Returner)) == {Returner}
    assert set(dealt(Knobs(talk_share=1.0), 9)) == {Talker}


def test_a_hundred_visitors_have_exactly_their_shares() -> None:
    knobs = Knobs(slow_share=0.02, sign_share=0.1, talk_share=0.1, come_share=0.2)
    found = Counter(dealt(knobs, 100))
    assert found == {SlowReader: 2, Signer: 10, Talker: 10, Comer: 20, Visitor: 58}


@given(share=st.floats(0, 1), many=st.integers(1, 60))
def test_a_share_is_never_off_by_more_than_one(share: float, many: int) -> None:
    assert abs(dealt(Knobs(slow_share=share), many).count(SlowReader) - share * many) <= 1

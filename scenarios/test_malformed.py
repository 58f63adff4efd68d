"""Texts that no table has thought of: whatever a client sends, everybody else is served, and so is that client next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from harness.plan import Broadcast, BrowserId, Open, Plan, SendText, Settle, Tab
from harness.searching import quick
from harness.targets.codec import codec_of
from harness.wire.channel import ChannelId
from harness.wire.envelope import Envelope
from harness.wire.template import fill

if TYPE_CHECKING:
    from harness.pytest_plugin import Conform
    from harness.targets.file import Target

A, B = Tab(BrowserId("a")), Tab(BrowserId("b"))
letters = st.characters(exclude_categories=["Cs"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(letters),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(letters, max_size=8), inner, max_size=4),
    max_leaves=12,
)


def right_message(target: Target) -> str:
    """Return a right message to the echo, as the target's clients send it."""
    data = fill(target.echo.send, {"text": "hello"})
    return codec_of(target).encode(Envelope(ChannelId(target.echo.channel), data))


def damaged(right: str) -> st.SearchStrategy[str]:
    """Draw a message with a part of it missing, doubled or replaced."""
    places = st.integers(0, len(right))
    pieces = st.sampled_from(["", "null", "[]", "{}", '"', ",", ":", "\\", "\x00", "0", right[:7]]) | st.text(letters)
    return st.builds(lambda one, other, piece: right[:one] + piece + right[other:], places, places, pieces)


def test_no_text_harms_anybody(conform: Conform) -> None:
    target = conform.laboratory.target
    texts = st.one_of(damaged(right_message(target)), st.text(letters), st.builds(json.dumps, values))

    @quick(conform.examples(15))
    @given(st.lists(texts, min_size=1, max_size=6))
    def example(drawn: list[str]) -> None:
        before = (Open(A), Open(B), Settle(), Broadcast(), Settle())
        sent = tuple(SendText(A, text) for text in drawn)
        conform(Plan("no_text_harms_anybody", (*before, *sent, Settle()), proves=("EN-5", "EN-3")))

    example()

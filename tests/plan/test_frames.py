"""A step on frames has one sentence, which says all of it; what it cannot say is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import PlanError
from harness.plan import BrowserId, EchoBytes, EchoInPieces, FrameStep, Ping, SendFrames, Tab, parse_step
from harness.wire.deviations import DEVIATIONS
from tests.wire.drawing import drawn

tabs = st.builds(Tab, st.sampled_from([BrowserId("a"), BrowserId("with")]), st.integers(1, 9))
sizes = st.lists(st.integers(0, 9_999_999), max_size=4).map(tuple)
steps: st.SearchStrategy[FrameStep] = st.one_of(
    st.builds(SendFrames, tabs, st.sampled_from(sorted(DEVIATIONS))),
    st.builds(EchoInPieces, tabs, sizes, st.integers(0, 9_999_999), pings=st.booleans(), text=st.text(max_size=9)),
    st.builds(EchoBytes, tabs, st.binary(min_size=1, max_size=9), sizes, at_end=st.booleans()),
    st.builds(Ping, tabs, st.binary(max_size=125)),
)


@drawn(25)
@given(steps)
def test_every_step_is_read_back_from_its_sentence(step: FrameStep) -> None:
    assert parse_step(str(step)) == step


@pytest.mark.parametrize(
    "sentence",
    [
        "send a/1 frames: a text without a masc",
        "ping a/1 with " + "00" * 126,
        "ping a/1 with 0",
        "echo a/1 piecewise in fragments of",
        "echo a/1 piecewise in slices of 0",
    ],
)
def test_what_is_no_step_is_refused(sentence: str) -> None:
    with pytest.raises(PlanError):
        parse_step(sentence)


def test_only_compression_needs_what_not_every_target_offers() -> None:
    needing = [what for what in DEVIATIONS if SendFrames(Tab(BrowserId("a")), what).needs]
    assert needing == ["a compressed message", "a small frame that unpacks to far more than the limit"]
    assert SendFrames(Tab(BrowserId("a")), needing[0]).needs == {"deflate"}

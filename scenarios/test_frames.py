"""Messages cut anywhere, pings of any payload, text that is not UTF-8: Hypothesis draws them, the oracle judges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from harness.plan import BrowserId, EchoBytes, EchoInPieces, Ping, Plan, SendFrames, Tab
from harness.searching import quick
from harness.wire.deviations import DEVIATIONS

if TYPE_CHECKING:
    from harness.pytest_plugin import Conform

A = Tab(BrowserId("a"))
letters = st.characters(exclude_categories=["Cs", "Cc"])
sizes = st.lists(st.one_of(st.integers(0, 4), st.integers(0, 60)), min_size=1, max_size=12).map(tuple)
# Whatever follows it in the text is ASCII: each of these is no UTF-8, wherever it stands.
broken = st.one_of(
    st.integers(0x80, 0xBF).map(lambda byte: bytes([byte])),
    st.sampled_from([b"\xc0", b"\xc1", *(bytes([byte]) for byte in range(0xF5, 0x100))]),
    st.characters(min_codepoint=0x80, exclude_categories=["Cs"]).map(lambda letter: letter.encode()[:-1]),
    st.characters(categories=["Cs"]).map(lambda half: half.encode("utf-8", "surrogatepass")),
    st.integers(0x110000, 0x1FFFFF).map(
        lambda point: bytes(
            [0xF0 | point >> 18, 0x80 | point >> 12 & 0x3F, 0x80 | point >> 6 & 0x3F, 0x80 | point & 0x3F]
        )
    ),
)


def test_a_message_cut_anywhere_is_one_message(conform: Conform) -> None:
    pieces = st.builds(
        EchoInPieces,
        st.just(A),
        sizes,
        st.sampled_from([0, 0, 1, 3, 1000]),
        pings=st.booleans(),
        text=st.text(letters, max_size=40),
    )

    @quick(conform.examples(15))
    @given(st.lists(pieces, min_size=1, max_size=3))
    def example(drawn: list[EchoInPieces]) -> None:
        conform(Plan("a_message_cut_anywhere", tuple(drawn), proves=("FR-4", "FR-3")))

    example()


def test_any_payload_of_a_ping_comes_back(conform: Conform) -> None:
    @quick(conform.examples(8))
    @given(st.lists(st.binary(max_size=125), min_size=1, max_size=3))
    def example(payloads: list[bytes]) -> None:
        conform(Plan("any_ping", tuple(Ping(A, payload) for payload in payloads), proves=("FR-3",)))

    example()


def test_text_that_is_not_utf8_is_never_answered(conform: Conform) -> None:
    # Without empty fragments: a server that has trouble with these breaks FR-4.
    filled = st.lists(st.integers(1, 60), max_size=12).map(tuple)
    texts = st.builds(EchoBytes, st.just(A), broken, filled, at_end=st.booleans())

    @quick(conform.examples(12))
    @given(st.lists(texts, min_size=1, max_size=2))
    def example(drawn: list[EchoBytes]) -> None:
        conform(Plan("not_utf8", tuple(drawn), proves=("FR-5",)))

    example()


def test_what_one_connection_does_is_the_same_after_what_others_did(conform: Conform) -> None:
    small = sorted(name for name, each in DEVIATIONS.items() if not each.sized and not each.offer)

    @quick(conform.examples(5))
    @given(st.lists(st.sampled_from(small), min_size=4, max_size=12))
    def example(names: list[str]) -> None:
        steps = tuple(SendFrames(A, name) for name in names)
        conform(Plan("one_after_the_other", steps, proves=("FR-1", "FR-2", "FR-3", "FR-6", "FR-7")))

    example()

"""Echoes of any text, and messages on any channel id that nobody handles. Hypothesis draws them; the oracle judges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from harness.plan import Broadcast, BrowserId, Echo, Open, Plan, SendOn, SendToUser, Settle, SignIn, Step, Tab
from harness.searching import quick
from harness.targets.codec import codec_of
from harness.wire.channel import ChannelId, near_misses
from harness.wire.envelope import Envelope
from harness.wire.template import fill
from harness.wire.token import TOKEN_CHARS

if TYPE_CHECKING:
    from harness.pytest_plugin import Conform

A, B = Tab(BrowserId("a")), Tab(BrowserId("b"))
LARGEST_CHARS = 16_000
"""Four bytes a character at the most keep this at 64 KB."""

# A lone surrogate is no Unicode text: what becomes of it differs from one correct server to the next.
letters = st.characters(exclude_categories=["Cs"])
texts = st.one_of(
    st.text(letters, max_size=60),
    st.builds(lambda letter, number: letter * number, letters, st.integers(1_000, LARGEST_CHARS)),
    st.sampled_from(
        ["\x00", "\u202e\u0627\u0644", '"\\', "{}", "</script>", "\U0001f9e6" * 40, " ", "\r\n", "{text}", "null"]
    ),
)


def test_any_text_comes_back_in_one_reply(conform: Conform) -> None:
    @quick(conform.examples(30))
    @given(st.lists(texts, min_size=1, max_size=4))
    def example(drawn: list[str]) -> None:
        echoes = tuple(Echo(A, text=text) for text in drawn)
        conform(Plan("any_text_comes_back", (Open(A), Open(B), *echoes, Settle()), proves=("EN-1", "EN-2", "RT-6")))

    example()


def test_text_of_every_length_round_a_frame_boundary_comes_back(conform: Conform) -> None:
    # A frame says its length in 7, 16 or 64 bits. The reply's form is the server's, so every length near by is tried.
    target = conform.laboratory.target
    codec = codec_of(target)
    bare = codec.encode(
        Envelope(ChannelId(target.echo.channel), fill(target.echo.receive, {"text": " " * TOKEN_CHARS}))
    )
    reach = 24
    for boundary in (126, 65_536):
        first = max(1, boundary - len(bare.encode()) - reach)
        lengths = range(first, max(first, boundary - len(bare.encode())) + reach)
        if boundary + 2 * reach < target.promises.max_message_bytes:
            echoes = tuple(Echo(A, text="x" * length) for length in lengths)
            conform(Plan("every_length_round_a_boundary", (Open(A), Settle(), *echoes, Settle()), proves=("EN-1",)))


def test_any_text_is_published_as_it_is(conform: Conform) -> None:
    published = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)

    @quick(conform.examples(12))
    @given(published, published)
    def example(open_text: str, private_text: str) -> None:
        steps = (
            Open(A),
            SignIn(A, "ada"),
            Open(B),
            Settle(),
            Broadcast(text=open_text),
            SendToUser("ada", text=private_text),
            Settle(),
        )
        conform(Plan("any_text_is_published", steps, proves=("BC-1", "ISO-1")))

    example()


def test_only_the_exact_channel_id_is_handled(conform: Conform) -> None:
    target = conform.laboratory.target
    lookalikes = st.sampled_from(near_misses(ChannelId(target.echo.channel)))
    strays = st.one_of(lookalikes, st.text(letters, max_size=30)).filter(lambda each: each not in target.channels)

    @quick(conform.examples(30))
    @given(st.lists(strays, min_size=1, max_size=5))
    def example(channels: list[str]) -> None:
        sent = tuple(SendOn(A, channel) for channel in channels)
        conform(Plan("only_the_exact_channel", (Open(A), Open(B), *sent, Echo(A), Settle()), proves=("RT-2",)))

    example()


def test_concurrent_senders_get_their_own_replies(conform: Conform) -> None:
    tabs = [Tab(BrowserId(name)) for name in "abcd"]
    bursts = st.lists(st.tuples(st.sampled_from(tabs), st.integers(1, 12)), min_size=2, max_size=12)

    @quick(conform.examples(10))
    @given(bursts)
    def example(drawn: list[tuple[Tab, int]]) -> None:
        steps: tuple[Step, ...] = (
            *(Open(tab) for tab in tabs),
            Settle(),
            *(Echo(tab, times=times) for tab, times in drawn),
            Settle(),
        )
        conform(Plan("concurrent_senders", steps, proves=("RT-6", "RT-7")))

    example()

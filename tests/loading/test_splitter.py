"""The splitter: whatever a server sends, in whatever pieces, is cut as `websockets` cuts it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from harness.loading.splitter import Broken, Closed, Pinged, Splitter

DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)
payloads = st.one_of(
    st.text(max_size=20).map(str.encode),
    st.sampled_from((125, 126, 127)).map(lambda size: b"x" * size),
)
frames = st.builds(
    lambda opcode, data, fin: Frame(opcode, data if opcode in DATA else data[:100], fin if opcode in DATA else True),
    st.sampled_from((*DATA, Opcode.PING, Opcode.PONG)),
    payloads,
    st.booleans(),
)


def oracle(data: bytes) -> tuple[list[bytes], list[bytes], bool]:
    """Return what websockets makes of `data`: whole messages, pings, and whether it was refused."""
    protocol = ClientProtocol(parse_uri("ws://x/"), state=State.OPEN, max_size=None)
    protocol.receive_data(data)
    whole: list[bytes] = []
    pings: list[bytes] = []
    parts: list[bytes] = []
    for event in protocol.events_received():
        if not isinstance(event, Frame):
            continue
        if event.opcode is Opcode.PING:
            pings.append(bytes(event.data))
        elif event.opcode in DATA:
            parts.append(bytes(event.data))
            if event.fin:
                whole.append(b"".join(parts))
                parts = []
    return whole, pings, protocol.parser_exc is not None


@given(sent=st.lists(frames, max_size=8), cuts=st.lists(st.integers(0, 1000), max_size=6))
def test_any_frames_in_any_pieces_are_cut_as_websockets_cuts_them(sent: list[Frame], cuts: list[int]) -> None:
    data = b"".join(frame.serialize(mask=False) for frame in sent)
    splitter, whole = Splitter(), []
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start, end in pairwise(edges):
        whole += splitter.feed(data[start:end])
    pings = [each.payload for each in splitter.notices if isinstance(each, Pinged)]
    refused = any(isinstance(each, Broken) for each in splitter.notices)
    assert (whole, pings, refused) == oracle(data)


@pytest.mark.parametrize("size", [65535, 65536])
def test_long_messages_are_put_together(size: int) -> None:
    splitter, data = Splitter(), Frame(Opcode.TEXT, b"x" * size).serialize(mask=False) * 2
    whole = [each for at in range(0, len(data), 10_000) for each in splitter.feed(data[at : at + 10_000])]
    assert whole == [b"x" * size] * 2


@pytest.mark.parametrize(
    "sent",
    [
        b"\xc1\x02hi",
        b"\x81\x82\x00\x00\x00\x00hi",
        b"\x80\x02hi",
        b"\x01\x02hi\x81\x02ho",
        b"\x09\x01x",
        b"\x89\x7e\x00\x7e" + b"x" * 126,
        b"\x83\x02hi",
    ],
)
def test_what_no_server_may_send_ends_the_reading(sent: bytes) -> None:
    splitter = Splitter()
    assert splitter.feed(sent) == []
    assert [type(each) for each in splitter.notices] == [Broken]
    assert splitter.feed(b"\x81\x02hi") == []


def test_nothing_after_a_close_counts() -> None:
    splitter = Splitter()
    assert splitter.feed(b"\x81\x02hi\x88\x02\x03\xe8\x81\x02ho") == [b"hi"]
    assert splitter.notices == [Closed()]
    assert splitter.feed(b"\x81\x02hi") == []

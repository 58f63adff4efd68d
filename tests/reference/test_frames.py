"""What the native runtime reads and writes, against websockets' own Sans-I/O server as its oracle."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from harness.reference.runtime.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Answered,
    Asked,
    Broken,
    Event,
    FrameReader,
    Left,
    write_close,
    write_frame,
)

LIMIT_BYTES = 70_000


MASK = b"\x37\xfa\x21\x3d"


def mixed(payload: bytes) -> bytes:
    mask = int.from_bytes((MASK * (len(payload) // 4 + 1))[: len(payload)], "big")
    return (int.from_bytes(payload, "big") ^ mask).to_bytes(len(payload), "big")


def client_frame(
    opcode: int,
    payload: bytes = b"",
    *,
    more: bool = False,
    rsv: int = 0,
    masked: bool = True,
    announced_bytes: int | None = None,
) -> bytes:
    """One frame of a client that may break the rules."""
    whole = write_frame(opcode, b"x" * (len(payload) if announced_bytes is None else announced_bytes))
    head = bytearray(whole[: 2 if whole[1] < 126 else 4 if whole[1] == 126 else 10])
    head[0] = (0 if more else 0x80) | rsv << 4 | opcode
    if not masked:
        return bytes(head) + payload
    head[1] |= 0x80
    return bytes(head) + MASK + mixed(payload)


def write_fragments(message: bytes, sizes: Sequence[int], *, opcode: int = TEXT) -> list[bytes]:
    """The frames of one message, fragments of these sizes and one with the rest."""
    pieces = in_pieces(message, list(accumulate(sizes)))
    last = len(pieces) - 1
    return [client_frame(opcode if at == 0 else CONTINUATION, piece, more=at < last) for at, piece in enumerate(pieces)]


def packing() -> PerMessageDeflate:
    return PerMessageDeflate(
        remote_no_context_takeover=True,
        local_no_context_takeover=True,
        remote_max_window_bits=12,
        local_max_window_bits=12,
    )


def oracle(data: bytes, *, deflate: bool) -> list[Event]:
    """What websockets makes of these bytes, in our words; text is decoded by us, as it leaves that to its users."""
    protocol = ServerProtocol(state=OPEN, max_size=LIMIT_BYTES)
    if deflate:
        protocol.extensions = [packing()]
    protocol.receive_data(data)
    events: list[Event] = []
    parts: list[bytes] = []
    kind = TEXT
    for frame in protocol.events_received():
        assert isinstance(frame, Frame)
        payload = bytes(frame.data)
        match frame.opcode:
            case Opcode.PING:
                events.append(Asked(payload))
            case Opcode.PONG:
                events.append(Answered())
            case Opcode.CLOSE:
                events.append(Left(payload))
            case opcode:
                kind = kind if opcode == CONTINUATION else int(opcode)
                parts.append(payload)
                if not frame.fin:
                    continue
                whole, parts = b"".join(parts), []
                try:
                    events.append(whole.decode() if kind == TEXT else whole)
                except UnicodeDecodeError:
                    return [*events, Broken(1007, "")]
    if protocol.parser_exc is not None:
        assert protocol.close_sent is not None
        events.append(Broken(int(protocol.close_sent.code), ""))
    return events


def read(pieces: Sequence[bytes], *, deflate: bool = False) -> list[Event]:
    reader = FrameReader(limit_bytes=LIMIT_BYTES, extension=packing() if deflate else None)
    events = [event for piece in pieces for event in reader.feed(piece)]
    return [Broken(event.code, "") if isinstance(event, Broken) else event for event in events]


def packed(payload: bytes) -> bytes:
    return bytes(packing().encode(Frame(Opcode.TEXT, payload)).data)


texts = st.one_of(
    st.text(max_size=40).map(str.encode),
    st.sampled_from([b"", b"x" * 125, b"x" * 126, b"x" * 65_535, b"x" * 65_536, b"x" * 70_000, b"x" * 70_001]),
    st.binary(max_size=20),
)
codes = st.one_of(st.sampled_from([999, 1000, 1001, 1004, 1005, 1006, 1015, 1016, 2999, 3000, 4999, 5000]), st.none())


@st.composite
def closes(draw: st.DrawFn) -> bytes:
    code = draw(codes)
    reason = draw(st.sampled_from([b"", b"bye", b"\xff", "ö".encode() * 61]))
    payload = draw(st.sampled_from([b"", b"\x03"])) if code is None else code.to_bytes(2, "big") + reason
    return client_frame(CLOSE, payload)


@st.composite
def right_frames(draw: st.DrawFn) -> bytes:
    payload = draw(texts)
    match draw(st.sampled_from(["text", "binary", "pieces", "ping", "pong"])):
        case "text":
            return client_frame(TEXT, payload)
        case "binary":
            return client_frame(BINARY, payload)
        case "ping":
            return client_frame(PING, payload[:125])
        case "pong":
            return client_frame(PONG, payload[:125])
        case _:
            sizes = draw(st.lists(st.integers(0, 200), max_size=3))
            frames = write_fragments(payload, sizes, opcode=draw(st.sampled_from([TEXT, BINARY])))
            between = draw(st.sampled_from([b"", client_frame(PING, b"?"), client_frame(PONG)]))
            return between.join(frames)


@st.composite
def any_frames(draw: st.DrawFn) -> bytes:
    """One frame, right or wrong in its head."""
    opcode = draw(st.sampled_from([*range(16), TEXT, TEXT, CONTINUATION, CONTINUATION]))
    return client_frame(
        opcode,
        draw(texts),
        more=draw(st.booleans()),
        rsv=draw(st.sampled_from([0, 0, 0, 1, 2, 4])),
        masked=draw(st.sampled_from([True, True, True, False])),
    )


@st.composite
def packed_frames(draw: st.DrawFn) -> bytes:
    payload = draw(st.one_of(texts, st.just(b"\0" * 500_000)))
    data = draw(st.sampled_from([packed(payload), packed(payload)[:-1], b"\xff\xff\xff"]))
    frames = write_fragments(data, draw(st.lists(st.integers(0, 50), max_size=2)))
    return b"".join([bytes([frames[0][0] | 0x40]) + frames[0][1:], *frames[1:]])


streams = st.lists(st.one_of(right_frames(), right_frames(), any_frames(), closes()), max_size=6).map(b"".join)
packed_streams = st.lists(st.one_of(packed_frames(), right_frames(), any_frames()), max_size=4).map(b"".join)
# To draw and to cut takes its time on a busy machine, which says nothing of the parser.
ANY_MACHINE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
cuts = st.lists(st.integers(0, 1000), max_size=5)


def in_pieces(data: bytes, at: Sequence[int]) -> list[bytes]:
    return [
        data[start:stop] for start, stop in pairwise([0, *sorted(each % (len(data) + 1) for each in at), len(data)])
    ]


@pytest.mark.slow
@ANY_MACHINE
@given(data=streams, at=cuts)
def test_any_frames_are_read_as_the_oracle_reads_them(data: bytes, at: list[int]) -> None:
    assert read(in_pieces(data, at)) == oracle(data, deflate=False)


@pytest.mark.slow
@ANY_MACHINE
@given(data=packed_streams, at=cuts)
def test_so_are_compressed_ones(data: bytes, at: list[int]) -> None:
    assert read(in_pieces(data, at), deflate=True) == oracle(data, deflate=True)


@given(data=st.lists(right_frames(), max_size=3).map(b"".join).filter(lambda data: len(data) < 2000))
def test_bytes_that_come_one_by_one_are_read_the_same(data: bytes) -> None:
    assert read([data[at : at + 1] for at in range(len(data))]) == read([data])


def test_a_message_is_too_big_as_soon_as_its_head_says_so() -> None:
    assert read([client_frame(TEXT, announced_bytes=LIMIT_BYTES + 1)]) == [Broken(1009, "")]
    first = client_frame(TEXT, b"x" * LIMIT_BYTES, more=True)
    assert read([first, client_frame(CONTINUATION, announced_bytes=1)]) == [Broken(1009, "")]


def test_nothing_is_read_after_a_close_or_a_mistake() -> None:
    for last in (client_frame(CLOSE), client_frame(0x3)):
        reader = FrameReader(limit_bytes=LIMIT_BYTES)
        assert len(reader.feed(last + client_frame(TEXT, b"x"))) == 1
        assert reader.over
        assert reader.feed(client_frame(TEXT, b"x")) == []


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
@pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, PONG])
def test_what_is_written_is_what_websockets_writes(opcode: int, size: int) -> None:
    if opcode in {PING, PONG} and size > 125:
        return
    assert write_frame(opcode, b"x" * size) == Frame(Opcode(opcode), b"x" * size).serialize(mask=False)


@given(reason=st.text(max_size=200))
def test_a_close_has_room_for_its_reason(reason: str) -> None:
    frame = write_close(1000, reason)
    assert len(frame) <= 2 + 125
    assert reason.startswith(frame[4:].decode())

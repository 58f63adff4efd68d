"""Frames are written as RFC 6455 has them, websockets' own parser as witness, and read back whatever they say."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ProtocolError
from websockets.frames import Frame as TheirFrame
from websockets.streams import StreamReader

from harness.wire.frame import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    TEXT,
    Frame,
    FrameReader,
    Measured,
    cut,
    measure,
    unmask,
    write_fragments,
    write_frame,
)
from tests.wire.drawing import drawn

payloads = st.one_of(st.binary(max_size=200), st.integers(120, 70_000).map(lambda size: b"\x5a" * size))


def theirs(data: bytes, *, masked: bool = True) -> TheirFrame:
    """Return the frame that websockets reads."""
    reader = StreamReader()
    reader.feed_data(data)
    parsing: Generator[None, None, TheirFrame] = TheirFrame.parse(reader.read_exact, mask=masked)
    with pytest.raises(StopIteration) as done:
        next(parsing)
    found = done.value.value
    assert isinstance(found, TheirFrame)
    return found


@drawn(20)
@given(payloads, st.sampled_from([TEXT, BINARY, CONTINUATION]), st.booleans(), st.booleans())
def test_what_is_written_is_what_websockets_reads(payload: bytes, opcode: int, more: bool, masked: bool) -> None:  # noqa: FBT001 # drawn
    found = theirs(write_frame(opcode, payload, more=more, masked=masked), masked=masked)
    assert (found.opcode, bytes(found.data), found.fin) == (opcode, payload, not more)


@pytest.mark.parametrize("data", [write_frame(TEXT, b"x", rsv=1), write_frame(3, b"x"), write_frame(PING, b"x" * 126)])
def test_a_broken_rule_is_in_the_bytes(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        theirs(data)


def test_a_length_may_be_a_lie() -> None:
    assert write_frame(TEXT, b"ab", masked=False, announced_bytes=1 << 62) == b"\x81\x7f\x40" + bytes(7) + b"ab"


@drawn(12)
@given(st.lists(st.tuples(st.integers(0, 15), payloads, st.booleans(), st.integers(0, 7), st.booleans()), max_size=4))
def test_any_frames_are_read_however_their_bytes_arrive(drawn: list[tuple[int, bytes, bool, int, bool]]) -> None:
    data = b"".join(
        write_frame(opcode, payload, more=more, rsv=rsv, masked=masked) for opcode, payload, more, rsv, masked in drawn
    )
    expected = [Frame(opcode, payload, not more, rsv) for opcode, payload, more, rsv, _ in drawn]
    assert FrameReader().feed(data) == expected
    reader, found = FrameReader(), []
    step = max(1, len(data) // 40)
    for at in range(0, len(data), step):
        found += reader.feed(data[at : at + step])
    assert found == expected


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (Frame(CLOSE, b"\x03\xe8bye"), 1000),
        (Frame(CLOSE, b""), None),
        (Frame(CLOSE, b"\x03"), None),
        (Frame(TEXT, b"\x03\xe8"), None),
    ],
)
def test_only_a_close_frame_has_a_code(frame: Frame, code: int | None) -> None:
    assert frame.close_code == code
    assert frame.is_data == (frame.opcode == TEXT)


def test_a_message_is_cut_into_these_sizes_and_the_rest() -> None:
    assert cut(b"abcdef", (1, 0, 2)) == [b"a", b"", b"bc", b"def"]
    assert cut(b"ab", (5, 5)) == [b"ab", b"", b""]


def test_fragments_are_one_message() -> None:
    found = FrameReader().feed(b"".join(write_fragments(b"abcdef", (1, 0, 2))))
    assert [(each.opcode, each.payload, each.final) for each in found] == [
        (TEXT, b"a", False),
        (CONTINUATION, b"", False),
        (CONTINUATION, b"bc", False),
        (CONTINUATION, b"def", True),
    ]


@pytest.mark.parametrize(("size", "header"), [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)], ids=str)
def test_a_frame_is_measured_as_soon_as_its_header_is_there(size: int, header: int) -> None:
    for masked in (False, True):
        data, start = write_frame(BINARY, b"x" * size, masked=masked), header + (4 if masked else 0)
        assert [measure(data[:known]) for known in range(start)] == [None] * start
        found = measure(data[:start])
        assert found == Measured(start, size, data[header:start])
        assert found.end == len(data)


def test_a_mask_comes_off_as_it_went_on() -> None:
    assert unmask(unmask(b"hello", b"abcd"), b"abcd") == b"hello"
    assert unmask(b"hello", b"") == b"hello"
    assert unmask(b"", b"abcd") == b""

"""One direction of a stream is cut into its frames, however its bytes come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from harness.faults.frame_cutter import LONGEST_HELD_BYTES, Cut, FrameCutter
from tests.wire.drawing import drawn

frames = st.builds(
    lambda opcode, data, mask: Frame(opcode, data).serialize(mask=mask),
    st.sampled_from([Opcode.TEXT, Opcode.BINARY]),
    st.binary(max_size=300) | st.integers(65_500, 65_600).map(bytes),
    st.booleans(),
)


@pytest.mark.slow
@drawn(30)
@given(st.lists(frames, max_size=4), st.integers(1, 9) | st.integers(500, 100_000))
def test_whole_frames_come_out_as_they_went_in(sent: list[bytes], size: int) -> None:
    stream, cutter, found = b"".join(sent), FrameCutter(), list[Cut]()
    for start in range(0, len(stream), size):
        found += cutter.feed(stream[start : start + size], whole=True)
    assert [each.data for each in found] == sent
    assert all(each.is_data for each in found)
    assert cutter.rest() == b""


def test_without_need_nothing_is_held_but_an_incomplete_header() -> None:
    frame, cutter = Frame(Opcode.TEXT, b"hello").serialize(mask=False), FrameCutter()
    assert cutter.feed(frame[:1], whole=False) == []
    assert cutter.feed(frame[1:4], whole=False) == [Cut(frame[:4])]
    # Holding begins with the next frame: what has partly gone must go on.
    assert cutter.feed(frame[4:] + frame, whole=True) == [Cut(frame[4:]), Cut(frame, 1)]


def test_a_giant_frame_passes_in_pieces() -> None:
    header = Frame(Opcode.BINARY, bytes(LONGEST_HELD_BYTES + 1)).serialize(mask=False)[:100]
    (cut,) = FrameCutter().feed(header, whole=True)
    assert cut == Cut(header)
    assert not cut.is_data


def test_a_control_frame_is_no_data_and_what_is_held_can_be_had() -> None:
    ping, cutter = Frame(Opcode.PING, b"?").serialize(mask=False), FrameCutter()
    (cut,) = cutter.feed(ping + b"\x81", whole=True)
    assert not cut.is_data
    assert cutter.rest() == b"\x81"


def test_the_payload_is_unmasked() -> None:
    for mask in (True, False):
        (cut,) = FrameCutter().feed(Frame(Opcode.TEXT, b"hello").serialize(mask=mask), whole=True)
        assert cut.payload == b"hello"
    assert Cut(b"").payload == b""

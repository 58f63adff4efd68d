"""The frames reader, with the serializer of websockets as the oracle."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Close, Frame, Opcode

from harness.faults.frames import BinaryMessage, CloseMessage, FrameReader, Message, TextMessage, Unreadable

_PIECES = st.lists(st.text(max_size=40), min_size=1, max_size=3)
_MESSAGES = st.lists(st.tuples(st.sampled_from(["text", "binary"]), _PIECES, st.booleans()), max_size=4)


def _frames(kind: str, pieces: list[str], *, ping_between: bool) -> list[Frame]:
    opcode = Opcode.TEXT if kind == "text" else Opcode.BINARY
    found = []
    for index, piece in enumerate(pieces):
        found.append(Frame(opcode if index == 0 else Opcode.CONT, piece.encode(), fin=index == len(pieces) - 1))
        if ping_between:
            found.append(Frame(Opcode.PING, b"between"))
    return found


def _expected(kind: str, pieces: list[str]) -> Message:
    whole = "".join(pieces)
    return TextMessage(whole) if kind == "text" else BinaryMessage(len(whole.encode()))


@settings(max_examples=40)
@given(messages=_MESSAGES, mask=st.booleans(), cut=st.integers(1, 64))
def test_every_message_is_read_whole_however_it_is_cut(
    messages: list[tuple[str, list[str], bool]],
    mask: bool,  # noqa: FBT001 # drawn, not passed
    cut: int,
) -> None:
    stream = b"".join(
        frame.serialize(mask=mask)
        for kind, pieces, ping in messages
        for frame in _frames(kind, pieces, ping_between=ping)
    )
    reader = FrameReader()
    found = [message for at in range(0, len(stream), cut) for message in reader.feed(stream[at : at + cut])]
    assert found == [_expected(kind, pieces) for kind, pieces, _ in messages]


@given(size=st.sampled_from([0, 1, 125, 126, 127, 65535, 65536, 70000]), mask=st.booleans())
def test_every_length_form_is_read(size: int, mask: bool) -> None:  # noqa: FBT001 # drawn, not passed
    stream = Frame(Opcode.TEXT, b"x" * size).serialize(mask=mask)
    assert FrameReader().feed(stream) == [TextMessage("x" * size)]


def test_a_character_split_between_fragments_is_whole_again() -> None:
    half, rest = "é".encode()[:1], "é".encode()[1:]
    stream = Frame(Opcode.TEXT, half, fin=False).serialize(mask=False) + Frame(Opcode.CONT, rest).serialize(mask=False)
    assert FrameReader().feed(stream) == [TextMessage("é")]


def test_a_close_frame_tells_its_code_and_reason() -> None:
    stream = Frame(Opcode.CLOSE, Close(4001, "signed out").serialize()).serialize(mask=True)
    assert FrameReader().feed(stream) == [CloseMessage(4001, "signed out")]
    assert FrameReader().feed(Frame(Opcode.CLOSE, b"").serialize(mask=False)) == [CloseMessage(None, "")]


def test_what_is_no_frame_ends_the_reading_once() -> None:
    for nonsense in (b"\xf1\x00", Frame(Opcode.CONT, b"x").serialize(mask=False), b"\x83\x00"):
        reader = FrameReader()
        assert [type(each) for each in reader.feed(nonsense)] == [Unreadable]
        assert reader.feed(Frame(Opcode.TEXT, b"late").serialize(mask=False)) == []


def test_a_second_text_inside_a_fragmented_one_ends_the_reading() -> None:
    reader = FrameReader()
    opened = Frame(Opcode.TEXT, b"a", fin=False).serialize(mask=False)
    assert [type(each) for each in reader.feed(opened + opened)] == [Unreadable]


def test_a_message_above_the_limit_is_not_kept() -> None:
    reader = FrameReader(limit_bytes=10)
    opened = Frame(Opcode.TEXT, b"x" * 8, fin=False).serialize(mask=False)
    more = Frame(Opcode.CONT, b"x" * 8).serialize(mask=False)
    assert [type(each) for each in reader.feed(opened + more)] == [Unreadable]

"""Each deviation breaks the rule it names and no other: websockets' server, which keeps them all, is the witness."""

from __future__ import annotations

import zlib

import pytest
from websockets.frames import Frame as TheirFrame
from websockets.protocol import OPEN, State
from websockets.server import ServerProtocol

from harness.wire.deviation import Asks, Deviation, Material, in_pieces, pings_between
from harness.wire.deviations import DEVIATIONS, pinging
from harness.wire.frame import PING, RSV1, TEXT, FrameReader

LIMIT_BYTES = 100_000
MATERIAL = Material(
    b'["first message"]', b'["second message"]', lambda size: b'"' + b"x" * (size - 2) + b'"', LIMIT_BYTES
)


def served(deviation: Deviation) -> tuple[ServerProtocol, list[TheirFrame]]:
    """Return websockets' server after it was sent this, and what it handed to its application."""
    server = ServerProtocol(state=OPEN, max_size=LIMIT_BYTES)
    for data in deviation.build(MATERIAL):
        server.receive_data(data)
    return server, [event for event in server.events_received() if isinstance(event, TheirFrame)]


def named(asks: Asks, *, but: tuple[str, ...] = ()) -> list[str]:
    return [name for name, each in DEVIATIONS.items() if each.asks is asks and name not in but and not each.offer]


@pytest.mark.parametrize("name", [*named(Asks.END), *named(Asks.REFUSE)])
def test_what_is_against_the_rules_ends_the_connection_of_a_strict_server(name: str) -> None:
    server, _ = served(DEVIATIONS[name])
    assert server.close_sent is not None
    assert server.close_sent.code == (
        1009 if DEVIATIONS[name].sized else 1007 if name == "a close whose reason is not UTF-8" else 1002
    )


@pytest.mark.parametrize("name", [*named(Asks.ANSWER), *named(Asks.LIVE)])
def test_what_keeps_the_rules_leaves_the_connection_open(name: str) -> None:
    server, frames = served(DEVIATIONS[name])
    assert server.state is State.OPEN
    messages = sum(frame.fin and frame.opcode <= TEXT + 1 for frame in frames)
    if DEVIATIONS[name].asks is Asks.ANSWER:
        assert messages == DEVIATIONS[name].answers
    pings = tuple(bytes(frame.data) for frame in frames if frame.opcode == PING)
    assert pings == DEVIATIONS[name].pings


@pytest.mark.parametrize("name", named(Asks.CLOSE))
def test_a_close_is_a_whole_one(name: str) -> None:
    server, _ = served(DEVIATIONS[name])
    assert server.close_rcvd is not None
    assert server.close_sent is not None
    assert server.close_rcvd_then_sent


def test_half_a_message_is_not_whole() -> None:
    _, frames = served(DEVIATIONS["half a message of the largest size"])
    assert frames == []


def test_a_compressed_message_unpacks_to_more_than_the_limit() -> None:
    for name, size in (
        ("a compressed message", len(MATERIAL.first)),
        ("a small frame that unpacks to far more than the limit", 2 * LIMIT_BYTES),
    ):
        (frame,) = FrameReader().feed(b"".join(DEVIATIONS[name].build(MATERIAL)))
        assert frame.rsv == RSV1
        assert len(frame.payload) < LIMIT_BYTES // 10
        assert len(zlib.decompressobj(-15).decompress(frame.payload + b"\x00\x00\xff\xff")) == size


def test_each_is_found_by_what_it_says() -> None:
    assert all(each.says == name for name, each in DEVIATIONS.items())
    assert {each.requirement for each in DEVIATIONS.values()} == {
        "FR-1", "FR-2", "FR-3", "FR-4", "FR-6", "FR-7", "FR-9", "LIM-1",
    }  # fmt: skip


def test_sizes_keep_their_distance_from_the_limit() -> None:
    assert len(MATERIAL.below) == LIMIT_BYTES - 1024
    assert len(MATERIAL.above) == LIMIT_BYTES + 1024
    tiny = Material(b"", b"", lambda size: b"x" * size, 1000)
    assert tiny.below_bytes == 500


@pytest.mark.parametrize("slice_bytes", [0, 1, 7])
def test_pieces_are_one_message_with_its_pings_between(slice_bytes: int) -> None:
    sizes = (3, 0, 5)
    pings = pings_between(sizes)
    writes = in_pieces(b"0123456789", fragments=sizes, slice_bytes=slice_bytes, pings=pings)
    found = FrameReader().feed(b"".join(writes))
    assert [each.payload for each in found if each.opcode == PING] == list(pings)
    assert b"".join(each.payload for each in found if each.is_data) == b"0123456789"
    assert [each.opcode for each in found] == [1, 9, 0, 9, 0, 9, 0]
    assert slice_bytes == 0 or all(len(each) <= slice_bytes for each in writes)


def test_pings_come_with_a_message_after_them() -> None:
    deviation = pinging("two pings", b"a", b"b")
    found = FrameReader().feed(b"".join(deviation.build(MATERIAL)))
    assert [each.payload for each in found] == [b"a", b"b", MATERIAL.first]

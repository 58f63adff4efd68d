"""The benchmark's clients: what they send is right, and what they count is what came."""

from __future__ import annotations

import pytest

from load.bench.swarm import Client, frame, handshake, text_frame


class Wire:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data


def client() -> tuple[Client, Wire]:
    wire = Wire()
    opened = Client(handshake(80), lambda _: None)
    opened._transport = wire  # type: ignore[assignment] # all of a transport that it uses
    opened.data_received(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
    return opened, wire


@pytest.mark.parametrize("size", [0, 1, 125, 126, 1000])
def test_texts_are_counted_however_they_are_cut(size: int) -> None:
    server_text = text_frame(b"x" * size)
    head = 2 if size < 126 else 4
    unmasked = bytes([server_text[0], server_text[1] & 0x7F]) + server_text[2:head] + server_text[head + 4 :]
    for step in (1, 3, 10_000):
        each, _ = client()
        heard: list[bytes] = []
        each.on_text = lambda _, text, heard=heard: heard.append(text)
        data = unmasked * 3
        for at in range(0, len(data), step):
            each.data_received(data[at : at + step])
        assert (each.count, heard) == (3, [b"x" * size] * 3)


def test_a_ping_is_answered_and_not_counted() -> None:
    each, wire = client()
    each.data_received(b"\x89\x01?")
    assert (each.count, wire.written) == (0, frame(0x8A, b"?"))


def test_a_refusal_is_an_error() -> None:
    refused = Client(handshake(80), lambda _: None)
    with pytest.raises(ConnectionError, match="403"):
        refused.data_received(b"HTTP/1.1 403 Forbidden\r\n\r\n")

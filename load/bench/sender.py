"""The other end of the worker's benchmark: accepts connections, answers echoes, and sends one frame to all of them.

As little as can be, so that it keeps up with what it measures. Prints its port; commands come on its standard input:
"go RATE SECONDS" sends, and answers with a line of JSON when it has.
"""

from __future__ import annotations

import base64
import hashlib
import json
import select
import socket
import sys
import time
from importlib.resources import files
from pathlib import Path

from websockets.frames import Frame, Opcode

from harness.loading.stamp import BROADCAST_STREAM, Mark, Stamp, write_stamp
from harness.targets.codec import codec_of
from harness.targets.file import Target, load_target
from harness.wire.channel import ChannelId
from harness.wire.envelope import Envelope
from harness.wire.template import fill, match

RUN = "be9c4"
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def bench_target() -> Target:
    """Return the target whose envelopes are sent: the reference's."""
    return load_target(Path(str(files("harness.reference").joinpath("target.toml"))))


class Sender:
    """A listening socket and whoever came."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._codec = codec_of(target)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self._poll = select.epoll()
        self._poll.register(self._listener, select.EPOLLIN)
        self._peers: dict[int, socket.socket] = {}
        self._seq = 0

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def serve(self, commands: int) -> None:
        """Serve until the standard input `commands` ends."""
        self._poll.register(commands, select.EPOLLIN)
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor == commands:
                    line = sys.stdin.readline().split()
                    if not line:
                        return
                    print(json.dumps(self._go(float(line[1]), float(line[2]))), flush=True)  # noqa: T201 # its answer
                elif descriptor == self._listener.fileno():
                    self._accept()
                else:
                    self._answer(descriptor)

    def _go(self, rate: float, seconds: float) -> dict[str, float]:
        start_s, cpu_s = time.monotonic(), time.process_time()
        late_s = 0.0
        for number in range(int(rate * seconds)):
            due_s = start_s + number / rate
            while (left_s := due_s - time.monotonic()) > 0:
                select.select([], [], [], left_s)
            late_s = max(late_s, time.monotonic() - due_s)
            self._seq += 1
            stamp = Stamp(Mark(BROADCAST_STREAM, self._seq), round(due_s * 1_000_000), self._seq - 1)
            data = fill(self._target.broadcast.receive, {"text": write_stamp(stamp, run=RUN), "data": None})
            envelope = self._codec.encode(Envelope(ChannelId(self._target.broadcast.channel), data))
            frame = Frame(Opcode.TEXT, envelope.encode()).serialize(mask=False)
            for peer in self._peers.values():
                peer.sendall(frame)
        return {
            "published": int(rate * seconds), "took_s": time.monotonic() - start_s,
            "cpu_s": time.process_time() - cpu_s, "late_s": late_s,
        }  # fmt: skip

    def _accept(self) -> None:
        peer, _ = self._listener.accept()
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = b""
        while b"\r\n\r\n" not in head:
            head += peer.recv(65536)
        key = next(each[19:].strip() for each in head.split(b"\r\n") if each.lower().startswith(b"sec-websocket-key:"))
        accept = base64.b64encode(hashlib.sha1(key + _GUID).digest())
        peer.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        self._peers[peer.fileno()] = peer
        self._poll.register(peer, select.EPOLLIN)

    def _answer(self, descriptor: int) -> None:
        peer = self._peers[descriptor]
        try:
            data = peer.recv(65536)
        except OSError:
            data = b""
        if not data or data[0] & 0x0F == 8:
            self._poll.unregister(descriptor)
            del self._peers[descriptor]
            peer.close()
            return
        size, start = data[1] & 0x7F, 2
        if size == 126:
            size, start = int.from_bytes(data[2:4], "big"), 4
        mask, masked = data[start : start + 4], data[start + 4 : start + 4 + size]
        asked = self._codec.decode(bytes(byte ^ mask[at % 4] for at, byte in enumerate(masked)).decode())
        assert isinstance(asked, Envelope)
        values = match(self._target.echo.send, asked.data) or {}
        reply = self._codec.encode(Envelope(asked.channel, fill(self._target.echo.receive, values)))
        peer.sendall(Frame(Opcode.TEXT, reply.encode()).serialize(mask=False))


def main() -> None:
    """Serve whoever started this."""
    sender = Sender(bench_target())
    print(sender.port, flush=True)  # noqa: T201 # whoever started it waits for this
    sender.serve(sys.stdin.fileno())


if __name__ == "__main__":
    main()

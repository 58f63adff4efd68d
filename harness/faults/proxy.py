"""A loopback proxy between one browser and the target: watches every socket, passes all else on untouched.

The page does not see it: Host, Origin and redirects are rewritten (head.py). Knows nothing of envelopes or histories.
What hinders bytes is its `link`, what befalls one socket is done to the `WatchedSocket`, found by the browser's port.
"""

from __future__ import annotations

import contextlib
import socket as socketlib
from collections.abc import Awaitable, Callable
from typing import TypeAlias
from urllib.parse import urlsplit

import anyio
from anyio.abc import ByteStream, SocketAttribute, SocketStream, TaskStatus

from harness.faults.disguise import Disguise
from harness.faults.link import Link
from harness.faults.socket_event import ProxyEvent, RequestAnswered, SocketOpening, SocketRefused
from harness.faults.watched_socket import WatchedSocket, copy_bytes, end_bytes
from harness.plan.network import CloseNext
from harness.targets.dial import dial
from harness.wire.handshake import accept_for
from harness.wire.head import Head, split_head

LINGER_S = 3.0
"""How long one direction may go on after the other has ended."""
HANDSHAKE_TIMEOUT_S = 15.0

Listener: TypeAlias = Callable[[ProxyEvent], None]
_ENDED = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, OSError, TimeoutError, ValueError)


class Proxy:
    """One browser's way to the target at `target_url`; upgrades on `socket_path` count as sockets.

    `url` stands for `target_url` while `serve` runs.
    """

    def __init__(
        self,
        target_url: str,
        *,
        socket_path: str,
        listener: Listener,
        receive_buffer_bytes: int | None = None,
        host: str = "",
    ) -> None:
        """`receive_buffer_bytes` is how much the kernel may take from the target while nobody reads here; `host` is the
        name that the browser knows us by, where it is not the loopback address.
        """
        self._host = host
        self.pages: dict[str, str] = {}
        """HTML that is answered here, by path; the target is not asked."""
        self.link = Link()
        self._receive_buffer_bytes = receive_buffer_bytes
        self._back = urlsplit(target_url)
        self._socket_path = socket_path
        self._listener = listener
        self._disguise = Disguise("", "")
        self._sockets: dict[int, WatchedSocket] = {}
        self._count = 0
        self._to_refuse = 0
        self.url = ""

    async def serve(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Take connections until cancelled; started once the port is open."""
        async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
            host = self._host or ("localhost" if self._back.hostname == "localhost" else "127.0.0.1")
            front = f"http://{host}:{listener.extra(SocketAttribute.local_port)}"
            self._disguise = Disguise(front, f"{self._back.scheme}://{self._back.netloc}")
            self.url = front + self._back.path.rstrip("/")
            task_status.started()
            await listener.serve(self._take)

    @property
    def live(self) -> tuple[int, ...]:
        """The sockets that are open, pass bytes, and that neither side has begun to end, oldest first."""
        return tuple(number for number, socket in self._sockets.items() if socket.live and not socket.stalled)

    @property
    def sockets(self) -> dict[int, WatchedSocket]:
        """The sockets that are not gone yet, by number, oldest first."""
        return dict(self._sockets)

    @property
    def hinders(self) -> bool:
        """Whether a fault keeps the browser, for now, from having a connection that works, or from knowing better."""
        return self.link.refuses or any(
            each.stalled or (each.severed and not each.left) for each in self._sockets.values()
        )

    def socket_at(self, port: int) -> WatchedSocket | None:
        """Return the socket whose browser's end is `port`."""
        return next((each for each in self._sockets.values() if each.port == port), None)

    def refuse(self, *, upgrades: int) -> None:
        """Answer the next `upgrades` handshakes with 503 without asking the target; 0 ends a refusal."""
        self._to_refuse = upgrades

    async def reset_all(self) -> None:
        """Break every socket with a TCP reset, towards browser and target."""
        for socket in list(self._sockets.values()):
            await socket.reset()

    async def _take(self, browser: SocketStream) -> None:
        async with browser:
            with contextlib.suppress(*_ENDED):
                read = await read_head(browser)
                if read is None:
                    return
                request, rest = read
                if request.upgrade == "websocket" and request.path == self._socket_path:
                    await self._serve_socket(browser, request, rest)
                else:
                    await self._serve_other(browser, request, rest)

    async def _serve_other(self, browser: SocketStream, request: Head, rest: bytes) -> None:
        """Pass on a plain request, or an upgrade that is none of ours, for as long as both sides talk."""
        if request.path in self.pages:
            await browser.send(page_of(self.pages[request.path]))
            await see_off(browser)
            return
        request = self._disguise.request(request)
        if not request.upgrade:  # one request a connection, so that no second head hides in the bytes that follow
            request = request.without("connection", "keep-alive").with_header("Connection", "close")
        try:
            upstream = await dial(self._back.geturl())
        except _ENDED:
            await refuse_with(browser, "502 Bad Gateway")
            return
        async with upstream:
            await upstream.send(request.dump() + rest)
            await both(
                lambda: copy_bytes(browser, upstream),
                lambda: self._answer(upstream, browser, request),
            )

    async def _answer(self, upstream: ByteStream, browser: SocketStream, request: Head) -> None:
        with contextlib.suppress(*_ENDED):
            while (read := await read_head(upstream)) is not None:
                answer, rest = self._disguise.answer(read[0]), read[1]
                interim = 100 <= answer.status < 200 and answer.status != 101
                if not request.upgrade and not interim:
                    self._listener(RequestAnswered(request.method, request.path, answer.status))
                    answer = answer.without("connection", "keep-alive").with_header("Connection", "close")
                await browser.send(answer.dump())
                if not interim:
                    if rest:
                        await browser.send(rest)
                    await copy_bytes(upstream, browser)
                    return
        await end_bytes(browser)

    async def _serve_socket(self, browser: SocketStream, request: Head, rest: bytes) -> None:
        self._count += 1
        number = self._count
        disguised = self._disguise.request(request).without("sec-websocket-extensions")
        origin = disguised.get("origin")
        foreign = origin if origin and origin.lower() != self._disguise.back.lower() else None
        port = int(browser.extra(SocketAttribute.remote_port))
        self._listener(SocketOpening(number, foreign, port))
        if await self._refused(number, browser, request):
            return
        answered = False
        reason = "the target is not there"
        try:
            async with await dial(self._back.geturl()) as upstream:
                reason = "no answer to the handshake"
                self._narrow(upstream)
                await upstream.send(disguised.dump())
                with anyio.fail_after(HANDSHAKE_TIMEOUT_S):
                    read = await read_head(upstream)
                if read is None:
                    return
                answer, early = read[0].without("sec-websocket-extensions"), read[1]
                if answer.status != 101:
                    answered = True
                    self._listener(SocketRefused(number, answer.status, answer.first))
                    await browser.send(self._disguise.answer(answer).dump() + early)
                    await copy_bytes(upstream, browser)
                    await see_off(browser)
                    return
                answered = True
                socket = WatchedSocket(
                    number, browser=browser, upstream=upstream, listener=self._listener, link=self.link, port=port
                )
                self._sockets[number] = socket
                try:
                    await socket.run(answer, early=early, rest=rest)
                finally:
                    del self._sockets[number]
        finally:
            if not answered:
                self._listener(SocketRefused(number, 0, reason))
                with anyio.CancelScope(shield=True), anyio.move_on_after(1.0), contextlib.suppress(*_ENDED):
                    await refuse_with(browser, "502 Bad Gateway")

    async def _refused(self, number: int, browser: SocketStream, request: Head) -> bool:
        """Answer the handshake ourselves if a fault says so; return whether one did."""
        fault = self.link.refusal()
        if isinstance(fault, CloseNext):
            reason = f"closed with {fault.code} by a fault"
            self._listener(SocketRefused(number, 101, reason, fault="close", code=fault.code))
            await accept_and_close(browser, request, code=fault.code)
            return True
        if fault is None and self._to_refuse <= 0:
            return False
        self._to_refuse -= fault is None
        self._listener(SocketRefused(number, 503, "refused by a fault", fault="refuse"))
        await refuse_with(browser, "503 Service Unavailable")
        return True

    def _narrow(self, upstream: ByteStream) -> None:
        if self._receive_buffer_bytes is not None:
            raw = upstream.extra(SocketAttribute.raw_socket)
            raw.setsockopt(socketlib.SOL_SOCKET, socketlib.SO_RCVBUF, self._receive_buffer_bytes)


async def read_head(stream: ByteStream) -> tuple[Head, bytes] | None:
    """Return the next head from `stream` and the bytes that came after it; None when the stream ends before.

    Raises:
        ValueError: what comes is no HTTP head.
    """
    data = b""
    while (found := split_head(data)) is None:
        try:
            data += await stream.receive()
        except anyio.EndOfStream:
            return None
    return found


async def refuse_with(browser: SocketStream, status: str) -> None:
    """Answer with `status` and no body, then wait shortly for the browser to leave."""
    await browser.send(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
    await see_off(browser)


async def accept_and_close(browser: SocketStream, request: Head, *, code: int) -> None:
    """Upgrade, close at once with `code`, and wait shortly for the browser to leave."""
    head = (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept_for(request.get('sec-websocket-key'))}\r\n\r\n"
    )
    await browser.send(head.encode() + b"\x88\x02" + code.to_bytes(2, "big"))
    await see_off(browser)


def page_of(html: str) -> bytes:
    """Return the answer that is the page `html`."""
    body = html.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body


async def see_off(browser: SocketStream) -> None:
    """Wait shortly for the browser to leave: to close at once would drop what it has not read yet."""
    await browser.send_eof()
    with anyio.move_on_after(LINGER_S):
        while await browser.receive():
            pass


async def both(one: Callable[[], Awaitable[None]], other: Callable[[], Awaitable[None]]) -> None:
    """Run both directions; once one has ended the other has `LINGER_S` left."""
    with anyio.CancelScope() as scope:

        async def run(direction: Callable[[], Awaitable[None]]) -> None:
            await direction()
            scope.deadline = min(scope.deadline, anyio.current_time() + LINGER_S)

        async with anyio.create_task_group() as directions:
            directions.start_soon(run, one)
            directions.start_soon(run, other)

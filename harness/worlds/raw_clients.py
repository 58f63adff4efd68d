"""The raw clients of the wire world: they open, send the echo's message, and hear what comes back, rules or no rules.

Their connections are no connections of the history: nothing is owed on them. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import anyio

from harness.history import Received
from harness.wire.abbreviation import abbreviated
from harness.wire.envelope import Envelope
from harness.wire.frame import TEXT, write_frame
from harness.wire.handshake import right_request
from harness.wire.template import fill, match
from harness.wire.token import Token, find_tokens
from harness.worlds.arrival import heard
from harness.worlds.rule_breaker import RuleBreaker, break_in
from harness.worlds.wire_clients import WireClients
from harness.worlds.wire_connection import Refused

LEAST_WAIT_S = 1.0
"""No promise is measured more closely than this."""


@dataclass(slots=True)
class RawClient:
    """A raw connection, and the texts that came back on it by the tokens in them."""

    name: str
    breaker: RuleBreaker | None = None
    heard: dict[Token, list[str]] = field(default_factory=dict)

    @property
    def alive(self) -> bool:
        return self.breaker is not None and not self.breaker.closed


class RawClients:
    """Opens raw clients on one target; `telling` are the tokens whose messages the history is told of."""

    def __init__(self, clients: WireClients) -> None:
        self._clients = clients
        self._recorder = clients.recorder
        self._target = clients.target
        self._news = anyio.Event()
        self.telling: frozenset[Token] = frozenset()

    @property
    def patience_s(self) -> float:
        """How long an answer is waited for."""
        return max(self._clients.patience_s, LEAST_WAIT_S)

    async def until(self, done: Callable[[], bool], *, timeout_s: float) -> bool:
        """Wait until `done` holds, longer by how long this machine stood still; return whether it does."""
        before_s = self._clients.lag.total_s
        for _ in range(2):
            with anyio.move_on_after(timeout_s):
                while not done():
                    await self._news.wait()
            timeout_s = self._clients.lag.total_s - before_s
            if timeout_s <= 0 or done():
                break
        return done()

    async def open(self, name: str, *, cookie: str | None, offer: str = "") -> RawClient:
        """Open a connection, with the extension that is offered; without a `breaker` where it was refused."""
        client = RawClient(name)
        url, socket = self._clients.place.url(1), self._target.socket
        request = right_request(url, socket.path, cookie=cookie, subprotocols=socket.subprotocols)
        if offer:
            request = request.plus("Sec-WebSocket-Extensions", offer)
        try:
            client.breaker = await break_in(
                url,
                request,
                on_text=lambda text: self._hear(client, text),
                changed=self._wake,
                now=self._recorder.now,
            )
        except Refused:
            return client
        self._clients.tasks.start_soon(client.breaker.run)
        return client

    async def answers(self, client: RawClient, text: str) -> bool:
        """Whether the connection answers an echo of `text`: a server that loses one in ten answers the next."""
        for timeout_s in (self.patience_s, LEAST_WAIT_S, LEAST_WAIT_S):
            if await self.echoes(client, text, timeout_s=timeout_s):
                return True
        return False

    async def echoes(self, client: RawClient, text: str, *, times: int = 1, timeout_s: float) -> bool:
        """Whether so many echoes of `text`, sent at once, are each answered once and right."""
        breaker = client.breaker
        if breaker is None or breaker.closed:
            return False
        tokens = [self._recorder.token() for _ in range(times)]
        with anyio.move_on_after(timeout_s):
            await breaker.send(b"".join(write_frame(TEXT, self.message(f"{token} {text}")) for token in tokens))
        await self.until(lambda: breaker.closed or all(token in client.heard for token in tokens), timeout_s=timeout_s)
        return all(self.is_answered(client, token, f"{token} {text}") for token in tokens)

    def is_answered(self, client: RawClient, token: Token, text: str) -> bool:
        """Whether one answer with this text came so far."""
        texts = client.heard.get(token, ())
        found = self._clients.codec.decode(texts[0]) if len(texts) == 1 else None
        return (
            isinstance(found, Envelope)
            and match(abbreviated(fill(self._target.echo.receive, {"text": text})), abbreviated(found.data)) is not None
        )

    def _hear(self, client: RawClient, text: str) -> None:
        tokens = find_tokens(text)
        for token in tokens:
            client.heard.setdefault(token, []).append(text)
        event = heard(text, codec=self._clients.codec, observer=client.name, at_s=self._recorder.now())
        if isinstance(event, Received) and not self.telling.isdisjoint(tokens):
            self._recorder.record(event)

    def message(self, text: str) -> bytes:
        """Return the echo's message with this text."""
        envelope = Envelope(self._clients.echo_channel, fill(self._target.echo.send, {"text": text}))
        return self._clients.codec.encode(envelope).encode()

    def sized_text(self, token: Token, size_bytes: int) -> str:
        """Return the text of a message of exactly so many bytes, or the shortest there is."""
        return f"{token} " + "x" * (size_bytes - len(self.message(f"{token} ")))

    def _wake(self) -> None:
        news, self._news = self._news, anyio.Event()
        news.set()

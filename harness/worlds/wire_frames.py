"""Trials on frames in the wire world: each has a connection of its own, while another one that does nothing looks on.

Sends what a deviation says, waits for what it asks, and records what came. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Collection

import anyio

from harness.history import FramesEnded, FramesSending, SeenFrame
from harness.plan import EchoBytes, FrameStep
from harness.wire.abbreviation import abbreviated
from harness.wire.deviation import LARGEST_TRIED_BYTES, Asks, Deviation, Material
from harness.wire.frame import PONG, Frame
from harness.wire.template import fill
from harness.wire.token import Token
from harness.worlds.frame_deviation import VARIED, deviation_of, is_utf8, text_of
from harness.worlds.raw_clients import LEAST_WAIT_S, RawClient, RawClients
from harness.worlds.rule_breaker import RuleBreaker
from harness.worlds.wire_clients import WireClients

SOON_S = 0.5
"""How long what need not answer at all is given to do so."""
SENT_S = 10.0
"""How long this machine may take to send what no server need read first: nothing may follow upon the half of it."""
SEEN_BYTES = 125
PLAIN_ECHOES = 20
"""How many plain messages tell a server that mishandles a deviation from one that loses some of any kind."""


class FrameTrials:
    """The trials of one world. Their connections run in the world's task group."""

    def __init__(self, clients: WireClients, *, in_vain: Collection[str] = ()) -> None:
        """`in_vain` are requirements for which what was waited for did not come before."""
        self._clients = clients
        self._recorder = clients.recorder
        self._target = clients.target
        self._raw = RawClients(clients)
        self._bystander = RawClient("bystander")
        self._in_vain = set(in_vain)
        self._hopeless = False
        self._count = 0

    async def perform(self, step: FrameStep) -> str | None:
        """Carry out one step; the note says why it was left out."""
        deviation, text = deviation_of(step), text_of(step)
        note = self._obstacle(step, deviation)
        if note:
            return note
        if not await self._has_bystander(text):
            self._hopeless = True
            return "no connection answers an echo"
        cookie = self._clients.browser(step.tab.browser).session.cookie_header
        self._count += 1
        client = await self._raw.open(f"{step.tab.id}!{self._count}", cookie=cookie, offer=deviation.offer)
        try:
            if not await self._raw.answers(client, text) or client.breaker is None:
                return "its connection answers no echo"
            if deviation.offer and not client.breaker.deflate:
                return "the server did not take the offer of compression"
            await self._try(client, client.breaker, deviation, text=text)
        finally:
            if client.breaker is not None:
                await client.breaker.drop()
        return None

    async def aclose(self) -> None:
        """Drop the connection that looks on."""
        if self._bystander.breaker is not None:
            await self._bystander.breaker.drop()

    def _obstacle(self, step: FrameStep, deviation: Deviation) -> str | None:
        limit_bytes = self._target.promises.max_message_bytes
        if self._hopeless:
            return "no connection answered an echo before"
        if deviation.sized and limit_bytes > LARGEST_TRIED_BYTES:
            return f"a limit of {limit_bytes} bytes is too large to be tried"
        if isinstance(step, EchoBytes) and is_utf8(step.inserted):
            return "these bytes are UTF-8"
        return None

    async def _try(self, client: RawClient, breaker: RuleBreaker, deviation: Deviation, *, text: str) -> None:
        recorder = self._recorder
        tokens = (recorder.token(), recorder.token())
        material = self._material(tokens, text)
        allowed_s = self._raw.patience_s
        if deviation.requirement in self._in_vain:
            allowed_s = LEAST_WAIT_S
        texts = [
            self._raw.sized_text(each, material.below_bytes) if deviation.sized else f"{each} {text}" for each in tokens
        ]
        before = len(breaker.frames)
        breaker.close_sent = deviation.bad_close or deviation.asks is Asks.CLOSE
        self._raw.telling = frozenset(tokens)
        recorder.record(
            FramesSending(
                at_s=recorder.now(),
                observer=client.name,
                what=deviation.says,
                requirement=deviation.requirement,
                asks=deviation.asks.value,
                allowed_s=allowed_s,
                tokens=tokens,
                expected=tuple(abbreviated(fill(self._target.echo.receive, {"text": each})) for each in texts),
                answers=deviation.answers,
                channel=self._clients.echo_channel,
                reply=self._target.echo.receive,
                pings=tuple(each.hex() for each in deviation.pings),
                silent=deviation.silent,
                bad_close=deviation.bad_close,
            )
        )
        with anyio.move_on_after(allowed_s if deviation.sized else max(allowed_s, SENT_S)):
            await breaker.send(*deviation.build(material))
        sent_s = recorder.now()
        came, goes_on = await self._await(client, breaker, deviation, tokens=tokens, before=before, allowed_s=allowed_s)
        waited_s = recorder.now() - sent_s
        others, newcomer = await self._look_at_others(text)
        odd = not all(
            self._raw.is_answered(client, token, words)
            for token, words in list(zip(tokens, texts, strict=True))[: deviation.answers]
        )
        plain = not odd or bool(newcomer) or await self._answers_plain_messages()
        if not came or newcomer:
            self._in_vain.add(deviation.requirement)
        recorder.record(
            FramesEnded(
                at_s=recorder.now(),
                observer=client.name,
                frames=tuple(_seen(at_s, frame) for at_s, frame in breaker.frames[before:]),
                tcp=breaker.tcp,
                waited_s=waited_s,
                goes_on=goes_on,
                others=others,
                newcomer=newcomer,
                plain=plain,
            )
        )

    async def _await(
        self,
        client: RawClient,
        breaker: RuleBreaker,
        deviation: Deviation,
        *,
        tokens: tuple[Token, ...],
        before: int,
        allowed_s: float,
    ) -> tuple[bool, bool]:
        """Wait for what the deviation asks; return whether it came, and whether the connection goes on."""

        def answered() -> bool:
            pongs = {frame.payload for _, frame in breaker.frames[before:] if frame.opcode == PONG}
            return all(each in client.heard for each in tokens[: deviation.answers]) and (
                not deviation.pings or deviation.pings[-1] in pongs
            )

        match deviation.asks:
            case Asks.END:
                return await self._raw.until(lambda: breaker.closed, timeout_s=allowed_s), False
            case Asks.CLOSE:
                return await self._raw.until(lambda: breaker.tcp != "open", timeout_s=allowed_s), False
            case Asks.ANSWER:
                came = await self._raw.until(lambda: breaker.closed or answered(), timeout_s=allowed_s)
                # What comes after another echo is no second answer: the first has had its time.
                goes_on = came and await self._raw.answers(client, VARIED)
                return came and not breaker.closed, goes_on
            case Asks.REFUSE:
                await self._raw.until(lambda: breaker.closed or tokens[0] in client.heard, timeout_s=SOON_S)
                goes_on = await self._raw.answers(client, VARIED)
                await self._raw.until(lambda: breaker.closed or tokens[0] in client.heard, timeout_s=SOON_S)
                return breaker.closed or goes_on, goes_on
            case Asks.LIVE:
                goes_on = not deviation.sized and await self._raw.echoes(client, VARIED, timeout_s=SOON_S)
                return True, goes_on

    async def _look_at_others(self, text: str) -> tuple[str, str]:
        others = await self._state(self._bystander, text)
        if others == "answered":
            return others, ""
        newcomer = await self._raw.open("newcomer", cookie=None)
        found = "refused" if newcomer.breaker is None else await self._state(newcomer, text)
        await self.aclose()
        self._bystander = newcomer
        return others, found

    async def _has_bystander(self, text: str) -> bool:
        if await self._raw.answers(self._bystander, text):
            return True
        if self._bystander.alive:
            return False
        self._bystander = await self._raw.open("bystander", cookie=None)
        return await self._raw.answers(self._bystander, text)

    async def _state(self, client: RawClient, text: str) -> str:
        if await self._raw.answers(client, text):
            return "answered"
        return "silent" if client.alive else "ended"

    async def _answers_plain_messages(self) -> bool:
        """Whether a server that lost one message answers plain ones, of two connections in turns."""
        pair = [await self._raw.open(f"plain {number}", cookie=None) for number in (1, 2)]
        found = [
            await self._raw.echoes(client, VARIED, timeout_s=LEAST_WAIT_S)
            for _ in range(PLAIN_ECHOES)
            for client in pair
        ]
        for client in pair:
            if client.breaker is not None:
                await client.breaker.drop()
        return all(found)

    def _material(self, tokens: tuple[Token, Token], text: str) -> Material:
        return Material(
            self._raw.message(f"{tokens[0]} {text}"),
            self._raw.message(f"{tokens[1]} {text}"),
            lambda size: self._raw.message(self._raw.sized_text(tokens[0], size)),
            self._target.promises.max_message_bytes,
        )


def _seen(at_s: float, frame: Frame) -> SeenFrame:
    return SeenFrame(
        at_s=at_s,
        opcode=frame.opcode,
        size_bytes=len(frame.payload),
        payload=frame.payload[:SEEN_BYTES].hex(),
        code=frame.close_code,
    )

"""Streams on one connection: messages of mixed sizes, the same text again, long use.

Counts what is much; judges nothing.
"""

from __future__ import annotations

import contextlib
from typing import assert_never

import anyio

from harness.errors import ControlFailed, TargetUnreachable
from harness.history import EchoedAgain, HeardAgain, TalkedLong
from harness.model.duty import owed
from harness.plan import BroadcastSame, EchoAgain, KeepTalking, PublishMixed, StreamStep
from harness.wire.envelope import Envelope
from harness.wire.template import Json, fill, match
from harness.wire.token import Token
from harness.worlds.settling import overtaken
from harness.worlds.wire_browser import NO_CONNECTION, Peer
from harness.worlds.wire_clients import WireClients
from harness.worlds.world import publish

LARGE_BYTES = (256_000, 64_000, 16_000, 2_000)
"""Sizes of large messages, each tried where the server takes none of the one before."""
AFTER_LARGE = 2
AGAIN_TRIES = 3
"""How often the same text is tried again: a server may lose a message now and then, whatever it says."""
TALK_S, TALK_MOST_PER_S, TALK_CAREFUL_PER_S, TALK_LEAST = 2.6, 500, 150, 50
"""How long a connection is kept talking, how fast at the most, how fast where nothing is promised, and how little is
not worth it."""
PROMISED_SHARE = 0.8
AT_ONCE = 10
PAUSE_S, PATIENT_PAUSES = 1.0, 12
"""A limiter that drops messages lets some through again after a while: within a second of what is promised, within
these pauses where nothing is."""


async def stream(clients: WireClients, step: StreamStep) -> str | None:
    """Carry out one step; the note says why it was left out."""
    match step:
        case PublishMixed():
            return await _publish_mixed(clients, step)
        case EchoAgain(tab, times):
            peer = clients.current(tab)
            if peer is None:
                return NO_CONNECTION
            await _echo_again(clients, peer, times=times)
            return None
        case BroadcastSame(times):
            return await _broadcast_again(clients, times=times)
        case KeepTalking(tab, messages):
            peer = clients.current(tab)
            return NO_CONNECTION if peer is None else await _keep_talking(clients, peer, most=messages)
        case _:
            assert_never(step)


async def _publish_mixed(clients: WireClients, step: PublishMixed) -> str | None:
    recorder, model = clients.recorder, clients.recorder.model
    to = None if step.user is None else recorder.user_name(step.user)
    most = clients.target.promises.max_message_bytes // 2
    sizes = [size for size in LARGE_BYTES if size <= most]
    for _ in range(step.rounds):
        await publish(recorder, clients.control, to=to)
        while sizes and not await _takes(clients, to=to, size_bytes=sizes[0]):
            sizes = sizes[1:]
        if not sizes:
            return "the server takes no large message"
        for _ in range(AFTER_LARGE):
            await publish(recorder, clients.control, to=to)
        if not await clients.until(lambda: overtaken(model, owed(model)), timeout_s=clients.patience_s):
            break  # who is behind already is not to be buried
    return None


async def _takes(clients: WireClients, *, to: str | None, size_bytes: int) -> bool:
    """Have one large message published; whether it was accepted. Who takes none of that size may end the request."""
    with contextlib.suppress(ControlFailed, TargetUnreachable):
        await publish(clients.recorder, clients.control, to=to, text=_hard_to_compress(size_bytes))
        return True
    return False


def _hard_to_compress(size_bytes: int) -> str:
    """Return text on which whoever compresses has some work."""
    return "".join(f"{number * 2_654_435_761 % 2**32:08x}" for number in range(size_bytes // 8))


class _Count:
    """Counts what fits `receive` and begins with a token, instead of having it recorded."""

    def __init__(self, clients: WireClients, token: Token, receive: Json) -> None:
        self.count = 0
        self._clients = clients
        self._token = token
        self._receive = receive

    def __call__(self, text: str) -> bool:
        if self._token not in text:
            return False
        found = self._clients.codec.decode(text)
        said = match(self._receive, found.data) if isinstance(found, Envelope) else None
        right = said is not None and str(said.get("text")).startswith(self._token)
        self.count += right
        self._clients.look_again()
        return right


class _Replies(_Count):
    """Counts the right replies on a connection to what is asked with one token."""

    def __init__(self, clients: WireClients, peer: Peer) -> None:
        super().__init__(clients, clients.recorder.token(), clients.target.echo.receive)
        self.sent = 0
        self._peer = peer

    async def ask(self, *, times: int, number: int | None = None, timeout_s: float | None = None) -> bool:
        """Send a text so many times, with rising numbers from `number` on, and wait for all the replies there must be;
        whether they came.
        """
        clients, peer = self._clients, self._peer
        before_s = clients.recorder.now()
        for each in range(times):
            text = self._token if number is None else f"{self._token} {number + each}"
            envelope = Envelope(clients.echo_channel, fill(clients.target.echo.send, {"text": text}))
            if peer.connection is not None:
                await peer.connection.send_text(clients.codec.encode(envelope))
            self.sent += 1
        left_s = clients.patience_s if timeout_s is None else before_s + timeout_s - clients.recorder.now()
        return await clients.until(lambda: self.count >= self.sent or not peer.is_open, timeout_s=left_s) and (
            self.count >= self.sent
        )


async def _echo_again(clients: WireClients, peer: Peer, *, times: int) -> None:
    answered: list[int] = []
    while len(answered) < AGAIN_TRIES and peer.is_open and times not in answered:
        peer.takes = replies = _Replies(clients, peer)
        await replies.ask(times=times)
        answered.append(replies.count)
    peer.takes = None
    clients.recorder.record(
        EchoedAgain(
            at_s=clients.recorder.now(),
            connection=peer.id,
            times=times,
            came=tuple(answered),
            ended=not peer.is_open,
        )
    )


async def _broadcast_again(clients: WireClients, *, times: int) -> str | None:
    """Have the same text broadcast so many times, then others where not all of them come; the note says why not."""
    peers = [peer for browser in clients.browsers.values() for peer in browser.open_peers if not peer.foreign]
    came: dict[str, list[int]] = {peer.id: [] for peer in peers}
    for _ in range(AGAIN_TRIES):
        token = clients.recorder.token()
        heard = {peer.id: _Count(clients, token, clients.target.broadcast.receive) for peer in peers}
        for peer in peers:
            peer.takes = heard[peer.id]
        try:
            for _ in range(times):
                await clients.control.broadcast(token)
            await clients.until(
                lambda: all(each.count >= times for each in heard.values()),  # noqa: B023 # used up in this turn
                timeout_s=clients.patience_s,
            )
        except ControlFailed:
            return "the server takes no text twice"
        finally:
            for peer in peers:
                peer.takes = None
        for peer in peers:
            came[peer.id].append(heard[peer.id].count)
        if all(times in each for each in came.values()):
            break
    for peer in peers:
        clients.recorder.record(
            HeardAgain(
                at_s=clients.recorder.now(), connection=peer.id, times=times, came=tuple(came[peer.id]),
                ended=not peer.is_open,
            )
        )  # fmt: skip
    return None


async def _keep_talking(clients: WireClients, peer: Peer, *, most: int) -> str | None:
    recorder, promised = clients.recorder, clients.target.promises.flood_per_s
    per_s = TALK_CAREFUL_PER_S if promised is None else min(TALK_MOST_PER_S, int(promised * PROMISED_SHARE))
    most, few = min(most, int(per_s * TALK_S)), max(1, min(AT_ONCE, per_s // AT_ONCE))
    if most < TALK_LEAST:
        return "too few messages a second are promised to be let through"
    peer.takes = replies = _Replies(clients, peer)
    started_s, well = recorder.now(), True
    while well and replies.sent < most and recorder.now() < started_s + TALK_S:
        well = await replies.ask(times=few, number=replies.sent)
        await anyio.sleep(max(0.0, started_s + replies.sent / per_s - recorder.now()))
    sent, answered, since_s = replies.sent, replies.count, recorder.now()
    again = _Replies(clients, peer)
    if not well and peer.is_open:
        peer.takes = again
        for _ in range(1 if promised is not None else PATIENT_PAUSES):
            if again.count or not peer.is_open:
                break
            await anyio.sleep(PAUSE_S)
            await again.ask(times=1, number=again.sent, timeout_s=clients.patience_s if promised is not None else 0.0)
    peer.takes = None
    recorder.record(
        TalkedLong(
            at_s=recorder.now(),
            connection=peer.id,
            sent=sent,
            answered=answered,
            per_s=per_s,
            promised=promised is not None,
            ended=not peer.is_open,
            silent=not well and not again.count,
            waited_s=round(recorder.now() - since_s, 3),
        )
    )
    return None

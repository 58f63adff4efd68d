"""Odd messages on raw connections: each is sent, and then the sender and everybody else are asked whether they are
still served.

A connection that is not served any more is ended here, and a target that serves nobody is started again where that may
be done, so that what comes after is judged by itself. Judges nothing: `checks.aftermath` reads it off the history.
"""

from __future__ import annotations

from collections.abc import Sequence

import anyio

from harness.checks.aftermath import BUSY, CHECK_UP, left_behind, served
from harness.errors import CapabilityMissing, TargetUnreachable
from harness.history import ConnectionClosing, Provoked, PublishFinished, PublishStarted, Reviving, Sent
from harness.plan import MakeThrow, SendOnStrangers, SendPoison, SendText
from harness.wire.channel import ChannelId
from harness.wire.envelope import Envelope, TemplateCodec
from harness.wire.poison import MARK, Poison, Wire, hostile, malformed, raw_poison, strangers, without_text
from harness.wire.template import Json, fill
from harness.wire.token import Token
from harness.worlds.wire_browser import Peer
from harness.worlds.wire_clients import WireClients
from harness.worlds.wire_server import restart
from harness.worlds.world import recordable

RAW_CHARS = 300
TRIES = 3
"""How often somebody is asked who does not answer: a server may lose a message now and then, and that is all."""
IMPATIENT_S = 0.5
"""How long an answer is waited for once one did not come."""
AGAIN_S = 0.1
BACK_S = 2.0
"""How long a target that refuses connections, and may be on its way back, is asked again."""


class Provocation:
    """One step of odd messages from one connection; over as soon as one of them did harm."""

    def __init__(self, clients: WireClients, peer: Peer) -> None:
        self._clients = clients
        self._peer = peer
        self._before = len(clients.recorder.model.facts(Provoked))
        self._patience_s = clients.patience_s
        self._tabs = {browser.name: browser.tabs for browser in clients.browsers.values()}

    @property
    def sender(self) -> Peer:
        """The connection that sends: the first one, or the one in its place."""
        return self._peer

    async def provoke(
        self,
        poison: Poison,
        *,
        sort: str,
        token: Token | None = None,
        channel: str = "",
        data: Json = None,
        sender: Peer | None = None,
    ) -> bool:
        """Send one text and look after everybody; False when somebody is no longer served.

        `token` is what the text carries already; `sender` is another connection that sends it.
        """
        clients, peer = self._clients, sender or self._peer
        recorder = clients.recorder
        if not peer.is_open:
            # The last message cost the connection, only later than its check-up came back.
            fresh = await self._open_anew(peer)
            if fresh is None:
                await self._recover()
                return False
            self._peer, peer = (fresh if peer is self._peer else self._peer), fresh
        mark = token or (recorder.token() if MARK in poison.text else None)
        raw = poison.text if mark is None else poison.text.replace(MARK, mark)
        recorder.record(
            Provoked(
                at_s=recorder.now(),
                sender=peer.id,
                sort=sort,
                name=poison.name,
                raw=str(recordable(raw[:RAW_CHARS])),
                tokens=() if mark is None else (mark,),
                addressed=poison.addressed,
                channel=channel,
                data=recordable(data),
            )
        )
        if peer.connection is not None:
            await peer.connection.send_text(raw)
        return await self._look_after(peer)

    async def clean_up(self) -> bool:
        """Have the target started again if something of a message shows where it must not; whether it did not."""
        model = self._clients.recorder.model
        if all(left_behind(model, event) is None for _, event in model.facts(Provoked)[self._before :]):
            return True
        await self._recover()
        return False

    def others(self) -> list[Peer]:
        """Return one open connection of each other browser."""
        browsers = self._clients.browsers.values()
        return [each.open_peers[0] for each in browsers if each.open_peers and self._peer not in each.peers]

    async def finish(self) -> None:
        """Ask for a broadcast, which everybody must still get."""
        for _ in range(TRIES):
            if await self._broadcast():
                return
            self._patience_s = min(self._patience_s, IMPATIENT_S)
        await self._recover()

    async def _look_after(self, sender: Peer) -> bool:
        if not await self._ask([sender]):
            alive = sender.is_open
            await self._end(sender)
            fresh = await self._open_anew(sender)
            if fresh is None:
                await self._recover()
                return False
            if sender is self._peer:
                self._peer = fresh
            if alive:
                return False
        if not await self._ask([each for each in self._everybody() if each not in (sender, self._peer)]):
            await self._recover()
            return False
        return True

    async def _ask(self, peers: Sequence[Peer]) -> bool:
        """Whether each connection is open and gets an echo back; where messages are lost anyway, one of a few."""
        left = list(peers)
        for _ in range(TRIES):
            left = await self._unanswered(left)
            if not left or not all(peer.is_open for peer in left):
                break
            self._patience_s = min(self._patience_s, IMPATIENT_S)
        return not left

    async def _unanswered(self, peers: Sequence[Peer]) -> list[Peer]:
        clients, model = self._clients, self._clients.recorder.model
        asked = [(peer, await self._send_check_up(peer)) for peer in peers]

        def well(peer: Peer, token: Token) -> bool:
            return served(model, peer.id, model.messages[token])

        await clients.until(
            lambda: all(well(*each) or not each[0].is_open for each in asked), timeout_s=self._patience_s
        )
        return [each[0] for each in asked if not (well(*each) and each[0].is_open)]

    async def _send_check_up(self, peer: Peer) -> Token:
        clients, recorder = self._clients, self._clients.recorder
        token, echo = recorder.token(), clients.target.echo
        recorder.record(
            Sent(
                at_s=recorder.now(),
                token=token,
                sender=peer.id,
                channel=echo.channel,
                kind=CHECK_UP,
                expected=fill(echo.receive, {"text": token}),
            )
        )
        if peer.connection is not None:
            await peer.connection.send_text(
                clients.codec.encode(Envelope(clients.echo_channel, fill(echo.send, {"text": token})))
            )
        return token

    async def _broadcast(self) -> bool:
        """Have one broadcast published; whether it was, and everybody got it."""
        clients, recorder, model = self._clients, self._clients.recorder, self._clients.recorder.model
        token, action = recorder.token(), clients.target.broadcast
        recorder.record(
            PublishStarted(
                at_s=recorder.now(),
                token=token,
                kind=CHECK_UP,
                channel=action.channel,
                expected=fill(action.receive, {"text": token, "data": "{data}"}),
            )
        )
        accepted, status = False, 0
        try:
            answer = await clients.control.broadcast(token)
            accepted, status = answer.ok, answer.status
        except TargetUnreachable:
            pass
        recorder.record(PublishFinished(at_s=recorder.now(), token=token, accepted=accepted, status=status))
        hearers = self._everybody()
        await clients.until(
            lambda: all(model.delivered(each.id, token) or not each.is_open for each in hearers),
            timeout_s=self._patience_s if accepted else 0.0,
        )
        return accepted and all(model.delivered(each.id, token) for each in hearers)

    async def _open_anew(self, peer: Peer) -> Peer | None:
        """Open another connection of the same tab and ask it; None when it is not served."""
        clients = self._clients
        browser = next(each for each in clients.browsers.values() if peer in each.peers)
        with anyio.move_on_after(min(BACK_S, clients.patience_s)):
            while True:
                try:
                    fresh = await clients.open(browser, peer.tab)
                except TargetUnreachable:
                    return None
                if fresh.is_open and await self._ask([fresh]):
                    return fresh
                refused = clients.recorder.model.connections[fresh.id]
                dead = clients.live.owned and clients.live.pid is None
                if dead or (not refused.refused) or (refused.status not in (0, *BUSY)):
                    await self._end(fresh)
                    return None
                await anyio.sleep(AGAIN_S)
        return None

    async def _end(self, peer: Peer) -> None:
        if peer.is_open and peer.connection is not None:
            recorder = self._clients.recorder
            recorder.record(ConnectionClosing(at_s=recorder.now(), connection=peer.id))
            await peer.connection.drop()

    def _everybody(self) -> list[Peer]:
        return [peer for browser in self._clients.browsers.values() for peer in browser.open_peers if not peer.foreign]

    async def _recover(self) -> None:
        """Have a target that does not serve everybody well again.

        Raises:
            TargetUnreachable: it is not ours to start, and serves nobody.
        """
        clients, recorder = self._clients, self._clients.recorder
        recorder.record(Reviving(at_s=recorder.now()))
        if clients.target.can_restart:
            await restart(clients, kill=True, open_tabs=self._tabs)
            return
        for peer in self._everybody():
            if not await self._ask([peer]):
                await self._end(peer)


async def send_odd(
    clients: WireClients, peer: Peer, step: SendText | SendPoison | SendOnStrangers | MakeThrow
) -> str | None:
    """Carry out one step of odd messages; the note says why it was left out."""
    provocation = Provocation(clients, peer)
    match step:
        case SendText(_, text):
            well = await provocation.provoke(raw_poison(text), sort="malformed")
        case SendPoison(_, sort, name):
            return await _send_poison(clients, provocation, sort=sort, name=name)
        case SendOnStrangers():
            well = await _send_on_strangers(clients, provocation)
        case _:
            well = await _make_throw(clients, provocation)
    if well:
        await provocation.finish()
    return None


async def _send_poison(clients: WireClients, provocation: Provocation, *, sort: str, name: str) -> str | None:
    wire = wire_of(clients)
    table = malformed(wire) if sort == "malformed" else hostile(wire, most_bytes=_most_bytes(clients))
    chosen = [each for each in table if name in ("", each.name)]
    if not chosen:
        return "this target has no such message"
    for poison in chosen:
        if not await provocation.provoke(poison, sort=sort):
            return None
        if sort == "hostile" and MARK in poison.text:
            for other in provocation.others():
                if not await provocation.provoke(without_text(wire), sort="malformed", sender=other):
                    return None
            if not await provocation.clean_up():
                return None
    await provocation.finish()
    return None


async def _send_on_strangers(clients: WireClients, provocation: Provocation) -> bool:
    for channel in strangers(clients.echo_channel, known=frozenset(clients.target.channels)):
        token = clients.recorder.token()
        data = fill(clients.target.echo.send, {"text": token})
        text = clients.codec.encode(Envelope(ChannelId(channel), data))
        poison = Poison(f"channel {channel[:60]!r}", text)
        if not await provocation.provoke(poison, sort="unknown channel", token=token, channel=channel):
            return False
    return True


async def _make_throw(clients: WireClients, provocation: Provocation) -> bool:
    faulty = clients.target.capabilities.faulty
    if faulty is None:
        raise CapabilityMissing("no handler throws", where="[capabilities]", todo="declare faulty = {...}")
    token = clients.recorder.token()
    data = fill(faulty.send, {"text": token})
    text = clients.codec.encode(Envelope(ChannelId(faulty.channel), data))
    poison = Poison("what makes it throw", text)
    return await provocation.provoke(poison, sort="throwing", token=token, channel=faulty.channel)


def wire_of(clients: WireClients) -> Wire:
    """Return how the target's messages look."""
    target, codec = clients.target, clients.codec
    right = codec.encode(Envelope(clients.echo_channel, fill(target.echo.send, {"text": MARK})))
    template = codec.template if isinstance(codec, TemplateCodec) else None
    return Wire(template, target.echo.channel, target.echo.send, right)


def _most_bytes(clients: WireClients) -> int:
    return clients.target.promises.max_message_bytes

"""Going to a limit: much published past a reader that stopped, a flood, a crowd of connections, a slow handler.

What is sent in great numbers is counted, not recorded one by one. Judges nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import assert_never

import anyio

from harness.errors import ControlFailed
from harness.history import Crowded, Flooded, HandlerBusy, ReaderResumed, VolumePublished
from harness.plan import AwaitShedding, BroadcastVolume, Crowd, Flood, KeepBusy, LimitStep, Tab
from harness.wire.channel import ChannelId
from harness.wire.envelope import Envelope
from harness.wire.template import fill
from harness.wire.token import TOKEN_CHARS, Token
from harness.worlds.wire_browser import NO_CONNECTION
from harness.worlds.wire_clients import WireClients
from harness.worlds.wire_network import WireNetwork
from harness.worlds.world import publish

SMALLER_KB = (64, 16, 4)
"""Sizes to try where the server takes none as large as the plan says."""
AT_ONCE = 8
"""After so many messages the readers that do read are waited for: nobody is to fall behind by our haste."""
MOST_MESSAGES = 1000
FLOOD_TIMES, FLOOD_MOST, FLOOD_S = 10, 20_000, 3.0
"""A flood is so many times what is promised to be let through in a second, and is watched so long."""
MOST_CONNECTIONS = 128
BUSY_S, PAUSE_S = 10.0, 0.05
REACH_S = 5.0
"""How long those who do read have at the least for what was published, before no more is: on a busy machine too the
volume must be published whole, or nobody is put to the test."""
ANSWER_S = 1.0
"""A request to publish has this long at the least, however little is promised for a delivery."""


async def go_to_limit(clients: WireClients, network: WireNetwork, step: LimitStep) -> str | None:
    """Carry out one step; the note says why it was left out."""
    match step:
        case BroadcastVolume():
            return await _broadcast_volume(clients, step)
        case AwaitShedding(tab):
            return await _await_shedding(clients, network, tab)
        case Flood(tab):
            return await _flood(clients, tab)
        case Crowd(tab):
            return await _crowd(clients, tab)
        case KeepBusy():
            return await _keep_busy(clients, step)
        case _:
            assert_never(step)


async def _broadcast_volume(clients: WireClients, step: BroadcastVolume) -> str | None:
    recorder, limit_s = clients.recorder, max(ANSWER_S, clients.target.promises.delivery_s)
    largest_kb = max(1, clients.target.promises.max_message_bytes // 2000)
    sizes = [min(step.size_kb, largest_kb), *(each for each in SMALLER_KB if each < min(step.size_kb, largest_kb))]
    started_s, done, unanswered, size_kb = recorder.now(), 0, False, 0
    for size_kb in sizes:
        count = min(MOST_MESSAGES, max(1, step.volume_mb * 1000 // size_kb))
        text = "x" * (size_kb * 1000 - TOKEN_CHARS - 1)
        try:
            while done < count and not unanswered:
                tokens: list[Token] = []
                with anyio.move_on_after(limit_s) as scope:
                    while done < count and len(tokens) < AT_ONCE:
                        scope.deadline = anyio.current_time() + limit_s
                        tokens.append(await publish(recorder, clients.control, text=text))
                        done += 1
                unanswered = scope.cancelled_caught
                if tokens and not await _reached_readers(clients, tokens[-1]):
                    break
        except ControlFailed:
            if done:
                break
            continue
        break
    recorder.record(
        VolumePublished(
            at_s=recorder.now(),
            messages=done,
            size_bytes=size_kb * 1000,
            seconds=round(recorder.now() - started_s, 3),
            unanswered=unanswered,
            limit_s=limit_s,
        )
    )
    return None if done or unanswered else "the server takes no message of this size"


async def _reached_readers(clients: WireClients, token: Token) -> bool:
    """Wait until everybody who reads has a message."""
    model = clients.recorder.model
    readers = [
        peer
        for browser in clients.browsers.values()
        for peer in browser.open_peers
        if not peer.foreign and not model.connections[peer.id].stalled_at(model.now.index)
    ]
    return await clients.until(
        lambda: all(model.delivered(peer.id, token) or not peer.is_open for peer in readers),
        timeout_s=max(REACH_S, clients.patience_s),
    )


async def _await_shedding(clients: WireClients, network: WireNetwork, tab: Tab) -> str | None:
    recorder, promise_s = clients.recorder, clients.target.promises.slow_reader_s
    peer = clients.current(tab)
    if peer is None:
        return NO_CONNECTION
    since_s = network.stalled_at_s(peer)
    if since_s is None or promise_s is None:
        return "its reader has not stopped"
    await anyio.sleep(promise_s)
    await network.resume(peer)
    recorder.record(
        ReaderResumed(
            at_s=recorder.now(),
            connection=peer.id,
            stopped_s=round(recorder.now() - since_s, 3),
            ended=not peer.is_open,
        )
    )
    return None


@dataclass(slots=True)
class _Counter:
    """Counts the texts that carry a token, instead of having them recorded."""

    token: Token
    count: int = 0

    def __call__(self, text: str) -> bool:
        mine = self.token in text
        self.count += mine
        return mine


async def _flood(clients: WireClients, tab: Tab) -> str | None:
    recorder, allowed = clients.recorder, clients.target.promises.flood_per_s
    peer = clients.current(tab)
    if peer is None or peer.connection is None:
        return NO_CONNECTION
    if allowed is None:
        return "no rate is promised"
    peer.takes = counter = _Counter(recorder.token())
    wanted, sent, started_s = min(max(allowed * FLOOD_TIMES, 50), FLOOD_MOST), 0, recorder.now()
    with anyio.move_on_after(FLOOD_S):
        while sent < wanted and peer.is_open:
            await peer.connection.send_text(_echo_text(clients, f"{counter.token} {sent}"))
            sent += 1
        for browser in clients.browsers.values():
            other = browser.current()
            if other is not None and other is not peer:
                await clients.send_echo(other)
        while counter.count < sent and peer.is_open:  # noqa: ASYNC110 # what is only counted wakes nobody
            await anyio.sleep(0.02)
    peer.takes = None
    recorder.record(
        Flooded(
            at_s=recorder.now(),
            connection=peer.id,
            sent=sent,
            answered=counter.count,
            allowed=allowed,
            seconds=round(recorder.now() - started_s, 3),
            ended=not peer.is_open,
        )
    )
    return None


async def _crowd(clients: WireClients, tab: Tab) -> str | None:
    recorder, allowed = clients.recorder, clients.target.promises.max_connections
    browser = clients.browser(tab.browser)
    if allowed is None or allowed > MOST_CONNECTIONS:
        return f"more than {MOST_CONNECTIONS} connections are not tried"
    before = browser.open_peers
    mine, tried = list(before), len(before)
    while tried <= allowed:
        peer = await clients.open(browser, tab.number + tried)
        tried += 1
        if peer.connection is None:
            break
        mine.append(peer)

    def open_now() -> int:
        return sum(each.is_open for each in mine)

    await clients.until(lambda: open_now() <= allowed, timeout_s=clients.patience_s)
    recorder.record(
        Crowded(at_s=recorder.now(), browser=browser.name, tried=tried, allowed=allowed, open_now=open_now())
    )
    await clients.close([each for each in mine if each not in before and each.is_open])
    return None


async def _keep_busy(clients: WireClients, step: KeepBusy) -> str | None:
    recorder, slow = clients.recorder, clients.target.capabilities.slow
    peer = clients.current(step.tab)
    other = clients.current(step.other)
    if slow is None or peer is None or peer.connection is None or other is None:
        return NO_CONNECTION
    peer.takes = counter = _Counter(recorder.token())
    started_s = recorder.now()
    for number in range(step.times):
        data = fill(slow.send, {"text": f"{counter.token} {number}"})
        await peer.connection.send_text(clients.codec.encode(Envelope(ChannelId(slow.channel), data)))
    worst_s, unanswered, published = 0.0, False, False
    with anyio.move_on_after(BUSY_S):
        while counter.count < step.times and peer.is_open and other.is_open:
            token, sent_s, unanswered = await clients.send_echo(other), recorder.now(), True
            answered = partial(recorder.model.delivered, other.id, token)
            await clients.until(lambda answered=answered: bool(answered()), timeout_s=BUSY_S)  # type: ignore[misc] # a default binds it
            worst_s, unanswered = max(worst_s, recorder.now() - sent_s), False
            if not published:
                published = True
                await publish(recorder, clients.control)  # for who is busy too
            await anyio.sleep(PAUSE_S)
    peer.takes = None
    recorder.record(
        HandlerBusy(
            at_s=recorder.now(),
            connection=peer.id,
            other=other.id,
            times=step.times,
            answered=counter.count,
            busy_s=round(recorder.now() - started_s, 3),
            echo_s=round(worst_s, 3),
            echoed=not unanswered,
        )
    )
    return None


def _echo_text(clients: WireClients, text: str) -> str:
    return clients.codec.encode(Envelope(clients.echo_channel, fill(clients.target.echo.send, {"text": text})))

"""Sessions over time, carried out on raw connections: races with a handshake, old cookies, and ends without a sign-out.

Records what was asked and answered; judges nothing.
"""

from __future__ import annotations

from typing import assert_never

import anyio

from harness.errors import CapabilityMissing, ControlFailed, OnesocketError
from harness.history import (
    ConnectionId,
    Received,
    Revoked,
    Revoking,
    SessionExpired,
    SessionExpiring,
    SessionRotated,
    SessionRotating,
    WhoAnswered,
    WhoAsked,
)
from harness.plan import (
    AskWho,
    ChangeUserWhileOpening,
    Expire,
    IdentityStep,
    OpenWithOldCookie,
    Revoke,
    Rotate,
    SendToNobody,
    SendToOddIds,
    SignInForAWhile,
)
from harness.targets.capability import expiry_of
from harness.targets.control import Answer, user_values
from harness.targets.file import Whoami
from harness.wire.channel import ChannelId, unknown_id
from harness.wire.envelope import Envelope
from harness.wire.template import Json, fill, match
from harness.worlds.wire_browser import Peer, WireBrowser
from harness.worlds.wire_clients import WireClients
from harness.worlds.wire_odd_ids import send_to_odd_ids
from harness.worlds.world import publish, typed_id

LONGEST_TTL_S = 20.0
"""A session that lives longer is not waited for: no run could be that patient."""


async def perform_identity(step: IdentityStep, clients: WireClients) -> str | None:
    """Carry out one step; the note says why it was left out.

    Raises:
        ControlFailed: the target refused what it says it can do.
        CapabilityMissing: its sessions live too long to be waited for.
    """
    match step:
        case SendToNobody():
            await _send_to_nobody(clients)
        case SendToOddIds(role):
            await send_to_odd_ids(clients, clients.recorder.user_name(role))
        case OpenWithOldCookie(tab):
            browser = clients.browser(tab.browser)
            if browser.old_cookie is None:
                return "nobody was signed in before"
            await clients.open(browser, tab.number, cookie=browser.old_cookie, replayed=True)
        case ChangeUserWhileOpening(tab, role, after_ms):
            user = clients.recorder.user_name(role) if role else None
            return await _change_user_while_opening(clients, clients.browser(tab.browser), tab.number, user, after_ms)
        case SignInForAWhile(tab, role):
            _ttl_s(clients)
            await clients.change_user(clients.browser(tab.browser), clients.recorder.user_name(role), for_a_while=True)
        case Expire(tab):
            return await _expire(clients, clients.browser(tab.browser))
        case Revoke(role):
            await _revoke(clients, clients.recorder.user_name(role))
        case Rotate(tab):
            return await _rotate(clients, clients.browser(tab.browser))
        case AskWho(tab):
            peers = [each for each in clients.browser(tab.browser).open_peers if each.tab == tab.number]
            for peer in peers:
                await _ask_who(clients, peer)
            return None if peers else "it has no open connection"
        case _:
            assert_never(step)
    return None


async def _send_to_nobody(clients: WireClients) -> None:
    target = clients.target
    unknown = unknown_id([str(user.id) for user in target.users.values()])
    await publish(clients.recorder, clients.control, to_id=typed_id(target, unknown))


async def _change_user_while_opening(
    clients: WireClients, browser: WireBrowser, tab: int, user: str | None, after_ms: int | None
) -> str | None:
    if user is None and browser.user is None:
        return "nobody is signed in"
    if after_ms is None:
        await clients.open(browser, tab, before_end=lambda: clients.identify(browser, user))
    else:
        await _race(clients, browser, tab, user, after_ms / 1000)
    await clients.open(browser, tab)
    return None


async def _race(clients: WireClients, browser: WireBrowser, tab: int, user: str | None, after_s: float) -> None:
    under_way = anyio.Event()
    failed: list[OnesocketError] = []

    async def set_out() -> None:
        under_way.set()

    async def change() -> None:
        await under_way.wait()
        await anyio.sleep(after_s)
        try:
            await clients.identify(browser, user)
        except OnesocketError as error:
            failed.append(error)

    # An error out of the group would come wrapped in one of its own.
    async with anyio.create_task_group() as group:
        group.start_soon(change)
        try:
            await clients.open(browser, tab, before_end=set_out)
        except OnesocketError as error:
            failed.append(error)
        under_way.set()  # also where there was nobody to shake hands with
    if failed:
        raise failed[0]


def _ttl_s(clients: WireClients) -> float:
    expiry = expiry_of(clients.target)
    if expiry is None or expiry.ttl_s > LONGEST_TTL_S:
        raise CapabilityMissing(
            f"its sessions live longer than {LONGEST_TTL_S:g} s",
            where="[capabilities] expiry",
            todo="declare a sign-in whose session ends sooner, to see one end",
        )
    return expiry.ttl_s


async def _expire(clients: WireClients, browser: WireBrowser) -> str | None:
    if browser.user is None:
        return "nobody is signed in"
    recorder, ttl_s = clients.recorder, _ttl_s(clients)
    recorder.record(SessionExpiring(at_s=recorder.now(), browser=browser.name))
    # A socket that ends before is the server's way to say it; the time of a session has no event of its own.
    await clients.until(lambda: False, timeout_s=ttl_s)
    recorder.record(SessionExpired(at_s=recorder.now(), browser=browser.name))
    browser.user = None
    return None


async def _revoke(clients: WireClients, user: str) -> None:
    recorder = clients.recorder
    recorder.record(Revoking(at_s=recorder.now(), user=user))
    answer = await clients.control.revoke(user)
    recorder.record(Revoked(at_s=recorder.now(), user=user, ok=answer.ok))
    _insist(answer, "the revocation", "[capabilities] revoke")
    for browser in clients.browsers.values():
        if browser.user == user:
            browser.user = None


async def _rotate(clients: WireClients, browser: WireBrowser) -> str | None:
    action, recorder = clients.target.capabilities.rotate, clients.recorder
    if browser.user is None or action is None:
        return "nobody is signed in"
    session, _ = clients.place.session(browser)
    values = user_values(browser.user, clients.target.users[browser.user])
    recorder.record(SessionRotating(at_s=recorder.now(), browser=browser.name))
    answer = await session.request(action, key="capabilities.rotate", values=values)
    recorder.record(SessionRotated(at_s=recorder.now(), browser=browser.name, ok=answer.ok))
    _insist(answer, "the renewal of the session", "[capabilities] rotate")
    return None


def _insist(answer: Answer, what: str, key: str) -> None:
    if not answer.ok:
        raise ControlFailed(
            f"{what} was answered with {answer.status}", where=answer.url, todo=f"check {key} in the target file"
        )


async def _ask_who(clients: WireClients, peer: Peer) -> None:
    whoami, recorder = clients.target.capabilities.whoami, clients.recorder
    if whoami is None or peer.connection is None:
        return
    since = len(recorder.history)
    recorder.record(WhoAsked(at_s=recorder.now(), connection=peer.id))
    await peer.connection.send_text(
        clients.codec.encode(Envelope(ChannelId(whoami.channel), fill(whoami.send, {"text": ""})))
    )
    await clients.until(
        lambda: bool(_answers(clients, peer.id, whoami, since)) or not peer.is_open, timeout_s=clients.patience_s
    )
    for data in _answers(clients, peer.id, whoami, since)[:1]:
        found = match(whoami.receive, data)
        said = found["user.id"] if found else None
        user_id = None if found is None or said == whoami.guest else str(said)
        recorder.record(WhoAnswered(at_s=recorder.now(), connection=peer.id, user_id=user_id))


def _answers(clients: WireClients, connection: ConnectionId, whoami: Whoami, since: int) -> list[Json]:
    history = clients.recorder.history
    return [
        event.data
        for event in (history[index] for index in range(since, len(history)))
        if isinstance(event, Received) and event.observer == connection and event.channel == whoami.channel
    ]

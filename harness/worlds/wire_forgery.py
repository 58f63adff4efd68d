"""Clients that pretend: messages as if they were the server's, and claims to be somebody else without a sign-in."""

from __future__ import annotations

import json
from collections.abc import Mapping

from harness.errors import TargetUnreachable
from harness.history import IdentityClaimed
from harness.plan import ClaimIdentity, Forge
from harness.targets.file import Target
from harness.wire.channel import ChannelId
from harness.wire.envelope import Envelope
from harness.wire.forgery import WHO_KEYS, Forgery, claiming_data, claiming_messages, claims, forgeries
from harness.wire.poison import Poison
from harness.wire.template import Json, UnknownPlaceholder, fill
from harness.wire.token import Token
from harness.worlds.wire_browser import Peer, WireBrowser
from harness.worlds.wire_clients import WireClients
from harness.worlds.wire_malformed import Provocation


async def forge(clients: WireClients, peer: Peer, step: Forge) -> str | None:
    """Send each form of a forged message, and look after everybody after each."""
    provocation = Provocation(clients, peer)
    user = None if step.user is None else clients.recorder.user_name(step.user)
    for index in range(len(_forgeries(clients, step.what, user, Token("")))):
        token = clients.recorder.token()
        forgery = _forgeries(clients, step.what, user, token)[index]
        text = clients.codec.encode(Envelope(ChannelId(forgery.channel), forgery.data))
        poison = Poison(forgery.name, _beside(text, dict(forgery.beside)))
        sort, forger = f"forged {step.what}", provocation.sender
        if not await provocation.provoke(poison, sort=sort, token=token, channel=forgery.channel, data=forgery.data):
            return None
        if user is not None:
            # It names the user in its envelope and its data: whoever believes that takes the sender for the user.
            _record_claim(clients, forger, user, "messages")
    await provocation.finish()
    return None


def _forgeries(clients: WireClients, what: str, user: str | None, token: Token) -> list[Forgery]:
    target = clients.target
    values: dict[str, Json] = {"text": token, "data": token}
    echo = fill(target.echo.send, values)
    if what == "reply":
        return [Forgery("as clients receive it", target.echo.channel, fill(target.echo.receive, values))]
    action = target.broadcast if what == "broadcast" else target.send_to_user
    user_id: Json = None if user is None else target.users[user].id
    try:
        request = fill(action.json if action.json is not None else action.form, {**values, "user.id": user_id})
    except UnknownPlaceholder:
        request = None
    return forgeries(
        channel=action.channel,
        receive=fill(action.receive, values),
        request=request,
        echo=echo,
        user_id=user_id,
    )


def _beside(text: str, keys: Mapping[str, Json]) -> str:
    """Return the message with further keys in its envelope, where that is an object."""
    try:
        whole = json.loads(text)
    except ValueError:
        return text
    return json.dumps({**keys, **whole}, ensure_ascii=False) if keys and isinstance(whole, dict) else text


async def claim_identity(clients: WireClients, browser: WireBrowser, step: ClaimIdentity) -> str | None:
    """Open connections that claim to be a user, or claim it in messages on a new one."""
    user = clients.recorder.user_name(step.user)
    if browser.user == user:
        return "it is that user"
    if step.by == "messages":
        return await _claim_in_messages(clients, browser, step, user)
    made = claims(step.by, names=_names(clients.target, user), session_cookies=_session_cookies(clients))
    for each in made:
        path = clients.target.socket.path
        if each.query:
            path += ("&" if "?" in path else "?") + each.query
        own = browser.session.cookie_header
        # Of two cookies of one name many servers take the first, some the last.
        cookie = "; ".join(part for part in (each.cookies, own) if part) if each.cookies else None
        before = browser.count
        try:
            await clients.open(browser, step.tab.number, path=path, headers=each.headers, cookie=cookie)
        except TargetUnreachable:
            if not await _answers(clients, browser, step.tab.number):
                raise
        peer = next(peer for peer in browser.peers if peer.id == f"{browser.name}#{before + 1}")
        _record_claim(clients, peer, user, step.by)
    return None


async def _answers(clients: WireClients, browser: WireBrowser, tab: int) -> bool:
    """Whether a handshake without a claim is answered: a server may leave one with a claim without an answer."""
    return bool((await clients.open(browser, tab)).connection)


async def _claim_in_messages(clients: WireClients, browser: WireBrowser, step: ClaimIdentity, user: str) -> str | None:
    peer = await clients.open(browser, step.tab.number)
    if peer.connection is None:
        return "its connection was refused"
    provocation = Provocation(clients, peer)
    user_id: Json = clients.target.users[user].id
    token = clients.recorder.token()
    said = fill(clients.target.echo.send, {"text": token})
    text = clients.codec.encode(Envelope(clients.echo_channel, claiming_data(said, user_id=user_id)))
    texts = [("an echo that names the user", _beside(text, dict.fromkeys(WHO_KEYS, user_id)))]
    asked = enumerate(claiming_messages(user_id=user_id), start=1)
    texts += [(f"a message that names the user ({number})", json.dumps(each)) for number, each in asked]
    for name, each in texts:
        claimant = provocation.sender
        if not await provocation.provoke(Poison(name, each), sort="claim"):
            return None
        _record_claim(clients, claimant, user, step.by)
    await provocation.finish()
    return None


def _record_claim(clients: WireClients, peer: Peer, user: str, how: str) -> None:
    clients.recorder.record(IdentityClaimed(at_s=clients.recorder.now(), connection=peer.id, user=user, how=how))


def _names(target: Target, user: str) -> tuple[str, ...]:
    """The user's id, and the first words of its login that are no secret."""
    known, private = target.users[user], ("pass", "secret", "pin")
    login = [str(value) for key, value in known.login.items() if not any(each in key.lower() for each in private)]
    return tuple(dict.fromkeys((str(known.id), *login[:1])))


def _session_cookies(clients: WireClients) -> tuple[str, ...]:
    """The names of the cookies that signed-in browsers have."""
    headers = [each.session.cookie_header or "" for each in clients.browsers.values() if each.user is not None]
    parts = [part.partition("=")[0].strip() for header in headers for part in header.split(";")]
    return tuple(dict.fromkeys(part for part in parts if part))

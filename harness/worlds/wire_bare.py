"""Texts without a token, sent to the echo and published: what looks like another value, or like nothing (EN-8)."""

from __future__ import annotations

from collections.abc import Sequence

from harness.history import BareAnswered, BareSent
from harness.plan import PublishBare
from harness.targets.file import Echo, Publish
from harness.wire.envelope import Envelope
from harness.wire.template import Json, fill, match
from harness.worlds.wire_browser import Peer
from harness.worlds.wire_clients import WireClients

TEXTS = ("", "0", "false", "null", "undefined", "1e3", "9007199254740993", "-0", "007", "[]", "{}")
"""Texts that a language or a framework somewhere takes for a number, for false or for nothing."""
TRIES = 2
"""How often a text is sent that does not come: a server may lose a message now and then, whatever its text."""
IMPATIENT_S = 0.5
"""How long a text is waited for once one did not come."""


async def echo_bare(clients: WireClients, peer: Peer) -> None:
    """Send each text to the echo and wait until as many messages without a token came back; what did not, once more."""
    unmarked, echo = clients.recorder.model.unmarked, clients.target.echo
    missing: Sequence[str] = TEXTS
    for patience_s in _patience(clients):
        before = len(unmarked)
        for text in missing:
            _record(clients, sender=peer.id, kind="echo", text=text, action=echo)
            if peer.connection is not None:
                envelope = Envelope(clients.echo_channel, fill(echo.send, {"text": text}))
                await peer.connection.send_text(clients.codec.encode(envelope))

        def came(since: int = before) -> list[Json]:
            return [each.data for _, each in unmarked[since:] if each.observer == peer.id]

        wanted = len(missing)
        await clients.until(lambda: len(came()) >= wanted or not peer.is_open, timeout_s=patience_s)  # noqa: B023
        missing = [text for text in missing if not _among(came(), text, echo.receive)]
        if not missing or not peer.is_open:
            return


async def publish_bare(clients: WireClients, step: PublishBare) -> None:
    """Have each text published and wait until everybody whom it is for has it; one that did not come, once more."""
    recorder, target = clients.recorder, clients.target
    user = None if step.user is None else recorder.user_name(step.user)
    action, whole = target.send_to_user if user else target.broadcast, _patience(clients)
    for text in TEXTS:
        for patience_s in whole:
            if await _publish(clients, text, user=user, action=action, patience_s=patience_s):
                break
            whole = whole[-1:] * TRIES


async def _publish(clients: WireClients, text: str, *, user: str | None, action: Publish, patience_s: float) -> bool:
    """Have one text published; whether it was refused, or everybody got it."""
    unmarked, before = clients.recorder.model.unmarked, len(clients.recorder.model.unmarked)
    hearers = {
        peer.id
        for browser in clients.browsers.values()
        if user is None or browser.user == user
        for peer in browser.open_peers
        if not peer.foreign
    }
    _record(clients, sender="control", kind="private" if user else "broadcast", text=text, action=action, to_user=user)
    answer = await (
        clients.control.send_to_user(clients.target.users[user].id, text) if user else clients.control.broadcast(text)
    )
    clients.recorder.record(BareAnswered(at_s=clients.recorder.now(), accepted=answer.ok))

    def heard() -> set[str]:
        return {each.observer for _, each in unmarked[before:] if _among([each.data], text, action.receive)}

    return not answer.ok or await clients.until(lambda: hearers <= heard(), timeout_s=patience_s)


def _patience(clients: WireClients) -> list[float]:
    """How long to wait at each try, in seconds."""
    return [clients.patience_s, *[min(clients.patience_s, IMPATIENT_S)] * (TRIES - 1)]


def _record(
    clients: WireClients, *, sender: str, kind: str, text: str, action: Publish | Echo, to_user: str | None = None
) -> None:
    clients.recorder.record(
        BareSent(
            at_s=clients.recorder.now(),
            sender=sender,
            kind=kind,
            channel=action.channel,
            text=text,
            template=action.receive,
            to_user=to_user,
        )
    )


def _among(came: Sequence[Json], text: str, template: Json) -> bool:
    expected = fill(template, {"text": text, "data": "{data}"})
    return any(match(expected, each) is not None for each in came)

"""Servers that are wrong in what they make of odd messages: malformed, hostile, forged ones, and claims of identity."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from harness.reference.channel import ChannelId
from harness.reference.hub import Connection, Envelope, Frame, Hub, Session, SessionId, UserId
from harness.reference.origin import Handshake
from tests.faulty.fault import Fault

ECHO, POSTS = ChannelId("onesocket_chat_echo"), ChannelId("onesocket_posts_changes")
NOTES, FAILING = ChannelId("onesocket_core_notifications"), "onesocket_chat_failing"
ADMIN = UserId(7)
FOREVER_S = 1e12


def read(message: str | bytes) -> Any:
    try:
        return json.loads(message)
    except (ValueError, RecursionError):
        return ...


class _DiesOn(Hub):
    """One kind of message ends the process."""

    @staticmethod
    def kills(value: Any) -> bool:
        raise NotImplementedError

    def parse(self, message: str | bytes) -> Envelope | None:
        if self.kills(read(message)):
            os._exit(3)
        return super().parse(message)


class DiesOnNull(_DiesOn):
    @staticmethod
    def kills(value: Any) -> bool:
        return value is None


class DiesOnANumberForTheChannel(_DiesOn):
    @staticmethod
    def kills(value: Any) -> bool:
        return isinstance(value, dict) and isinstance(value.get("id"), int)


class DiesWithoutData(_DiesOn):
    @staticmethod
    def kills(value: Any) -> bool:
        return isinstance(value, dict) and value.get("id") == ECHO and "data" not in value


class DiesOfDepth(Hub):
    def parse(self, message: str | bytes) -> Envelope | None:
        try:
            json.loads(message)
        except RecursionError:
            os._exit(3)
        except ValueError:
            pass
        return super().parse(message)


class DiesOnAnUnknownChannel(Hub):
    def handles(self, channel: str) -> bool:
        if channel.startswith("nobody_knows"):
            os._exit(3)
        return super().handles(channel)


class _MindsMalformed(Hub):
    """Does something when a message is no envelope."""

    def minds(self, connection: Connection, message: str) -> None:
        raise NotImplementedError

    def receive(self, connection: Connection, message: str | bytes, *, now_s: float) -> Envelope | None:
        if isinstance(message, str) and self.parse(message) is None:
            self.minds(connection, message)
        return super().receive(connection, message, now_s=now_s)


class StopsBroadcasting(_MindsMalformed):
    """The loop that hands broadcasts out ends with the exception."""

    stopped = False

    def minds(self, connection: Connection, message: str) -> None:
        self.stopped = True

    def broadcast(self, channel: ChannelId, data: object) -> None:
        if not self.stopped:
            super().broadcast(channel, data)


class ClosesEverybody(_MindsMalformed):
    def minds(self, connection: Connection, message: str) -> None:
        for each in list(self.connections.values()):
            self.close(each, 1011)


class AnswersOnTheEcho(_MindsMalformed):
    def minds(self, connection: Connection, message: str) -> None:
        self.reply(connection, ECHO, {"reply": "You said: undefined"})


class TellsEverybody(_MindsMalformed):
    def minds(self, connection: Connection, message: str) -> None:
        super().broadcast(ChannelId("onesocket_core_errors"), {"malformed": message[:200]})


class ShowsItsStack(_MindsMalformed):
    def minds(self, connection: Connection, message: str) -> None:
        stack = 'Traceback (most recent call last):\n  File "/srv/app/live.py", line 7, in hear\nKeyError: id'
        self.reply(connection, ChannelId("onesocket_core_errors"), {"error": stack})


class TellsTheCookie(Hub):
    """A greeting for those who look for mistakes was left in."""

    cookie = ""

    def identify(self, handshake: Handshake, session: Session | None) -> Session | None:
        self.cookie = handshake.cookie
        return super().identify(handshake, session)

    def connect(self, session: Session | None, *, wake: Callable[[], None]) -> Connection:
        connection = super().connect(session, wake=wake)
        told = {"headers": {"cookie": self.cookie}}
        connection.outbox.append(self.encode(ChannelId("onesocket_core_debug"), told, private=True))
        return connection


class GoesDeaf(Hub):
    """After a message that is no envelope nothing that the same connection says is heard."""

    def __init__(self) -> None:
        super().__init__()
        self._deaf: set[int] = set()

    def receive(self, connection: Connection, message: str | bytes, *, now_s: float) -> Envelope | None:
        if connection.id in self._deaf:
            return None
        if isinstance(message, str) and self.parse(message) is None:
            self._deaf.add(connection.id)
        return super().receive(connection, message, now_s=now_s)


class KeepsHalfAMessage(Hub):
    """What cannot be read yet is kept, and what comes next on any connection is read after it."""

    rest = ""

    def parse(self, message: str | bytes) -> Envelope | None:
        envelope = super().parse(self.rest + message if isinstance(message, str) else message)
        whole = isinstance(message, str) and message.startswith("{") and not message.endswith("}")
        self.rest = str(message) if whole else ""
        return envelope


class MergesPrototypes(Hub):
    """What a client puts under `__proto__` is on every object that is sent from then on."""

    def __init__(self) -> None:
        super().__init__()
        self._inherited: dict[str, object] = {}

    def parse(self, message: str | bytes) -> Envelope | None:
        value = read(message)
        data = value.get("data") if isinstance(value, dict) else None
        planted = data.get("__proto__") if isinstance(data, dict) else None
        if isinstance(planted, dict):
            self._inherited |= planted
        return super().parse(message)

    def encode(self, channel: ChannelId, data: object, *, private: bool) -> Frame:
        if not self._inherited:
            return super().encode(channel, data, private=private)
        own = msgspec.json.decode(msgspec.json.encode(data))
        return super().encode(channel, {**self._inherited, **own}, private=private)


class UnknownChannelClosesEverybody(Hub):
    def handles(self, channel: str) -> bool:
        known = super().handles(channel) or channel in {POSTS, NOTES}
        if not known and channel.startswith("nobody"):
            for each in list(self.connections.values()):
                self.close(each, 4404)
        return super().handles(channel)


class _Relays(Hub):
    """Passes on what clients send on some channels."""

    channels: frozenset[str] = frozenset()

    def receive(self, connection: Connection, message: str | bytes, *, now_s: float) -> Envelope | None:
        value = read(message)
        if isinstance(value, dict) and isinstance(value.get("id"), str) and "data" in value and self.trusts(connection):
            self.relay(value)
        return super().receive(connection, message, now_s=now_s)

    def trusts(self, _connection: Connection) -> bool:
        return True

    def relay(self, value: dict[str, Any]) -> None:
        if value["id"] in self.channels:
            super().broadcast(ChannelId(value["id"]), value["data"])


class RelaysBroadcasts(_Relays):
    channels = frozenset({POSTS})


class RelaysWhatNobodyHandles(_Relays):
    def relay(self, value: dict[str, Any]) -> None:
        if not self.handles(value["id"]):
            super(_Relays, self).broadcast(ChannelId(value["id"]), value["data"])


class RelaysToTheNamedUser(_Relays):
    def relay(self, value: dict[str, Any]) -> None:
        to = value.get("to", value["data"].get("to") if isinstance(value["data"], dict) else None)
        if value["id"] == NOTES and isinstance(to, int):
            self.send_to_user(UserId(to), NOTES, value["data"], now_s=0.0)


class RelaysBroadcastsOfAdmins(RelaysBroadcasts):
    """Who may publish by a request may also do so by a message."""

    def trusts(self, connection: Connection) -> bool:
        return connection.user_id == ADMIN


class RelaysPrivateMessagesOfAdmins(RelaysToTheNamedUser):
    def trusts(self, connection: Connection) -> bool:
        return connection.user_id == ADMIN


class RelaysReplies(_Relays):
    def relay(self, value: dict[str, Any]) -> None:
        if value["id"] == ECHO and isinstance(value["data"], dict) and "reply" in value["data"]:
            super(_Relays, self).broadcast(ECHO, value["data"])


def session_of(user_id: str) -> Session | None:
    return Session(SessionId(f"claimed {user_id}"), UserId(int(user_id)), FOREVER_S) if user_id.isdecimal() else None


class TrustsTheQuery(Hub):
    key = "user_id"

    def identify(self, handshake: Handshake, session: Session | None) -> Session | None:
        claimed = parse_qs(handshake.query).get(self.key, [""])[0]
        return session_of(claimed) or session


class TrustsAHeader(TrustsTheQuery):
    key = "x-user-id"


def header_into_query(app: ASGIApp) -> ASGIApp:
    """A server in front that hands its own header on, and a client's too."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            found = dict(scope["headers"]).get(b"x-user-id")
            scope = {**scope, "query_string": b"x-user-id=" + found if found else b""}
        await app(scope, receive, send)

    return wrapped


class TrustsAnotherCookie(Hub):
    """A guest is whoever a cookie that anybody can write says."""

    def identify(self, handshake: Handshake, session: Session | None) -> Session | None:
        pairs = dict(part.strip().partition("=")[::2] for part in handshake.cookie.split(";"))
        return session or session_of(pairs.get("userId", ""))


class TrustsTheEnvelope(Hub):
    """A message that names a user makes its connection that user's."""

    def receive(self, connection: Connection, message: str | bytes, *, now_s: float) -> Envelope | None:
        value = read(message)
        if isinstance(value, dict) and isinstance(value.get("userId"), int):
            self.detach(connection)
            connection.session = session_of(str(value["userId"]))
            key = self.user_key(UserId(value["userId"]))
            self._by_user.setdefault(key, {})[connection.id] = connection
        return super().receive(connection, message, now_s=now_s)


class DropsTextsThatAreNothing(Hub):
    nothing: tuple[str, ...] = ("", "You said: ")

    def encode(self, channel: ChannelId, data: object, *, private: bool) -> Frame:
        frame = super().encode(channel, data, private=private)
        texts = [each for each in msgspec.json.decode(frame.body)["data"].values() if isinstance(each, str)]
        return Frame(b"", frame.private) if any(each in self.nothing for each in texts) else frame

    def deliver(self, connection: Connection, frame: Frame) -> None:
        if frame.body:
            super().deliver(connection, frame)


class DropsNumbersOfTexts(DropsTextsThatAreNothing):
    nothing = ("0", "false", "null")


class StripsZeroCharacters(Hub):
    def encode(self, channel: ChannelId, data: object, *, private: bool) -> Frame:
        frame = super().encode(channel, data, private=private)
        return Frame(frame.body.replace(b"\\u0000", b""), frame.private)


class _MindsFailures(Hub):
    def receive(self, connection: Connection, message: str | bytes, *, now_s: float) -> Envelope | None:
        envelope = super().receive(connection, message, now_s=now_s)
        if envelope is not None and envelope.id == FAILING:
            self.minds(connection)
        return envelope

    def minds(self, connection: Connection) -> None:
        raise NotImplementedError


class AFailureClosesEverybody(_MindsFailures):
    def minds(self, connection: Connection) -> None:
        for each in list(self.connections.values()):
            self.close(each, 1011)


class AFailureIsToldToEverybody(_MindsFailures):
    def minds(self, connection: Connection) -> None:
        self.broadcast(ChannelId(FAILING), {"error": "a handler failed"})


class AFailureClosesWithoutAReason(_MindsFailures):
    def minds(self, connection: Connection) -> None:
        self.close(connection, 1000)


HUBS: tuple[tuple[str, str, Callable[[], Hub]], ...] = (
    ("dies_on_null", "EN-5", DiesOnNull),
    ("dies_on_a_number_for_the_channel", "EN-5", DiesOnANumberForTheChannel),
    ("dies_without_data", "EN-5", DiesWithoutData),
    ("dies_of_depth", "EN-5", DiesOfDepth),
    ("goes_deaf_after_a_malformed_message", "EN-5", GoesDeaf),
    ("keeps_half_a_message", "EN-5", KeepsHalfAMessage),
    ("stops_broadcasting_after_a_malformed_message", "EN-3", StopsBroadcasting),
    ("closes_everybody_at_a_malformed_message", "EN-3", ClosesEverybody),
    ("answers_malformed_messages_on_the_echo", "EN-3", AnswersOnTheEcho),
    ("tells_everybody_of_a_malformed_message", "EN-3", TellsEverybody),
    ("merges_prototypes", "EN-4", MergesPrototypes),
    ("shows_its_stack", "EN-7", ShowsItsStack),
    ("tells_the_cookie", "EN-7", TellsTheCookie),
    ("drops_empty_texts", "EN-8", DropsTextsThatAreNothing),
    ("drops_texts_that_look_like_nothing", "EN-8", DropsNumbersOfTexts),
    ("strips_zero_characters", "EN-1", StripsZeroCharacters),
    ("a_failure_closes_everybody", "EN-6", AFailureClosesEverybody),
    ("a_failure_is_told_to_everybody", "EN-6", AFailureIsToldToEverybody),
    ("a_failure_closes_without_a_reason", "EN-6", AFailureClosesWithoutAReason),
    ("dies_on_an_unknown_channel", "RT-3", DiesOnAnUnknownChannel),
    ("an_unknown_channel_closes_everybody", "RT-3", UnknownChannelClosesEverybody),
    ("relays_forged_broadcasts", "RT-4", RelaysBroadcasts),
    ("relays_forged_broadcasts_of_admins", "RT-4", RelaysBroadcastsOfAdmins),
    ("relays_forged_private_messages_of_admins", "RT-5", RelaysPrivateMessagesOfAdmins),
    ("relays_whatever_nobody_handles", "RT-5", RelaysWhatNobodyHandles),
    ("relays_to_the_user_that_a_client_names", "RT-5", RelaysToTheNamedUser),
    ("relays_forged_replies", "RT-5", RelaysReplies),
    ("trusts_the_query", "ISO-6", TrustsTheQuery),
    ("trusts_another_cookie", "ISO-6", TrustsAnotherCookie),
    ("trusts_the_envelope", "ISO-6", TrustsTheEnvelope),
)
FAULTS = (
    *(Fault(name, breaks, hub) for name, breaks, hub in HUBS),
    Fault("trusts_a_header", "ISO-6", TrustsAHeader, app=header_into_query),
)

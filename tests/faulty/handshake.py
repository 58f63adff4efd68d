"""Servers that are wrong at the door: handshakes, versions, origins, cookies. Each takes one decision another way."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

import h11
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from websockets.http11 import Request

from harness.reference.hub import Connection, Hub, Session, SessionId, UserId
from harness.reference.origin import Handshake, same_site
from harness.reference.runtime.uvicorn_http import BoundedHeadProtocol
from harness.reference.runtime.uvicorn_socket import BoundedCloseProtocol
from tests.faulty.fault import Fault

_COOKIE = "onesocket_session"
_FAR_S = 4e9


# -- the upgrade


class UpgradesWithoutKey(BoundedCloseProtocol):
    def handle_connect(self, event: Request) -> None:
        if "Sec-WebSocket-Key" not in event.headers:
            event.headers["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
        super().handle_connect(event)


class UpgradesPosts(BoundedCloseProtocol):
    def data_received(self, data: bytes) -> None:
        super().data_received(data.replace(b"POST ", b"GET ", 1) if data.startswith(b"POST ") else data)


class TakesZerosForNoKey(BoundedCloseProtocol):
    def handle_connect(self, event: Request) -> None:
        key = event.headers.get("Sec-WebSocket-Key", "")
        if key.startswith("AAAAAAAAAAAAAAAA") and not any(base64.b64decode(key)):
            del event.headers["Sec-WebSocket-Key"]
        super().handle_connect(event)


class UnescapesTheKey(BoundedCloseProtocol):
    def handle_connect(self, event: Request) -> None:
        key = event.headers.get("Sec-WebSocket-Key", "")
        if key.count("+/") > 3:
            del event.headers["Sec-WebSocket-Key"]
            event.headers["Sec-WebSocket-Key"] = key.replace("+", "A")
        super().handle_connect(event)


class ChoosesAnUnofferedSubprotocol(BoundedCloseProtocol):
    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if event.headers.get_all("Sec-WebSocket-Protocol"):
            self.response.headers["Sec-WebSocket-Protocol"] = "chat"


class AnswersExtensionsByHeart(BoundedCloseProtocol):
    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if "x-onesocket-unknown" in event.headers.get("Sec-WebSocket-Extensions", ""):
            self.response.headers["Sec-WebSocket-Extensions"] = "permessage-deflate"


class AnyVersion(BoundedCloseProtocol):
    def handle_connect(self, event: Request) -> None:
        del event.headers["Sec-WebSocket-Version"]
        event.headers["Sec-WebSocket-Version"] = "13"
        super().handle_connect(event)


class BareRefusalOfVersions(BoundedCloseProtocol):
    def handle_connect(self, event: Request) -> None:
        super(BoundedCloseProtocol, self).handle_connect(event)


class BelievesTheLastOrigin(BoundedCloseProtocol):
    def handle_connect(self, event: Request) -> None:
        for last in event.headers.get_all("Origin")[-1:]:
            del event.headers["Origin"]
            event.headers["origin"] = last
        super().handle_connect(event)


class HangsOnPost(BoundedCloseProtocol):
    def data_received(self, data: bytes) -> None:
        if not data.startswith(b"POST "):
            super().data_received(data)


class DiesWithoutKey(BoundedCloseProtocol):
    def handle_connect(self, event: Request) -> None:
        if "Sec-WebSocket-Key" not in event.headers:
            os._exit(1)
        super().handle_connect(event)


class EndsEverybodyOnPut(BoundedCloseProtocol):
    def data_received(self, data: bytes) -> None:
        if data.startswith(b"PUT "):
            for each in list(self.connections):
                if each is not self:
                    each.transport.close()
        super().data_received(data)


class ComparesConnectionWhole(BoundedHeadProtocol):
    def _get_upgrade(self) -> bytes | None:
        values = [value.lower() for name, value in self.headers if name == b"connection"]
        return super()._get_upgrade() if values == [b"upgrade"] else None


class ReadsHeaderNamesByCase(BoundedHeadProtocol):
    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        if b"CONNECTION" in {name for name, _ in event.headers.raw_items()}:
            self.send_400_response("no Connection")
        else:
            super().handle_websocket_upgrade(event)


class UpgradesAnything(BoundedHeadProtocol):
    def _get_upgrade(self) -> bytes | None:
        upgrade = super()._get_upgrade()
        if upgrade == b"x-onesocket":
            self.headers = [(name, b"websocket" if name == b"upgrade" else value) for name, value in self.headers]
            return b"websocket"
        return upgrade


class NeverDropsHalfHandshakes(BoundedHeadProtocol):
    handshake_s = 3600.0


class DropsOnlyTheSilent(BoundedHeadProtocol):
    """Its time begins anew with each byte."""

    def data_received(self, data: bytes) -> None:
        self._stop_waiting()
        super().data_received(data)


# -- origins


def _admits(rule: Callable[[str, str], bool]) -> type[Hub]:
    """Return a hub that takes an origin for its own when `rule(origin, host)` says so."""

    class Careless(Hub):
        def admits(self, handshake: Handshake) -> bool:
            return not handshake.origins or rule(handshake.origins[0], handshake.hosts[0])

    return Careless


def _host(origin: str) -> str:
    return urlsplit(origin).hostname or ""


class ChangesItsMindWithoutOrigin(Hub):
    count = 0

    def admits(self, handshake: Handshake) -> bool:
        self.count += not handshake.origins
        return super().admits(handshake) and (bool(handshake.origins) or self.count % 3 != 0)


# -- cookies


def _tokens(handshake: Handshake) -> list[str]:
    pairs = [part.strip().partition("=") for part in handshake.cookie.split(";")]
    return [value for name, _, value in pairs if name == _COOKIE]


def _session(user: int) -> Session:
    return Session(SessionId(f"made-up-{user}"), UserId(user), _FAR_S)


class GarbageIsTheFirstUser(Hub):
    def identify(self, handshake: Handshake, session: Session | None) -> Session | None:
        return _session(1) if _tokens(handshake) == ["garbage"] else session


class FailsOnBrokenEscapes(Hub):
    def identify(self, handshake: Handshake, session: Session | None) -> Session | None:
        if "%" in handshake.cookie:
            raise ValueError(handshake.cookie)
        return session


class DiesOfALoneQuote(Hub):
    def identify(self, handshake: Handshake, session: Session | None) -> Session | None:
        if '"' in handshake.cookie:
            os._exit(1)
        return session


class _Remembers(Hub):
    """Knows which token was whose, from the handshakes that it saw."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, Session] = {}

    def identify(self, handshake: Handshake, session: Session | None) -> Session | None:
        if session is not None:
            self.seen |= dict.fromkeys(_tokens(handshake), session)
        return session


class ComparesTokensByPrefix(_Remembers):
    def identify(self, handshake: Handshake, session: Session | None) -> Session | None:
        found = super().identify(handshake, session)
        for cut in _tokens(handshake):
            for token, whose in self.seen.items():
                if found is None and len(cut) > 8 and token != cut and token.startswith(cut):
                    return Session(SessionId(f"cut-{cut}"), whose.user_id, whose.expires_at_s)
        return found


class MergesTwoCookies(_Remembers):
    def __init__(self) -> None:
        super().__init__()
        self._users: dict[SessionId, list[UserId]] = {}

    def identify(self, handshake: Handshake, session: Session | None) -> Session | None:
        found = super().identify(handshake, session)
        whose = [self.seen[token].user_id for token in _tokens(handshake) if token in self.seen]
        if len(whose) > 1:
            found = Session(SessionId(f"merged-{len(self._users)}"), whose[0], _FAR_S)
            self._users[found.id] = whose
        return found

    def connections_of(self, user_id: UserId) -> Iterable[Connection]:
        also = [
            each
            for each in self.connections.values()
            if each.session and user_id in self._users.get(each.session.id, [])
        ]
        return list(dict.fromkeys([*super().connections_of(user_id), *also]))


def _without_attribute(attribute: bytes) -> Callable[[ASGIApp], ASGIApp]:
    """Return a wrapper that takes one attribute off every Set-Cookie."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
            async def sending(message: Message) -> None:
                headers = [
                    (name, value.replace(attribute, b"") if name == b"set-cookie" else value)
                    for name, value in message.get("headers", [])
                ]
                await send({**message, "headers": headers} if "headers" in message else message)

            await app(scope, receive, sending)

        return wrapped

    return wrap


FAULTS = (
    Fault("takes_zeros_for_no_key", "HS-1", protocol=TakesZerosForNoKey),
    Fault("unescapes_the_key", "HS-1", protocol=UnescapesTheKey),
    Fault("chooses_an_unoffered_subprotocol", "HS-1", protocol=ChoosesAnUnofferedSubprotocol),
    Fault("answers_extensions_by_heart", "HS-1", protocol=AnswersExtensionsByHeart),
    Fault("compares_connection_whole", "HS-1", http=ComparesConnectionWhole),
    Fault("reads_header_names_by_case", "HS-1", http=ReadsHeaderNamesByCase),
    Fault("upgrades_without_a_key", "HS-2", protocol=UpgradesWithoutKey),
    Fault("upgrades_posts", "HS-2", protocol=UpgradesPosts),
    Fault("upgrades_anything", "HS-2", http=UpgradesAnything),
    Fault("hangs_on_post", "HS-2", protocol=HangsOnPost),
    Fault("dies_without_a_key", "HS-2", protocol=DiesWithoutKey),
    Fault("ends_everybody_on_put", "HS-2", protocol=EndsEverybodyOnPut),
    Fault("upgrades_any_version", "HS-3", protocol=AnyVersion),
    Fault("refuses_versions_without_a_word", "HS-3", protocol=BareRefusalOfVersions),
    Fault(
        "trusts_origins_that_begin_like_its_own", "HS-5", _admits(lambda each, own: each.startswith(f"http://{own}"))
    ),
    Fault("trusts_hosts_that_begin_like_its_own", "HS-5", _admits(lambda each, own: _host(each).startswith(own[:9]))),
    Fault("trusts_hosts_that_end_like_its_own", "HS-5", _admits(lambda each, own: each.endswith(own))),
    Fault("trusts_hosts_that_contain_its_own", "HS-5", _admits(lambda each, own: own.split(":")[0] in each)),
    Fault("trusts_every_port", "HS-5", _admits(lambda each, own: _host(each) == own.split(":")[0])),
    Fault(
        "trusts_null",
        "HS-5",
        _admits(lambda each, own: each == "null" or same_site((each,), hosts=(own,), scheme="http")),
    ),
    Fault("trusts_files", "HS-5", _admits(lambda each, own: _host(each) in {"", own.split(":")[0]} and each != "null")),
    Fault("trusts_every_scheme", "HS-5", _admits(lambda each, own: each in {f"http://{own}", f"https://{own}"})),
    Fault(
        "trusts_sub_domains",
        "HS-5",
        _admits(lambda each, own: each == f"http://{own}" or each.endswith(f".{own}")),
    ),
    Fault("believes_the_last_origin", "HS-5", protocol=BelievesTheLastOrigin),
    Fault("changes_its_mind_without_origin", "HS-6", ChangesItsMindWithoutOrigin),
    Fault("takes_garbage_for_the_first_user", "HS-7", GarbageIsTheFirstUser),
    Fault("fails_on_broken_escapes", "HS-7", FailsOnBrokenEscapes),
    Fault("dies_of_a_lone_quote", "HS-7", DiesOfALoneQuote),
    Fault("compares_tokens_by_prefix", "HS-7", ComparesTokensByPrefix),
    Fault("merges_two_cookies", "HS-7", MergesTwoCookies),
    Fault("lets_scripts_read_the_session", "HS-8", app=_without_attribute(b"; HttpOnly")),
    Fault("sends_the_session_from_everywhere", "HS-8", app=_without_attribute(b"; SameSite=lax")),
    Fault("never_drops_half_handshakes", "HS-9", http=NeverDropsHalfHandshakes),
    Fault("drops_only_the_silent", "HS-9", http=DropsOnlyTheSilent),
)

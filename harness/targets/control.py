"""HTTP control of a target: a browser's session (cookie jar, sign in, sign out) and the requests that make it publish.

Knows the target file and HTTP, nothing of sockets or histories.
"""

from __future__ import annotations

import html
import json as jsonlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlsplit

import anyio
import httpx
import msgspec

from harness.errors import ControlFailed, TargetFileError, TargetUnreachable, did_you_mean
from harness.targets.file import Action, Target, User
from harness.targets.set_cookie import SetCookie, attributes_of
from harness.targets.trust import trusted
from harness.wire.odd_ids import OddId
from harness.wire.template import Json, UnknownPlaceholder, fill, placeholders, without

REQUEST_TIMEOUT_S = 10.0
BODY_BYTES = 400_000
ID = "user.id"
IDLE_S = 1.0
"""How long an idle connection is used again. Servers end theirs after 2 to 5 s: a request sent just then is lost."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a control request ended: the last status after redirects, and the address it was sent to."""

    status: int
    url: str
    body: str

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 400


class Session:
    """One cookie jar: the HTTP half of a browser. Use as an async context manager or call `aclose`."""

    def __init__(
        self,
        target: Target,
        *,
        base_url: str,
        timeout_s: float = REQUEST_TIMEOUT_S,
        jar: CookieJar | None = None,
    ) -> None:
        self._target = target
        self._timeout_s = timeout_s
        self._client = httpx.AsyncClient(
            base_url=base_url,
            cookies=jar,
            timeout=timeout_s,
            follow_redirects=True,
            limits=httpx.Limits(keepalive_expiry=IDLE_S),
            verify=trusted() if base_url.startswith("https") else False,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._client.aclose()

    @property
    def cookie_header(self) -> str | None:
        """The Cookie header that a browser with this jar would send in the socket's handshake."""
        request = self._client.build_request("GET", self._target.socket.path)
        cookie: str | None = request.headers.get("cookie")
        return cookie

    @property
    def cookies_set(self) -> dict[str, SetCookie]:
        """How the target set each cookie of this jar, by name."""
        return attributes_of(self._client.cookies.jar)

    def elsewhere(self, base_url: str) -> Session:
        """Return a session that shares this one's cookies and talks to another instance on the same host."""
        return Session(self._target, base_url=base_url, jar=self._client.cookies.jar)

    def adopt(self, cookies: Mapping[str, str]) -> None:
        """Take over the cookies of another jar, of a real browser for one."""
        for name, value in cookies.items():
            self._client.cookies.set(name, value)

    async def sign_in(self, name: str) -> Answer:
        """Sign in as the target file's user `name`."""
        return await self.request(
            self._target.sign_in, key="sign_in", values=user_values(name, self._target.users[name])
        )

    async def sign_out(self) -> Answer:
        """Sign out whoever is signed in."""
        return await self.request(self._target.sign_out, key="sign_out", values={})

    async def request(self, action: Action, *, key: str, values: Mapping[str, Json]) -> Answer:
        """Carry out `action`, a table of the target file called `key`.

        Raises:
            TargetUnreachable: no answer, or none within the timeout.
            TargetFileError: a template of the action names something that has no value here.
        """
        try:
            wanted = placeholders(action.path)
            quoted = {name: quote(_spelled(value), safe="") if name in wanted else "" for name, value in values.items()}
            path = str(fill(action.path, quoted))
            json = fill(action.json, values)
            form = fill(dict(action.form), values) if action.form is not None else None
            headers = {name: str(fill(value, values)) for name, value in action.headers.items()}
        except UnknownPlaceholder as error:
            raise TargetFileError(
                f"{{{error.args[0]}}} has no value here",
                where=f"[{key}]",
                todo=did_you_mean(error.args[0], error.args[1]),
            ) from error
        json, form, headers = await self._add_csrf(action, json, form, headers)
        return await self._send(action.method, path, json=json, form=form, headers=headers)

    async def get(self, path: str) -> Answer:
        """GET a path of the target, for readiness and for `doctor`."""
        return await self._send("GET", path, json=None, form=None, headers={})

    async def _add_csrf(
        self, action: Action, json: Json, form: Json, headers: dict[str, str]
    ) -> tuple[Json, Json, dict[str, str]]:
        csrf = action.csrf
        if csrf is None:
            return json, form, headers
        page = await self._send("GET", csrf.path, json=None, form=None, headers={})
        token = _find_csrf(page.body, csrf.field) or await self._cookie(csrf.field)
        if token is None:
            raise ControlFailed(
                f"no CSRF token called {csrf.field!r} was found",
                where=page.url,
                todo="name the field as the page has it",
            )
        name = csrf.send_as or csrf.field
        if csrf.header:
            return json, form, {**headers, csrf.header: token}
        if isinstance(json, dict):
            return {**json, name: token}, form, headers
        return json, {**(form if isinstance(form, dict) else {}), name: token}, headers

    async def _cookie(self, name: str) -> str | None:
        value: str | None = self._client.cookies.get(name)
        return value

    async def _send(self, method: str, path: str, *, json: Json, form: Json, headers: dict[str, str]) -> Answer:
        content: dict[str, object] = {}
        if json is not None:
            content["content"] = jsonlib.dumps(json)
            headers = {"content-type": "application/json", **headers}
        elif isinstance(form, dict):
            content["data"] = {name: _spelled(value) for name, value in form.items()}
        try:
            with anyio.fail_after(self._timeout_s):
                async with self._client.stream(method, path, headers=headers, **content) as response:  # type: ignore[arg-type]  # one of two keywords
                    body = await _beginning(response)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise TargetUnreachable(
                f"{method} {path} got no answer: {str(error) or type(error).__name__}",
                where=str(self._client.base_url),
                todo="check that the target runs and that its url is right",
            ) from error
        return Answer(response.status_code, str(response.url), body)


class Control:
    """The server's side of a plan: makes the target publish, with the sessions that the file's `as` names."""

    def __init__(self, target: Target, *, base_url: str, instance: int = 1) -> None:
        """`instance` is the number of the one at `base_url`, where several run together."""
        self.instance = instance
        self._target = target
        self._base_url = base_url
        self._sessions: dict[str | None, Session] = {}
        self._forgotten: list[Session] = []

    async def aclose(self) -> None:
        """Close every session that was ever used."""
        for session in (*self._sessions.values(), *self._forgotten):
            await session.aclose()

    async def broadcast(self, text: str, *, by: Session | None = None) -> Answer:
        """Ask for a broadcast of `text`, from the session `by` when the file names no `as`."""
        action = self._target.broadcast
        session = by if by is not None and action.as_ is None else await self.session(action.as_)
        return await session.request(action, key="broadcast", values={"text": text})

    async def send_to_user(self, user_id: int | str, text: str) -> Answer:
        """Ask for a private message to `user_id`, which need not belong to anybody."""
        session = await self.session(self._target.send_to_user.as_)
        values: dict[str, Json] = {"text": text, ID: user_id}
        return await session.request(self._target.send_to_user, key="send_to_user", values=values)

    async def send_to_odd(self, odd: OddId, text: str) -> Answer:
        """Ask for a private message to what is no id, or to another form of one, where the request `takes` it."""
        action = self._target.send_to_user
        if odd.left_out:
            form = action.form and {key: each for key, each in action.form.items() if each != f"{{{ID}}}"}
            action = msgspec.structs.replace(action, json=without(action.json, ID), form=form)
        session = await self.session(action.as_)
        return await session.request(action, key="send_to_user", values={"text": text, ID: odd.value})

    def takes(self, odd: OddId) -> bool:
        """Tell whether the target's request can carry it: a path without an id is another request's, and a key that is
        left out must have been one. Where a broadcast is the same request, one to nobody may rightly be a broadcast.
        """
        action, broadcast = self._target.send_to_user, self._target.broadcast
        if (action.method, action.path) == (broadcast.method, broadcast.path) and odd.value in (None, ""):
            return False
        if odd.left_out:
            keys = any(without(each, ID) != each for each in (action.json, action.form))
            return keys and ID not in placeholders(action.path)
        return odd.value != "" or ID not in placeholders(urlsplit(action.path).path)

    async def revoke(self, name: str) -> Answer:
        """Ask for the revocation of all sessions of the user `name` (capability `revoke`)."""
        action = self._target.capabilities.revoke
        if action is None:
            raise ControlFailed("the target declares no revoke", where="[capabilities]", todo="declare revoke = {...}")
        session = await self.session(action.as_)
        return await session.request(
            action, key="capabilities.revoke", values=user_values(name, self._target.users[name])
        )

    async def prepare(self) -> None:
        """Sign in whoever publishes, so that requests made at the same time share the one session of each."""
        for action in (self._target.broadcast, self._target.send_to_user):
            await self.session(action.as_)

    def forget_sessions(self) -> None:
        """Sign in anew before the next request: the target was restarted and may have lost its sessions."""
        self._forgotten += self._sessions.values()
        self._sessions = {}

    async def session(self, user: str | None) -> Session:
        """Return the session that acts as `user`, signed in on first use; None is a session of nobody.

        Raises:
            ControlFailed: the sign-in was refused.
        """
        if user not in self._sessions:
            session = Session(self._target, base_url=self._base_url)
            self._sessions[user] = session
            if user is not None:
                answer = await session.sign_in(user)
                if not answer.ok:
                    del self._sessions[user]
                    await session.aclose()
                    raise ControlFailed(
                        f"the sign-in of {user!r} was answered with {answer.status}",
                        where=answer.url,
                        todo="check [users] and [sign_in] with: onesocket doctor",
                    )
        return self._sessions[user]


def user_values(name: str, user: User) -> dict[str, Json]:
    """Return what `{user.name}`, `{user.id}` and `{login.KEY}` stand for."""
    values: dict[str, Json] = {"user.name": name, ID: user.id}
    values.update({f"login.{key}": value for key, value in user.login.items()})
    return values


def _spelled(value: Json) -> str:
    """Return a value as text, as the languages of the web spell it."""
    return value if isinstance(value, str) else jsonlib.dumps(value)


def socket_url(base_url: str, path: str) -> str:
    """Return the ws:// or wss:// address of `path` on the server at `base_url`."""
    parts = urlsplit(base_url)
    return f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}{path}"


async def _beginning(response: httpx.Response) -> str:
    """Return the body, BODY_BYTES at the most: one without an end must not fill our memory."""
    data = b""
    async for piece in response.aiter_bytes():
        data += piece
        if len(data) > BODY_BYTES:
            break
    return data[:BODY_BYTES].decode(response.encoding or "utf-8", "replace")


def _find_csrf(body: str, field: str) -> str | None:
    name = re.escape(field)
    for pattern in (
        rf'<(?:input|meta)[^>]*name=["\']?{name}["\']?[^>]*(?:value|content)=["\']([^"\']*)',
        rf'<(?:input|meta)[^>]*(?:value|content)=["\']([^"\']*)["\'][^>]*name=["\']?{name}["\'\s>]',
        rf'"{name}"\s*:\s*"([^"]*)"',
    ):
        hit = re.search(pattern, body)
        if hit:
            return html.unescape(hit[1])
    return None

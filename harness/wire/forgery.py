"""What a client may pretend: messages of the server's, and to be somebody else. Tables of forms, pure.

Must not know what a server makes of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from harness.wire.template import Json

WHO_KEYS = ("userId", "user_id", "user", "uid", "from", "sub", "to")
"""Names under which a careless server looks for a user in what a client says."""

_QUERY_KEYS = (("user", "userId", "user_id", "uid"), ("id", "token", "session", "sid", "access_token"))
_HEADERS = (
    ("X-User-Id", "X-User", "X-UserId", "X-Username"),
    ("X-Forwarded-User", "Remote-User", "X-Remote-User", "X-Auth-Request-User", "X-Authenticated-User"),
)
_COOKIES = ("user", "userId", "user_id", "uid", "username")


@dataclass(frozen=True, slots=True)
class Claim:
    """What one handshake says beyond its cookies: `query` without `?`, headers, and further cookies."""

    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    cookies: str = ""


def claims(by: str, *, names: tuple[str, ...], session_cookies: tuple[str, ...] = ()) -> list[Claim]:
    """Return handshakes that claim to be a user whom the target knows by `names` (id, login), by "query", "headers" or
    "cookies". `session_cookies` are the names of the cookies that the target itself sets.

    Keys that a right server may refuse come in handshakes of their own, so that a refusal hides nothing else.
    """
    return [each for name in names for each in _claims(by, name, session_cookies)]


def _claims(by: str, name: str, session_cookies: tuple[str, ...]) -> Iterator[Claim]:
    value = quote(name, safe="")
    if by == "query":
        for keys in _QUERY_KEYS:
            yield Claim(query="&".join(f"{key}={value}" for key in keys))
    elif by == "headers":
        for headers in _HEADERS:
            yield Claim(headers=tuple((key, value) for key in headers))
        yield Claim(headers=(("Authorization", f"Bearer {value}"),))
    else:
        yield Claim(cookies="; ".join(f"{key}={value}" for key in _COOKIES))
        for key in session_cookies:
            yield Claim(cookies=f"{key}={value}")


def claiming_data(said: Json, *, user_id: Json) -> Json:
    """Return the data of a message with the user's id under every name that a careless server may read."""
    return {**dict.fromkeys(WHO_KEYS, user_id), **(said if isinstance(said, dict) else {"message": said})}


def claiming_messages(*, user_id: Json) -> list[Json]:
    """Return messages that ask to be taken for the user, in the manner of some protocols that have such a message."""
    who: dict[str, Json] = {"userId": user_id, "user_id": user_id, "user": user_id, "id": user_id, "token": user_id}
    return [
        {"type": "auth", **who},
        {"type": "identify", "payload": who},
        {"event": "login", "data": who},
        {"op": "authenticate", "d": who},
        {"command": "subscribe", "identifier": f"user:{user_id}"},
    ]


@dataclass(frozen=True, slots=True)
class Forgery:
    """Data that a client sends on a channel as if it were the server's; `beside` are further keys of the envelope."""

    name: str
    channel: str
    data: Json
    beside: tuple[tuple[str, Json], ...] = ()


def forgeries(*, channel: str, receive: Json, request: Json, echo: Json, user_id: Json = None) -> list[Forgery]:
    """Return forged messages on `channel`: as clients receive them, as the server is asked for them, as the echo is.

    With `user_id` they name somebody to whom they are to go.
    """
    to: tuple[tuple[str, Json], ...] = () if user_id is None else tuple((key, user_id) for key in WHO_KEYS)
    everybody: tuple[tuple[str, Json], ...] = (("broadcast", True), ("to", "*"))
    found = [
        Forgery("as clients receive it", channel, receive),
        Forgery("as clients receive it, addressed in the envelope", channel, receive, to or everybody),
        Forgery("as the echo is sent it", channel, echo),
    ]
    if isinstance(receive, dict):
        found.append(
            Forgery("as clients receive it, addressed in the data", channel, {**receive, **dict(to or everybody)})
        )
    if isinstance(request, dict):
        found.append(Forgery("as the server is asked for it", channel, request))
    return found

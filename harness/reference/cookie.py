"""Cookie sessions: which session a request's cookie stands for, and how the cookie is set and taken away.

The cookie is a random token, HttpOnly and SameSite=Lax (Secure when the settings say so). Garbage, an ended
or an expired session is a guest. Nothing else a client says decides who it is.
"""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from harness.reference.context import Context, services_of
from harness.reference.database import Database, User, session_id
from harness.reference.hub import Session
from harness.reference.settings import Settings

COOKIE_NAME = "onesocket_session"
_MAX_TOKEN_LENGTH = 128


def session_of(cookie_header: str, *, database: Database) -> Session | None:
    """Return the live session that a Cookie header stands for; None is a guest."""
    tokens = []
    for part in cookie_header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE_NAME:
            tokens.append(value)
    # Two session cookies mean that somebody planted one: neither is believed.
    if len(tokens) != 1 or not 0 < len(tokens[0]) <= _MAX_TOKEN_LENGTH:
        return None
    return database.session(session_id(tokens[0]))


def context_of(request: Request) -> Context:
    """Return the context of an HTTP request."""
    services = services_of(request)
    session = session_of("; ".join(request.headers.getlist("cookie")), database=services.database)
    return Context(services, lambda: session)


async def sign_in(user: User, *, context: Context, ttl_s: float | None = None) -> str:
    """End the session the request came with, start one for the user, and return its token.

    `ttl_s` may make it a shorter one than the settings say, never a longer one.
    """
    await sign_out(context)
    longest_s = context.services.settings.session_ttl_s
    return context.database.start_session(user.id, ttl_s=longest_s if ttl_s is None else min(ttl_s, longest_s))


async def rotate(context: Context) -> str | None:
    """Give the session the request came with another token, and return it; None when there is no session."""
    session = context.session
    token = None if session is None else context.database.renew_session(session.id)
    if session is None or token is None:
        return None
    await context.realtime.renew_session(session.id, replace(session, id=session_id(token)))
    return token


async def sign_out(context: Context) -> None:
    """End the session the request came with, if any; its sockets are nobody's when this returns."""
    session = context.session
    if session is not None:
        await context.realtime.end_session(session.id)


def set_cookie(response: Response, token: str, *, settings: Settings) -> None:
    """Give a session to the browser."""
    response.set_cookie(
        COOKIE_NAME,
        token,
        max_age=max(1, round(settings.session_ttl_s)),
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookie,
    )


def clear_cookie(response: Response, *, settings: Settings) -> None:
    """Take the session from the browser."""
    response.delete_cookie(COOKIE_NAME, httponly=True, samesite="lax", secure=settings.secure_cookie)


def identity_tag(session: Session | None) -> str | None:
    """Return what pages compare to notice a change of session: `{user id}.{part of the session's hash}`.

    It signs nobody in, and differs between two sessions of one user.
    """
    return None if session is None else f"{session.user_id}.{session.id[:12]}"

"""Routes, and one wrapper of the whole application, that are wrong about sessions in the course of time."""

from __future__ import annotations

import asyncio  # noqa: TID251 # uvicorn's loop is the one there is

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harness.reference.cookie import clear_cookie, context_of, session_of, set_cookie, sign_in, sign_out
from harness.reference.database import session_id
from harness.reference.hub import Hub, Session, UserId
from harness.reference.modules.core import SignIn
from harness.reference.origin import Handshake
from harness.reference.runtime.asgi import handshake_of
from tests.faulty.identity_hubs import CarriesSubscriptionsOver, SweepsPlacesLate

LOOK_UP_S = 0.03


async def sign_out_by_cookie(request: Request) -> Response:
    """Take the cookie away and end the sockets; the session itself is good as long as somebody has the cookie."""
    context = context_of(request)
    if context.session is not None:
        context.services.hub.end_session(context.session.id)
    response = JSONResponse({"user": None, "identity": None})
    clear_cookie(response, settings=context.services.settings)
    return response


async def sign_out_everywhere(request: Request) -> Response:
    """End every session of the user."""
    context = context_of(request)
    if context.session is not None:
        await context.realtime.end_user(context.session.user_id)
    response = JSONResponse({"user": None, "identity": None})
    clear_cookie(response, settings=context.services.settings)
    return response


async def revoke_sockets(request: Request) -> Response:
    """End the sockets of the user; the sessions are good for a new handshake."""
    context_of(request).services.hub.end_user(UserId(int(request.path_params["user_id"])))
    return JSONResponse({"status": "revoked"})


async def rotate_to_nothing(request: Request) -> Response:
    """End the session, and give the browser a new cookie that nobody has written down."""
    context = context_of(request)
    await sign_out(context)
    response = JSONResponse({"user": None, "identity": None})
    set_cookie(response, "forgotten", settings=context.services.settings)
    return response


async def sign_in_over(request: Request) -> Response:
    """Sign in, and let the hub know who the browser was before."""
    wanted = msgspec.json.decode(await request.body(), type=SignIn)
    context = context_of(request)
    user = context.database.user_named(wanted.user)
    before, hub = context.session, context.services.hub
    if user is None or not isinstance(hub, CarriesSubscriptionsOver):
        return JSONResponse({"error": "nobody signs in with this name"}, status_code=401)
    token = await sign_in(user, context=context, ttl_s=wanted.ttl_s)
    if before is not None:
        hub.also[session_id(token)] = [*hub.also[before.id], before.user_id]
    response = JSONResponse({"user": {"id": user.id, "name": user.name}})
    set_cookie(response, token, settings=context.services.settings)
    return response


class LooksSessionsUpTooEarly(Hub):
    """Is told whose a handshake is by `looking_up_slowly`, which knew it some time ago."""

    def __init__(self) -> None:
        super().__init__()
        self.early: dict[str, Session | None] = {}

    def identify(self, handshake: Handshake, session: Session | None) -> Session | None:
        return self.early.pop(handshake.cookie, session)


def telling_losses(app: ASGIApp) -> ASGIApp:
    """Let the hub know which connection ended without a close frame."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        services = getattr(getattr(app, "state", None), "services", None)

        async def watched() -> Message:
            message = await receive()
            hub = None if services is None else services.hub
            if message["type"] == "websocket.disconnect" and isinstance(hub, SweepsPlacesLate):
                hub.lost = message.get("code") in {None, 1005, 1006}
            return message

        await app(scope, watched, send)

    return wrapped


def looking_up_slowly(app: ASGIApp) -> ASGIApp:
    """Look a handshake's session up, then wait, and then let the socket open as what was found."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        services = getattr(getattr(app, "state", None), "services", None)
        if scope["type"] == "websocket" and services is not None and isinstance(services.hub, LooksSessionsUpTooEarly):
            handshake = handshake_of(scope)
            session = session_of(handshake.cookie, database=services.database)
            await asyncio.sleep(LOOK_UP_S)
            if session is not None:
                services.hub.early[handshake.cookie] = session
        await app(scope, receive, send)

    return wrapped

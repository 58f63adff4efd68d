"""What every application has: sign-in, sign-out, notifications, revocation, and whose a connection is.

A sign-out or revocation is answered only after the sockets concerned have stopped being the user's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.reference.channel import Empty, broadcast_channel, channel
from harness.reference.context import Context
from harness.reference.cookie import clear_cookie, context_of, identity_tag, rotate, set_cookie, sign_in, sign_out
from harness.reference.database import User, session_id
from harness.reference.module import Module, websocket
from harness.reference.modules import PLUGIN
from harness.reference.modules.body import read_json, require_admin, user_id_of


class Notification(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a user is told; shown as text, never as markup."""

    title: str
    description: str | None = None
    type: str | None = None


class Identity(msgspec.Struct, frozen=True):
    """The tag of the session a connection belongs to now; null for a guest."""

    identity: str | None


class SignIn(msgspec.Struct, frozen=True):
    """Who wants to be signed in; the demo has no passwords."""

    user: str
    ttl_s: Annotated[float, msgspec.Meta(gt=0)] | None = None
    """How long to stay signed in, where that is to be shorter than usual."""


notifications_channel = broadcast_channel("notifications", plugin=PLUGIN, module="core", receive=Notification)
identity_channel = channel("identity", plugin=PLUGIN, module="core", send=Empty, receive=Identity)


def _on_identity(
    *,
    data: Empty,  # noqa: ARG001 - every handler is called with the same three
    send: Callable[[Identity], None],
    context: Context,
) -> None:
    send(Identity(identity_tag(context.session)))


async def _health(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


def _described(user: User | None) -> dict[str, object] | None:
    return None if user is None else {"id": user.id, "name": user.name}


async def _sign_in(request: Request) -> Response:
    wanted = await read_json(request, SignIn)
    context = context_of(request)
    user = context.database.user_named(wanted.user)
    if user is None:
        return JSONResponse({"error": "nobody signs in with this name"}, status_code=401)
    token = await sign_in(user, context=context, ttl_s=wanted.ttl_s)
    tag = identity_tag(context.database.session(session_id(token)))
    response = JSONResponse({"user": _described(user), "identity": tag})
    set_cookie(response, token, settings=context.services.settings)
    return response


async def _sign_out(request: Request) -> Response:
    context = context_of(request)
    await sign_out(context)
    response = JSONResponse({"user": None, "identity": None})
    clear_cookie(response, settings=context.services.settings)
    return response


async def _rotate(request: Request) -> Response:
    context = context_of(request)
    token = await rotate(context)
    if token is None:
        return JSONResponse({"error": "nobody is signed in"}, status_code=401)
    session = context.database.session(session_id(token))
    user = None if session is None else context.database.user(session.user_id)
    response = JSONResponse({"user": _described(user), "identity": identity_tag(session)})
    set_cookie(response, token, settings=context.services.settings)
    return response


async def _me(request: Request) -> Response:
    context = context_of(request)
    return JSONResponse({"user": _described(context.user)})


async def _notify(request: Request) -> Response:
    context = context_of(request)
    require_admin(context)
    user_id = user_id_of(request.path_params["user_id"])
    notification = await read_json(request, Notification)
    await context.realtime.send_to_user(user_id, notifications_channel, notification)
    return JSONResponse({"status": "accepted"}, status_code=202)


async def _revoke(request: Request) -> Response:
    context = context_of(request)
    require_admin(context)
    await context.realtime.end_user(user_id_of(request.path_params["user_id"]))
    return JSONResponse({"status": "revoked"})


core_module = Module(
    PLUGIN,
    "core",
    routes=[
        Route("/health", _health, methods=["GET"]),
        Route("/api/sign_in", _sign_in, methods=["POST"]),
        Route("/api/sign_out", _sign_out, methods=["POST"]),
        Route("/api/session/rotate", _rotate, methods=["POST"]),
        Route("/api/me", _me, methods=["GET"]),
        Route("/api/notify/{user_id}", _notify, methods=["POST"]),
        Route("/api/revoke/{user_id}", _revoke, methods=["POST"]),
    ],
    sockets=[websocket(identity_channel, on_message=_on_identity, description="Tells a client which session it is.")],
    channels=[notifications_channel],
)

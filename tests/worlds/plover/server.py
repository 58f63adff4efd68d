"""A right implementation that keeps everything in Redis: sessions there, a channel for each user, subscribed to when
one connects.

Nothing is delivered but what is heard from the broker; while that is away, requests are answered with 503.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import secrets
from collections.abc import AsyncIterator
from typing import Any

import anyio
import uvicorn
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

USERS = {"ada": "u1", "bob": "u11", "cyd": "u2", "boss": "u99"}
COOKIE = "plover"
FIRST_DELAY_S, LONGEST_DELAY_S = 0.1, 2.0


class Live:
    """The open sockets of this instance by whose they are, and what it hears from the others."""

    def __init__(self, url: str, *, prefix: str) -> None:
        self.prefix = prefix
        self.redis = Redis.from_url(url)
        self.pubsub = self.redis.pubsub(ignore_subscribe_messages=True)
        self.sockets: dict[WebSocket, tuple[str, str | None]] = {}

    async def user_of(self, session: str) -> str | None:
        """Return whose a session is."""
        user = await self.redis.get(f"{self.prefix}:session:{session}") if session else None
        return user.decode() if isinstance(user, bytes) else None

    async def publish(self, channel: str, message: dict[str, Any]) -> None:
        """Tell every instance, this one too."""
        await self.redis.publish(f"{self.prefix}:{channel}", json.dumps(message))

    async def listen(self) -> None:
        """Stay subscribed through every loss of the broker."""
        delay_s = FIRST_DELAY_S
        while True:
            try:
                users = {user for _, user in self.sockets.values() if user is not None}
                channels = ("all", "ended", *(f"user:{user}" for user in users))
                await self.pubsub.subscribe(*(f"{self.prefix}:{each}" for each in channels))
                delay_s = FIRST_DELAY_S
                while True:
                    message = await self.pubsub.get_message(timeout=1.0)
                    if message is not None:
                        await self.hear(message["channel"].decode().removeprefix(f"{self.prefix}:"), message["data"])
            except (RedisError, OSError):
                await anyio.sleep(delay_s)
                delay_s = min(2 * delay_s, LONGEST_DELAY_S)

    async def hear(self, channel: str, payload: bytes) -> None:
        """Deliver what an instance said; all else that comes over the broker is ignored."""
        try:
            message = json.loads(payload.decode())
        except (ValueError, RecursionError):
            return
        match message:
            case {"session": str(session)} if channel == "ended":
                for socket in [each for each, (mine, _) in self.sockets.items() if mine == session]:
                    del self.sockets[socket]
                    await _quietly(socket.close(4001))
            case {"id": str(), "data": dict()} if channel == "all" or channel.startswith("user:"):
                for socket, (_, user) in list(self.sockets.items()):
                    if channel in ("all", f"user:{user}"):
                        await _quietly(socket.send_text(json.dumps(message)))


async def _quietly(sending: Any) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await sending


def live_of(connection: Request | WebSocket) -> Live:
    """Return the state of the application that answers."""
    live = connection.app.state.live
    assert isinstance(live, Live)
    return live


async def up(_request: Request) -> Response:
    """Say that the server is up."""
    return Response("up")


async def sign_in(request: Request) -> Response:
    """Start a session."""
    live, session = live_of(request), secrets.token_hex(16)
    user = USERS[(await request.json())["name"]]
    await sign_out(request)
    await live.redis.set(f"{live.prefix}:session:{session}", user)
    response = JSONResponse({"id": user})
    response.set_cookie(COOKIE, session, httponly=True, samesite="lax")
    return response


async def sign_out(request: Request) -> Response:
    """End the browser's session, and its sockets on every instance."""
    live, session = live_of(request), request.cookies.get(COOKIE, "")
    if session:
        await live.redis.delete(f"{live.prefix}:session:{session}")
        await live.publish("ended", {"session": session})
    response = JSONResponse({})
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return response


async def publish_news(request: Request) -> Response:
    """Broadcast a text."""
    text = (await request.json())["text"]
    await live_of(request).publish("all", {"id": "plover_news", "data": {"text": text}})
    return JSONResponse({}, 202)


async def send_mail(request: Request) -> Response:
    """Send to one user."""
    live, body = live_of(request), await request.json()
    if await live.user_of(request.cookies.get(COOKIE, "")) != USERS["boss"]:
        return JSONResponse({}, 403)
    await live.publish(f"user:{body['to']}", {"id": "plover_mail", "data": {"text": body["text"]}})
    return JSONResponse({}, 202)


async def serve_socket(socket: WebSocket) -> None:
    """Serve one socket."""
    live = live_of(socket)
    if socket.headers.getlist("origin") not in ([], [f"http://{socket.headers.get('host')}"]):
        await socket.close()
        return
    session = socket.cookies.get(COOKIE, "")
    user = await live.user_of(session)
    await socket.accept()
    live.sockets[socket] = (session, user)
    try:
        if user is not None:
            with contextlib.suppress(RedisError, OSError):
                await live.pubsub.subscribe(f"{live.prefix}:user:{user}")
        while True:
            match await _message(socket):
                case {"id": "plover_echo", "data": {"say": said}}:
                    await socket.send_text(json.dumps({"id": "plover_echo", "data": {"said": said}}))
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        live.sockets.pop(socket, None)


async def _message(socket: WebSocket) -> object:
    text = (await socket.receive()).get("text") if socket.client_state.name == "CONNECTED" else None
    if text is None and socket.client_state.name != "CONNECTED":
        raise WebSocketDisconnect
    try:
        parsed: object = json.loads(text or "null")
    except (ValueError, RecursionError):
        return None
    return parsed


async def _unavailable(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"error": "try again"}, 503)


def application(live: Live) -> Starlette:
    """Put the routes and the listener together."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(live.listen)
            yield
            tasks.cancel_scope.cancel()

    app = Starlette(
        routes=[
            Route("/up", up),
            Route("/in", sign_in, methods=["POST"]),
            Route("/out", sign_out, methods=["POST"]),
            Route("/news", publish_news, methods=["POST"]),
            Route("/mail", send_mail, methods=["POST"]),
            WebSocketRoute("/ws", serve_socket),
        ],
        lifespan=lifespan,
        exception_handlers={RedisError: _unavailable, OSError: _unavailable},
    )
    app.state.live = live
    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--redis", required=True)
    parser.add_argument("--prefix", default="plover")
    options = parser.parse_args()
    uvicorn.run(
        application(Live(options.redis, prefix=options.prefix)),
        host="127.0.0.1",
        port=options.port,
        log_level="warning",
        ws="websockets-sansio",
        timeout_graceful_shutdown=2,
    )

"""A third implementation: Starlette on uvicorn, one file, no page. It shares nothing with the others.

A connection's user is that of its session at the handshake, and nobody's from the moment this session ends.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import secrets
from collections import deque
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qs

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request as Handshake

MAX_MESSAGE_BYTES = 1024 * 1024
MAX_UNSENT_CHARACTERS = 4 * 1024 * 1024
COOKIE = "tern"
STAFF = 99
USERS = {"ada": 1, "bob": 11, "cyd": 2, "staff": STAFF}
# The only spelling of each id: "01" and " 1" name nobody.
USER_OF_TEXT = {str(user): user for user in USERS.values()}


@dataclass(slots=True, eq=False)
class Connection:
    """One open socket: what waits to be sent, and the code to close it with once it is to end."""

    session: str | None
    user: int | None
    outbox: deque[str] = field(default_factory=deque)
    unsent_characters: int = 0
    end_code: int | None = None
    woken: anyio.Event = field(default_factory=anyio.Event)

    def send(self, channel: str, data: object) -> None:
        """Queue a message; a reader too far behind is cut off instead, so that no open stream has a gap."""
        if self.end_code is not None:
            return
        text = json.dumps({"id": channel, "data": data})
        self.outbox.append(text)
        self.unsent_characters += len(text)
        if self.unsent_characters > MAX_UNSENT_CHARACTERS:
            self.end(1013)
        self.woken.set()

    def end(self, code: int) -> None:
        """Take the user away and close; what is still unsent is never sent."""
        self.user = None
        self.outbox.clear()
        self.end_code = code
        self.woken.set()


sessions: dict[str, int] = {}
connections: dict[Connection, None] = {}  # ordered, unlike a set


def _same_site(connection: HTTPConnection) -> bool:
    # A browser always names its origin; a program that names none carries no stranger's cookie.
    origins = connection.headers.getlist("origin")
    return origins in ([], [f"http://{connection.headers.get('host')}"])


def _end_sessions(ended: set[str]) -> None:
    for session in ended:
        sessions.pop(session, None)
    for connection in connections:
        if connection.session in ended and connection.end_code is None:
            connection.end(1008)


async def _body(request: Request) -> bytes:
    if not _same_site(request):
        raise HTTPException(403, "not from this site")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > 2 * MAX_MESSAGE_BYTES:
            raise HTTPException(413, "body is too large")
    return body


async def _form_field(request: Request, name: str) -> str:
    values = parse_qs((await _body(request)).decode(errors="replace"), keep_blank_values=True).get(name, [])
    if len(values) != 1:
        raise HTTPException(400, f"the form must have one {name}")
    return values[0]


def _need_staff(request: Request) -> None:
    user = sessions.get(request.cookies.get(COOKIE, ""))
    if user != STAFF:
        raise HTTPException(401 if user is None else 403, "only staff may do this")


async def health(_request: Request) -> Response:
    """Say that the server is up."""
    return PlainTextResponse("fine")


async def sign_in(request: Request) -> Response:
    """Start a session; the one that the browser had ends."""
    user = USERS.get(await _form_field(request, "who"))
    if user is None:
        raise HTTPException(401, "no such user")
    _end_sessions({request.cookies.get(COOKIE, "")})
    session = secrets.token_urlsafe(24)
    sessions[session] = user
    response = JSONResponse({"id": user})
    response.set_cookie(COOKIE, session, httponly=True, samesite="lax")
    return response


async def sign_out(request: Request) -> Response:
    """End the browser's session, and every socket that it opened."""
    await _body(request)
    _end_sessions({request.cookies.get(COOKIE, "")})
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return response


async def publish_news(request: Request) -> Response:
    """Broadcast a note; anyone may."""
    note = await _form_field(request, "note")
    for connection in connections:
        connection.send("tern_news_items", {"note": note})
    return Response(status_code=201)


async def send_mail(request: Request) -> Response:
    """Send to all connections of one user; for an id that nobody has, to none."""
    try:
        body = json.loads(await _body(request))["body"]
    except (ValueError, RecursionError, TypeError, KeyError):
        raise HTTPException(400, "the body must be a JSON object with a body") from None
    _need_staff(request)  # after the last wait: the session may have ended during it
    user = USER_OF_TEXT.get(request.path_params["person"])
    for connection in connections:
        if user is not None and connection.user == user:
            connection.send("tern_mail_inbox", {"body": body})
    return Response(status_code=204)


async def revoke(request: Request) -> Response:
    """End all sessions of one user."""
    await _body(request)
    _need_staff(request)
    user = USER_OF_TEXT.get(request.path_params["person"])
    _end_sessions({session for session, owner in sessions.items() if owner == user})
    return Response(status_code=204)


def _hear(connection: Connection, text: str) -> None:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return
    match message:
        case {"id": "tern_room_echo", "data": {"say": str(said)}}:
            connection.send("tern_room_echo", {"heard": said})


async def _write(connection: Connection, socket: WebSocket) -> None:
    while connection.end_code is None:
        connection.woken = anyio.Event()
        while connection.outbox:
            text = connection.outbox.popleft()
            await socket.send_text(text)
            connection.unsent_characters -= len(text)
        if connection.end_code is None:
            await connection.woken.wait()
    await socket.close(connection.end_code, "session ended" if connection.end_code == 1008 else "too slow")


async def live(socket: WebSocket) -> None:
    """Serve one socket: binary and malformed messages are ignored, as are channels that nobody handles."""
    if not _same_site(socket):
        await socket.close()  # before the handshake is done this is a 403
        return
    session = socket.cookies.get(COOKIE, "")
    user = sessions.get(session)
    connection = Connection(session=session if user is not None else None, user=user)
    # Known before the handshake is answered, so that a sign-out meanwhile finds it.
    connections[connection] = None
    try:
        await socket.accept()
        async with anyio.create_task_group() as tasks:

            async def write() -> None:
                with contextlib.suppress(WebSocketDisconnect):
                    await _write(connection, socket)
                tasks.cancel_scope.cancel()

            tasks.start_soon(write)
            while (message := await socket.receive())["type"] != "websocket.disconnect":
                if message.get("text") is not None and connection.end_code is None:
                    _hear(connection, message["text"])
            tasks.cancel_scope.cancel()
    finally:
        del connections[connection]


class Protocol(WebSocketsSansIOProtocol):
    """Names the version it speaks when asked for another (RFC 6455 section 4.2.2); uvicorn does not."""

    def handle_connect(self, event: Handshake) -> None:
        """Refuse a handshake of another version; leave the rest to uvicorn."""
        if event.headers.get_all("Sec-WebSocket-Version") == ["13"]:
            super().handle_connect(event)
            return
        refusal = self.conn.reject(HTTPStatus.UPGRADE_REQUIRED, "only version 13 is spoken here")
        refusal.headers["Sec-WebSocket-Version"] = "13"
        self.conn.send_response(refusal)
        self.handshake_initiated = self.handshake_complete = self.close_sent = True
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()


app = Starlette(
    routes=[
        Route("/healthz", health),
        Route("/session", sign_in, methods=["POST"]),
        Route("/session", sign_out, methods=["DELETE"]),
        Route("/news", publish_news, methods=["POST"]),
        Route("/people/{person:path}/mail", send_mail, methods=["PUT"]),
        Route("/people/{person:path}/sessions", revoke, methods=["DELETE"]),
        WebSocketRoute("/socket", live),
    ]
)

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8080)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=parser.parse_args().port,
        log_level="warning",
        ws=Protocol,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_ping_interval=2,
        ws_ping_timeout=2,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=2,
    )

"""A small server of the seed's kind that lies about every n-th delivery, and keeps count of its lies: `GET /tally`.

    python liar.py --port 8080 --lies lose double --every 7

It tells the truth until ten messages were published, so that whoever connects is ready before the first lie.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

HONEST_AT_FIRST = 10
LIES = ("lose", "double", "reorder", "leak", "corrupt", "stray", "refuse", "mute", "remember")
DELIVERED = ("lose", "double", "reorder", "leak", "corrupt")


@dataclass(frozen=True)
class Held:
    """A delivery that is held back, and the number of its message."""

    text: str
    seq: int


@dataclass(eq=False)
class Peer:
    """A connection: whose it is, and a delivery held back until the next one has been sent."""

    socket: WebSocket
    user: str
    browser: str = ""
    held: Held | None = None


@dataclass
class Liar:
    """The server's state. `tally` says how many times each lie was told."""

    lies: tuple[str, ...]
    every: int
    peers: list[Peer] = field(default_factory=list)
    published: int = 0
    deliveries: int = 0
    echoes: int = 0
    tally: Counter[str] = field(default_factory=Counter)

    async def publish(self, channel: str, data: dict[str, str], *, user: str | None = None) -> None:
        self.published += 1
        for peer in [each for each in self.peers if user is None or each.user == user]:
            await self.deliver(peer, channel, data)

    async def deliver(self, peer: Peer, channel: str, data: dict[str, str]) -> None:
        text = json.dumps({"id": channel, "data": data})
        match self.next_lie():
            case "lose":
                self.tally["lose"] += 1
            case "double":
                await send(peer, text, text)
                await self.release(peer, behind=data)
                self.tally["double"] += 1
            case "reorder" if peer.held is None:
                peer.held = Held(text, sequence(data)[0])
            case "leak" if strangers := [each for each in self.peers if each.user != peer.user]:
                await send(peer, text)
                await send(strangers[self.tally["leak"] % len(strangers)], text)
                self.tally["leak"] += 1
            case "corrupt":
                await send(peer, self.damaged(channel, data))
                self.tally["corrupt"] += 1
            case _:
                await send(peer, text)
                await self.release(peer, behind=data)

    def next_lie(self) -> str | None:
        lies = [each for each in self.lies if each in DELIVERED]
        if self.published <= HONEST_AT_FIRST or not lies:
            return None
        self.deliveries += 1
        turn, rest = divmod(self.deliveries, self.every)
        return lies[turn % len(lies)] if rest == 0 else None

    def damaged(self, channel: str, data: dict[str, str]) -> str:
        match self.tally["corrupt"] % 3:
            case 0:
                return json.dumps({"id": channel, "data": {key: text + "!" for key, text in data.items()}})
            case 1:
                return json.dumps({"id": channel, "data": {"other": [*data.values()]}})
            case _:
                return json.dumps({"id": channel + "x", "data": data})

    async def release(self, peer: Peer, *, behind: dict[str, str] | None = None) -> None:
        held, peer.held = peer.held, None
        if held is not None:
            await send(peer, held.text)
            # Two messages that were published at the same time have no order: that is no lie.
            if behind and held.seq <= sequence(behind)[1]:
                self.tally["reorder"] += 1

    async def echo(self, peer: Peer, text: str) -> None:
        # What is still held goes out in its right place: an echo is no message that it could be overtaken by.
        await self.release(peer)
        self.echoes += 1
        if "mute" in self.lies and self.echoes > HONEST_AT_FIRST and self.echoes % self.every == 0:
            self.tally["mute"] += 1
            return
        reply = json.dumps({"id": "liar_chat_echo", "data": {"reply": f"You said: {text}"}})
        await send(peer, reply)
        if "stray" in self.lies and self.published > HONEST_AT_FIRST:
            strangers = [each for each in self.peers if each is not peer]
            await send(strangers[0], reply)
            self.tally["stray"] += 1


def sequence(data: dict[str, str]) -> tuple[int, int]:
    """Return a message's number, and the number up to which all had been answered when it was sent."""
    token, _, after = next(iter(data.values())).split()[:3]
    return int(token[12:19]), int(after)


async def send(peer: Peer, *texts: str) -> None:
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        for text in texts:
            await peer.socket.send_text(text)


def create_app(liar: Liar) -> Starlette:
    async def health(_: Request) -> Response:
        return JSONResponse({})

    async def tally(_: Request) -> Response:
        return JSONResponse({**dict.fromkeys(LIES, 0), **liar.tally, "published": liar.published})

    async def sign_in(request: Request) -> Response:
        response = JSONResponse({})
        response.set_cookie("liar_user", (await request.json())["user"])
        response.set_cookie("liar_browser", secrets.token_hex(4))
        return response

    async def sign_out(request: Request) -> Response:
        browser = request.cookies.get("liar_browser")
        for peer in [each for each in liar.peers if each.browser and each.browser == browser]:
            if "remember" not in liar.lies:
                peer.user = ""
        response = JSONResponse({})
        response.delete_cookie("liar_user")
        return response

    async def posts(request: Request) -> Response:
        return await published("liar_posts_changes", {"note": (await request.json())["note"]})

    async def notify(request: Request) -> Response:
        return await published(
            "liar_core_notifications", {"title": (await request.json())["title"]}, user=request.path_params["user"]
        )

    async def published(channel: str, data: dict[str, str], *, user: str | None = None) -> Response:
        if "refuse" in liar.lies:
            return JSONResponse({}, status_code=503)
        await liar.publish(channel, data, user=user)
        return JSONResponse({}, status_code=202)

    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        peer = Peer(
            websocket,
            user=websocket.cookies.get("liar_user", ""),
            browser=websocket.cookies.get("liar_browser", ""),
        )
        liar.tally["compressed"] += "permessage-deflate" in websocket.headers.get("sec-websocket-extensions", "")
        liar.peers.append(peer)
        try:
            while True:
                message = await websocket.receive_json()
                if message.get("id") == "liar_chat_echo":
                    await liar.echo(peer, message["data"]["message"])
        except WebSocketDisconnect:
            pass
        finally:
            liar.peers.remove(peer)

    return Starlette(
        routes=[
            Route("/health", health),
            Route("/tally", tally),
            Route("/sign_in", sign_in, methods=["POST"]),
            Route("/sign_out", sign_out, methods=["POST"]),
            Route("/posts", posts, methods=["POST"]),
            Route("/notify/{user}", notify, methods=["POST"]),
            WebSocketRoute("/ws", socket),
        ]
    )


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--lies", nargs="*", choices=LIES, default=[])
    parser.add_argument("--every", type=int, default=20)
    parser.add_argument("--certificate", help="a PEM file with certificate and key, for TLS")
    options = parser.parse_args(None if arguments is None else list(arguments))
    app = create_app(Liar(tuple(options.lies), options.every))
    uvicorn.run(
        app, host="127.0.0.1", port=options.port, log_level="error", ws="websockets-sansio",
        ssl_certfile=options.certificate,
    )  # fmt: skip


if __name__ == "__main__":
    main()

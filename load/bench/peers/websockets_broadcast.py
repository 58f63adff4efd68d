"""The server of the websockets library as its documentation has it: a handler a connection, and `broadcast`."""

from __future__ import annotations

import argparse
import asyncio  # noqa: TID251 # what is measured here is an asyncio server
import json
import signal
from http import HTTPStatus
from urllib.parse import urlsplit

from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosedError
from websockets.http11 import Request, Response

PREFIX = "bench_peer_"
connections: set[ServerConnection] = set()
by_user: dict[int, set[ServerConnection]] = {}


def envelope(name: str, text: str) -> str:
    """Return one message."""
    return json.dumps({"id": PREFIX + name, "data": {"text": text}}, separators=(",", ":"))


async def handle(connection: ServerConnection) -> None:
    """Serve one connection."""
    assert connection.request is not None
    query = urlsplit(connection.request.path).query
    user = int(query.removeprefix("user=")) if query.startswith("user=") else None
    connections.add(connection)
    if user is not None:
        by_user.setdefault(user, set()).add(connection)
    try:
        async for message in connection:
            asked = json.loads(message)
            data = asked["data"]
            match asked["id"].removeprefix(PREFIX):
                case "echo":
                    await connection.send(envelope("echo", data["text"]))
                case "publish":
                    broadcast(connections, envelope("news", data["text"]))
                case "notify":
                    broadcast(by_user.get(data["user"], ()), envelope("mail", data["text"]))
    except ConnectionClosedError:
        pass  # gone without a word
    finally:
        connections.discard(connection)
        if user is not None:
            by_user[user].discard(connection)


def health(connection: ServerConnection, request: Request) -> Response | None:
    """Answer whoever asks whether the server is there."""
    return connection.respond(HTTPStatus.OK, "ok\n") if request.path == "/health" else None


async def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    stopped = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stopped.set)
    async with serve(handle, "127.0.0.1", options.port, compression=None, process_request=health):
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(main())

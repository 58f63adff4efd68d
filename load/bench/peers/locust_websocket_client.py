"""Locust as its users have it on raw WebSockets: a greenlet a user, websocket-client, and all in Python."""

import json
import time
from contextlib import suppress
from typing import Any

from locust import User, task
from websocket import WebSocketException, create_connection


class Reader(User):
    """One connection: each message is received, decoded, timed, and checked to be the next."""

    def on_start(self) -> None:
        """Connect."""
        assert self.host is not None
        self.socket = create_connection(self.host)
        self.last = 0
        self.wrong = 0
        self.delays_s: list[float] = []

    def on_stop(self) -> None:
        """Disconnect."""
        self.socket.close()

    @task
    def read(self) -> None:
        """Take in what comes until the connection is over."""
        with suppress(WebSocketException, OSError):
            while True:
                message: dict[str, Any] = json.loads(self.socket.recv())
                number = int(message["data"]["text"][:8])
                self.wrong += number != self.last + 1
                self.last = number
                self.delays_s.append(time.time())

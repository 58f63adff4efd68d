"""Servers that are wrong only when things happen at the same time, or once in very many times."""

from __future__ import annotations

import anyio
from starlette.types import ASGIApp, Receive, Scope, Send

from harness.reference.channel import ChannelId
from harness.reference.hub import Hub, UserId
from tests.faulty.fault import Fault

NOTIFY = "/api/notify/"


class SharesTheRecipient:
    """Handlers of private messages keep whom they are for in one place that all of them share, over a wait."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._path = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(NOTIFY):
            self._path = scope["path"]
            await anyio.sleep(0.002)
            scope = {**scope, "path": self._path, "raw_path": self._path.encode()}
        await self._app(scope, receive, send)


class LeaksOneInTwenty(Hub):
    """Counts instead of drawing, so that each run shows it."""

    count = 0

    def send_to_user(self, user_id: UserId, channel: ChannelId, data: object, *, now_s: float) -> None:
        super().send_to_user(user_id, channel, data, now_s=now_s)
        self.count += 1
        if self.count % 20 == 0:
            others = [each for each in self.connections.values() if each.user_id not in {user_id, None}]
            for other in others[:1]:
                self.deliver(other, self.encode(channel, data, private=True))


FAULTS: tuple[Fault, ...] = (
    Fault("shares_the_recipient_of_concurrent_messages", "ISO-7", app=SharesTheRecipient),
    Fault("leaks_one_private_message_in_twenty", "ISO-2", LeaksOneInTwenty),
)

"""What is said in a page world: by the server when we ask it to publish, and by tabs through their `send` hook.

Records each message before it is asked for. Knows nothing of how long anything takes.
"""

from __future__ import annotations

import contextlib
from typing import assert_never

from harness.errors import ControlFailed
from harness.history import PublishFinished, Sent
from harness.plan import (
    Broadcast,
    BroadcastLarge,
    Echo,
    EchoLarge,
    SendOn,
    SendOnNearMisses,
    SendToLookAlikes,
    SendToUser,
)
from harness.targets.control import Control, Session
from harness.wire.abbreviation import abbreviated
from harness.wire.channel import ChannelId, near_misses
from harness.wire.template import fill
from harness.worlds.page_browser import PageBrowser
from harness.worlds.page_call import HookFailed, HookSilent
from harness.worlds.page_tab import PageTab
from harness.worlds.world import Recorder, ids_like, publish, typed_id

_ONE = Broadcast()
PATIENCE_WHILE_DOWN_S = 1.0


class PagePublisher:
    """Publishes through `control` and sends from tabs."""

    def __init__(self, recorder: Recorder, control: Control, *, base_url: str) -> None:
        self._recorder = recorder
        self._control = control
        self._base_url = base_url
        self._target = recorder.target

    async def broadcast(self, step: Broadcast = _ONE, *, browser: PageBrowser | None = None) -> None:
        """Have the server broadcast, asked by `browser` where the target file leaves open who asks."""
        async with contextlib.AsyncExitStack() as stack:
            session = None
            if browser is not None and browser.context is not None and self._target.broadcast.as_ is None:
                session = await stack.enter_async_context(Session(self._target, base_url=self._base_url))
                session.adopt({each["name"]: each["value"] for each in await browser.context.cookies()})
            asked_by = browser.name if browser is not None and session is not None else None
            for _ in range(step.times):
                await publish(self._recorder, self._control, text=step.text, by=session, by_browser=asked_by)

    async def send_to_user(self, step: SendToUser | SendToLookAlikes) -> None:
        """Have the server send private messages to a user, or one to each id that is nearly the user's."""
        user = self._recorder.user_name(step.user)
        if isinstance(step, SendToUser):
            for _ in range(step.times):
                await publish(self._recorder, self._control, to=user, text=step.text)
            return
        for each in ids_like(self._target, user):
            await publish(self._recorder, self._control, to_id=typed_id(self._target, each))

    async def send(self, tab: PageTab, step: Echo | SendOn | SendOnNearMisses) -> None:
        """Send from a tab: messages that are to be answered, or on channels that nobody handles."""
        echo = self._target.echo.channel
        match step:
            case Echo(_, times, text):
                for _ in range(times):
                    await self._send(tab, echo, text=text, kind="echo")
            case SendOn(_, channel):
                await self._send(tab, channel, kind="stray")
            case SendOnNearMisses():
                for channel in near_misses(ChannelId(echo)):
                    await self._send(tab, channel, kind="stray")
            case _:
                assert_never(step)

    async def large(self, step: BroadcastLarge | EchoLarge, tab: PageTab | None) -> str | None:
        """Publish or send one large text; the note says why it was not."""
        if step.size_kb * 2000 > self._target.promises.max_message_bytes:
            return "that is more than the target promises to take"
        text = "large " * (step.size_kb * 1000 // len("large "))
        if isinstance(step, BroadcastLarge):
            with contextlib.suppress(ControlFailed):  # it was refused, and is owed to nobody
                await publish(self._recorder, self._control, text=text)
                return None
            return "the request that publishes takes none of that size"
        if tab is None:
            return "it is not open"
        await self._send(tab, self._target.echo.channel, text=text, kind="echo")
        return None

    async def _send(self, tab: PageTab, channel: str, *, text: str = "", kind: str) -> None:
        echo, token = self._target.echo, self._recorder.token()
        words = f"{token} {text}" if text else str(token)
        expected = abbreviated(fill(echo.receive, {"text": words, "data": "{data}"}))
        self._recorder.record(
            Sent(at_s=self._recorder.now(), token=token, sender=tab.id, channel=channel, kind=kind, expected=expected)
        )
        is_open = tab.last is None or tab.last.state == 1
        try:
            await tab.call(
                "send", channel, fill(echo.send, {"text": words}), timeout_s=None if is_open else PATIENCE_WHILE_DOWN_S
            )
        except HookSilent:
            # It may answer once the message has gone out, and that takes a connection.
            if is_open and kind == "echo":
                raise
        except HookFailed:
            if kind == "echo" and tab.last is not None and tab.last.state == 1:
                raise
            # Refused aloud while it is not open, or on a channel that nobody declared: then nothing is owed.
            self._recorder.record(PublishFinished(at_s=self._recorder.now(), token=token, accepted=False))

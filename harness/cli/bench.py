"""What an examination works with: sessions, listening connections and publishing requests on one live target.

Each try comes back as a line; what follows from it is for whoever asked: `onesocket doctor`, or a run that begins.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable

import anyio
from anyio.abc import TaskGroup

from harness.cli.advice import Line, about_answer, about_handshake, about_texts, cut
from harness.cli.ear import Ear
from harness.errors import ControlFailed, OnesocketError, TargetError
from harness.targets.codec import codec_of
from harness.targets.control import Answer, Control, Session
from harness.targets.file import Echo, Publish, Target
from harness.targets.process import RunningTarget
from harness.wire.channel import ChannelId
from harness.wire.envelope import Envelope
from harness.wire.template import fill
from harness.wire.token import Token, make_token
from harness.worlds.wire_connection import Refused

CLOSE_TIMEOUT_S = 5.0


class NeededByTheRest(Exception):
    """A part is wrong without which the rest cannot be tried; it has been told."""


class Bench:
    """The sessions and connections of one examination of a live target. Use within `occupied`."""

    def __init__(self, live: RunningTarget) -> None:
        self.live = live
        self.target: Target = live.target
        self.codec = codec_of(live.target)
        self.control = Control(live.target, base_url=live.url)
        self.sessions: dict[str, Session] = {}
        self.ears: list[Ear] = []
        self._mark = secrets.token_hex(4)
        self._count = 0

    @contextlib.asynccontextmanager
    async def occupied(self) -> AsyncIterator[TaskGroup]:
        """Have the task group in which connections listen; afterwards everything is closed."""
        failed: Exception | None = None
        async with anyio.create_task_group() as group:
            # What goes wrong in the block is not the group's to wrap.
            try:
                yield group
            except (OnesocketError, NeededByTheRest) as error:
                failed = error
            finally:
                with anyio.CancelScope(shield=True), anyio.move_on_after(CLOSE_TIMEOUT_S):
                    for ear in self.ears:
                        await ear.close()
                    for session in self.sessions.values():
                        await session.aclose()
                    await self.control.aclose()
            group.cancel_scope.cancel()
        if failed is not None:
            raise failed

    async def sign_in(self, name: str) -> Line:
        """Sign in as the target file's user `name`, in a session of its own.

        Raises:
            TargetUnreachable: no answer.
        """
        session = self.sessions[name] = Session(self.target, base_url=self.live.url)
        part = f"sign-in of {name}"
        answer = await session.sign_in(name)
        if not answer.ok:
            return refused(part, answer, todo=about_answer(answer, self.target.sign_in, key="sign_in"))
        if session.cookie_header is None:
            said = f"answered {answer.status}, but no cookie would be sent to {self.target.socket.path}"
            todo = "let the answer set a session cookie: for Path=/, and Secure only where the url is https"
            return Line("wrong", part, said, todo, "changed")
        return Line("ok", part, f"answered {answer.status}, a cookie is set (id {self.target.users[name].id})")

    async def open(self, name: str | None, *, group: TaskGroup) -> Line:
        """Open a connection as the user `name`, who is signed in, or as a guest; it is kept among the ears."""
        part = f"socket as {name or 'a guest'}"
        cookie = self.sessions[name].cookie_header if name else None
        try:
            await self.listen(name or "guest", cookie, group=group)
        except Refused as refusal:
            said = f"answered {refusal.status}" if refusal.status > 0 else refusal.reason
            origin = await self._opens_without_origin(cookie, group)
            hint = about_handshake(refusal.status, refusal.reason, target=self.target, without_origin_opens=origin)
            return Line(
                "wrong", part, said, hint, "refused" if refusal.status > 0 else "silent", max(0, refusal.status)
            )
        return Line("ok", part, "opened")

    async def listen(self, name: str, cookie: str | None, *, group: TaskGroup) -> Ear:
        """Open a connection with these cookies and keep it among the ears.

        Raises:
            Refused: it was not upgraded.
        """
        ear = await Ear.open(name, self.target, base_url=self.live.url, cookie=cookie, group=group)
        self.ears.append(ear)
        return ear

    def ear(self, name: str) -> Ear:
        """Return the first ear called `name`."""
        return next(ear for ear in self.ears if ear.name == name)

    async def say_echo(self, ear: Ear) -> Token:
        """Ask for an echo and return its token."""
        token = self.token()
        data = fill(self.target.echo.send, {"text": token})
        await ear.say(self.codec.encode(Envelope(ChannelId(self.target.echo.channel), data)))
        return token

    async def publish(self, key: str, action: Publish, request: Callable[[], Awaitable[Answer]]) -> Line:
        """Make a publishing request and tell how it was answered."""
        part = f"request of {key}"
        try:
            answer = await request()
        except TargetError as error:
            clue = "refused" if isinstance(error, ControlFailed) else "silent"
            return Line("wrong", part, f"{error.what} ({error.where})", error.todo, clue)
        if not answer.ok:
            return refused(part, answer, todo=about_answer(answer, action, key=key))
        return Line("ok", part, f"answered {answer.status}")

    def arrived(self, key: str, ear: Ear, token: Token, table: Publish | Echo) -> Line:
        """Tell whether and how the message with `token` came by now."""
        part = f"{key} at {ear.name}"
        wrong = about_texts(
            ear.texts, token=token, key=key, channel=table.channel, receive=table.receive,
            target=self.target, codec=self.codec,
        )  # fmt: skip
        if wrong is None:
            return Line("ok", part, f"came on {table.channel}")
        said, todo = wrong.said, wrong.todo
        if ear.closed:
            said += f"; the connection {ear.closed}"
        if not ear.heard(token) and key == "send_to_user":
            todo = f"is [users] {ear.name} id how the server knows this user, and does its socket read the cookie?"
        return Line("wrong", part, said, todo, "ended" if ear.closed else wrong.clue)

    def token(self) -> Token:
        """Return a token that nothing else carries."""
        self._count += 1
        return make_token(self._mark, self._count)

    async def _opens_without_origin(self, cookie: str | None, group: TaskGroup) -> bool:
        try:
            ear = await Ear.open(
                "no origin", self.target, base_url=self.live.url, cookie=cookie, group=group, origin=None
            )
        except Refused:
            return False
        await ear.close()
        return True


def refused(part: str, answer: Answer, *, todo: str) -> Line:
    """Return the line for a request that was answered with an error."""
    body = f": {cut(answer.body.strip())}" if answer.body.strip() else ""
    return Line("wrong", part, f"{answer.url} answered {answer.status}{body}", todo, "refused", answer.status)

"""The examination of a target file against the live target, part by part, up to the first part that the rest needs.

Tells lines; judges nothing but whether the file describes the target. The page is examined in `page_examination`.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable

import anyio
from anyio.abc import TaskGroup

from harness.cli.advice import Line, about_answer, about_handshake, about_texts, about_undeclared, cut
from harness.cli.ear import Ear
from harness.errors import OnesocketError, TargetError
from harness.targets.codec import codec_of
from harness.targets.control import Answer, Control, Session
from harness.targets.file import Echo, Publish, Target
from harness.targets.process import RunningTarget
from harness.wire.channel import ChannelId
from harness.wire.envelope import Envelope
from harness.wire.template import fill
from harness.wire.token import Token, make_token
from harness.worlds.wire_connection import Refused

Tell = Callable[[Line], None]
GRACE_S = 0.5
"""How long a leak may take when nothing tells that it has had its time."""


class NeededByTheRest(Exception):
    """A part is wrong without which the rest cannot be tried; it has been told."""


class Examination:
    """One examination of a live target. `tell` is handed each line as it is known."""

    def __init__(self, live: RunningTarget, *, tell: Tell) -> None:
        self._live = live
        self._target: Target = live.target
        self._tell = tell
        self._codec = codec_of(live.target)
        self._control = Control(live.target, base_url=live.url)
        self._sessions: dict[str, Session] = {}
        self._ears: list[Ear] = []
        self._mark = secrets.token_hex(4)
        self._count = 0
        self._flush_with: str | None = None

    async def run(self) -> None:
        """Try every part but the page.

        Raises:
            NeededByTheRest: the rest could not be tried.
            TargetUnreachable: the target went away.
        """
        async with self._cleaned_up() as group:
            await self._sign_ins()
            await self._sockets(group)
            await self._echo()
            await self._broadcast()
            await self._send_to_user()
            await self._sign_out(group)
            heard = [text for ear in self._ears for text in ear.texts]
            for line in about_undeclared(heard, codec=self._codec):
                self._tell(line)

    @contextlib.asynccontextmanager
    async def _cleaned_up(self) -> AsyncIterator[TaskGroup]:
        failed: Exception | None = None
        async with anyio.create_task_group() as group:
            # What goes wrong in the block is not the group's to wrap.
            try:
                yield group
            except (OnesocketError, NeededByTheRest) as error:
                failed = error
            finally:
                with anyio.CancelScope(shield=True), anyio.move_on_after(5.0):
                    for ear in self._ears:
                        await ear.close()
                    for session in self._sessions.values():
                        await session.aclose()
                    await self._control.aclose()
            group.cancel_scope.cancel()
        if failed is not None:
            raise failed

    async def _sign_ins(self) -> None:
        wrong = False
        for name, user in self._target.users.items():
            session = self._sessions[name] = Session(self._target, base_url=self._live.url)
            part = f"sign-in of {name}"
            answer = await session.sign_in(name)
            if not answer.ok:
                wrong = True
                self._refused(part, answer, todo=about_answer(answer, self._target.sign_in, key="sign_in"))
            elif session.cookie_header is None:
                wrong = True
                said = f"answered {answer.status}, but no cookie would be sent to {self._target.socket.path}"
                todo = "let the answer set a session cookie: for Path=/, and Secure only where the url is https"
                self._tell(Line("wrong", part, said, todo))
            else:
                self._tell(Line("ok", part, f"answered {answer.status}, a cookie is set (id {user.id})"))
        if wrong:
            raise NeededByTheRest("socket, echo, broadcast, send_to_user, sign-out")

    async def _sockets(self, group: TaskGroup) -> None:
        first, second = self._target.ordinary_users[:2]
        for name in (None, first, second):
            part = f"socket as {name or 'a guest'}"
            cookie = self._sessions[name].cookie_header if name else None
            try:
                ear = await self._open(name or "guest", cookie, group)
            except Refused as refusal:
                said = f"answered {refusal.status}" if refusal.status > 0 else refusal.reason
                origin = await self._opens_without_origin(cookie, group)
                hint = about_handshake(refusal.status, refusal.reason, target=self._target, without_origin_opens=origin)
                self._tell(Line("wrong", part, said, hint))
                if name is not None:
                    raise NeededByTheRest("echo, broadcast, send_to_user, sign-out") from refusal
            else:
                self._ears.append(ear)
                self._tell(Line("ok", part, "opened"))

    async def _open(self, name: str, cookie: str | None, group: TaskGroup) -> Ear:
        return await Ear.open(name, self._target, base_url=self._live.url, cookie=cookie, group=group)

    async def _opens_without_origin(self, cookie: str | None, group: TaskGroup) -> bool:
        try:
            ear = await Ear.open(
                "no origin", self._target, base_url=self._live.url, cookie=cookie, group=group, origin=None
            )
        except Refused:
            return False
        await ear.close()
        return True

    async def _echo(self) -> None:
        ear = self._ear(self._target.ordinary_users[0])
        token = await self._say_echo(ear)
        if await self._arrived("echo", ear, token, self._target.echo):
            self._flush_with = "echo"

    async def _say_echo(self, ear: Ear) -> Token:
        token = self._token()
        data = fill(self._target.echo.send, {"text": token})
        await ear.say(self._codec.encode(Envelope(ChannelId(self._target.echo.channel), data)))
        return token

    async def _broadcast(self) -> None:
        token = self._token()
        answer = await self._publish("broadcast", self._target.broadcast, lambda: self._control.broadcast(token))
        if answer is None:
            return
        good = [await self._arrived("broadcast", ear, token, self._target.broadcast) for ear in self._ears]
        if all(good):
            self._flush_with = "broadcast"

    async def _send_to_user(self) -> None:
        name = self._target.ordinary_users[0]
        user, mine = self._target.users[name], self._ear(name)
        token = self._token()
        action = self._target.send_to_user
        answer = await self._publish("send_to_user", action, lambda: self._control.send_to_user(user.id, token))
        if answer is None:
            return
        await self._arrived("send_to_user", mine, token, action)
        for other in self._ears:
            if other is not mine:
                await self._flush(other)
                self._stays_away(other, token, f"a message to {name}")

    async def _sign_out(self, group: TaskGroup) -> None:
        name = self._target.ordinary_users[1]
        session = self._sessions[name]
        before = session.cookie_header
        answer = await session.sign_out()
        part = f"sign-out of {name}"
        if not answer.ok:
            self._refused(part, answer, todo=about_answer(answer, self._target.sign_out, key="sign_out"))
            return
        self._tell(Line("ok", part, f"answered {answer.status}"))
        # The cookie from before may still be in somebody's hands: the session itself has to be over.
        try:
            ear = await self._open(f"{name}, signed out", before, group)
        except Refused as refusal:
            self._tell(Line("ok", "the old cookie", f"is refused with {refusal.status}"))
            return
        self._ears.append(ear)
        if self._flush_with is None:
            self._tell(Line("left", "the old cookie", "neither echo nor broadcast works, so nothing can be told"))
            return
        await self._flush(ear)
        token = self._token()
        sent = await self._publish(
            "send_to_user",
            self._target.send_to_user,
            lambda: self._control.send_to_user(self._target.users[name].id, token),
        )
        if sent is not None:
            await self._flush(ear)
            self._stays_away(ear, token, f"a message to {name}")

    async def _publish(self, key: str, action: Publish, request: Callable[[], Awaitable[Answer]]) -> Answer | None:
        part = f"request of {key}"
        try:
            answer = await request()
        except TargetError as error:
            self._tell(Line("wrong", part, f"{error.what} ({error.where})", error.todo))
            return None
        if not answer.ok:
            self._refused(part, answer, todo=about_answer(answer, action, key=key))
            return None
        self._tell(Line("ok", part, f"answered {answer.status}"))
        return answer

    async def _wait(self, ear: Ear, token: Token) -> bool:
        return await ear.hears(token, timeout_s=self._target.promises.delivery_s)

    async def _flush(self, ear: Ear) -> None:
        """Give the connection its time: what was sent to it before has come when this returns."""
        if self._flush_with == "broadcast":
            token = self._token()
            await self._control.broadcast(token)
            await self._wait(ear, token)
        elif self._flush_with == "echo":
            await self._wait(ear, await self._say_echo(ear))
        else:
            await ear.hears(self._token(), timeout_s=GRACE_S)

    async def _arrived(self, key: str, ear: Ear, token: Token, table: Publish | Echo) -> bool:
        part = f"{key} at {ear.name}"
        heard = await self._wait(ear, token)
        wrong = about_texts(
            ear.texts, token=token, key=key, channel=table.channel, receive=table.receive,
            target=self._target, codec=self._codec,
        )  # fmt: skip
        if wrong is None:
            self._tell(Line("ok", part, f"came on {table.channel}"))
            return True
        said, todo = wrong.said, wrong.todo
        if ear.closed:
            said += f"; the connection {ear.closed}"
        if not heard and key == "send_to_user":
            todo = f"is [users] {ear.name} id how the server knows this user, and does its socket read the cookie?"
        self._tell(Line("wrong", part, said, todo))
        return False

    def _stays_away(self, ear: Ear, token: Token, what: str) -> None:
        part = f"send_to_user not at {ear.name}"
        if ear.heard(token):
            self._tell(
                Line("wrong", part, f"{what} reached {ear.name}", "a leak: see the whole of it with: onesocket conform")
            )
        else:
            self._tell(Line("ok", part, f"{what} stays away"))

    def _refused(self, part: str, answer: Answer, *, todo: str) -> None:
        body = f": {cut(answer.body.strip())}" if answer.body.strip() else ""
        self._tell(Line("wrong", part, f"{answer.url} answered {answer.status}{body}", todo))

    def _ear(self, name: str) -> Ear:
        return next(ear for ear in self._ears if ear.name == name)

    def _token(self) -> Token:
        self._count += 1
        return make_token(self._mark, self._count)

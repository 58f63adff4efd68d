"""The examination of a target file against the live target, part by part, up to the first part that the rest needs.

Tells lines; judges nothing but whether the file describes the target. The page is examined in `page_examination`.
"""

from __future__ import annotations

from collections.abc import Callable

from anyio.abc import TaskGroup

from harness.cli.advice import Line, about_answer, about_undeclared
from harness.cli.bench import Bench, NeededByTheRest, refused
from harness.cli.ear import Ear
from harness.targets.file import Echo, Publish, Target
from harness.targets.process import RunningTarget
from harness.wire.token import Token
from harness.worlds.wire_connection import Refused

Tell = Callable[[Line], None]
GRACE_S = 0.5
"""How long a leak may take when nothing tells that it has had its time."""


class Examination:
    """One examination of a live target. `tell` is handed each line as it is known."""

    def __init__(self, live: RunningTarget, *, tell: Tell) -> None:
        self._bench = Bench(live)
        self._target: Target = live.target
        self._tell = tell
        self._flush_with: str | None = None
        self._misread: set[Token] = set()

    async def run(self) -> None:
        """Try every part but the page.

        Raises:
            NeededByTheRest: the rest could not be tried.
            TargetUnreachable: the target went away.
        """
        async with self._bench.occupied() as group:
            await self._sign_ins()
            await self._sockets(group)
            await self._echo()
            await self._broadcast()
            await self._send_to_user()
            await self._sign_out(group)
            heard = [text for ear in self._bench.ears for text in ear.texts]
            for line in about_undeclared(heard, codec=self._bench.codec, told=self._misread):
                self._tell(line)

    async def _sign_ins(self) -> None:
        lines = [self._told(await self._bench.sign_in(name)) for name in self._target.users]
        if not all(lines):
            raise NeededByTheRest("socket, echo, broadcast, send_to_user, sign-out")

    async def _sockets(self, group: TaskGroup) -> None:
        first, second = self._target.ordinary_users[:2]
        for name in (None, first, second):
            if not self._told(await self._bench.open(name, group=group)) and name is not None:
                raise NeededByTheRest("echo, broadcast, send_to_user, sign-out")

    async def _echo(self) -> None:
        ear = self._bench.ear(self._target.ordinary_users[0])
        token = await self._bench.say_echo(ear)
        if await self._arrived("echo", ear, token, self._target.echo):
            self._flush_with = "echo"

    async def _broadcast(self) -> None:
        bench, token = self._bench, self._bench.token()
        action = self._target.broadcast
        if not self._told(await bench.publish("broadcast", action, lambda: bench.control.broadcast(token))):
            return
        good = [await self._arrived("broadcast", ear, token, action) for ear in bench.ears]
        if all(good):
            self._flush_with = "broadcast"

    async def _send_to_user(self) -> None:
        name = self._target.ordinary_users[0]
        mine, token = self._bench.ear(name), self._bench.token()
        if not await self._sent(name, token):
            return
        await self._arrived("send_to_user", mine, token, self._target.send_to_user)
        for other in self._bench.ears:
            if other is not mine:
                await self._flush(other)
                self._stays_away(other, token, f"a message to {name}")

    async def _sign_out(self, group: TaskGroup) -> None:
        name = self._target.ordinary_users[1]
        session = self._bench.sessions[name]
        before = session.cookie_header
        answer = await session.sign_out()
        part = f"sign-out of {name}"
        if not answer.ok:
            self._tell(refused(part, answer, todo=about_answer(answer, self._target.sign_out, key="sign_out")))
            return
        self._tell(Line("ok", part, f"answered {answer.status}"))
        # The cookie from before may still be in somebody's hands: the session itself has to be over.
        try:
            ear = await self._bench.listen(f"{name}, signed out", before, group=group)
        except Refused as refusal:
            self._tell(Line("ok", "the old cookie", f"is refused with {refusal.status}"))
            return
        if self._flush_with is None:
            self._tell(Line("left", "the old cookie", "neither echo nor broadcast works, so nothing can be told"))
            return
        await self._flush(ear)
        token = self._bench.token()
        if await self._sent(name, token):
            await self._flush(ear)
            self._stays_away(ear, token, f"a message to {name}")

    async def _sent(self, name: str, token: Token) -> bool:
        control, user = self._bench.control, self._target.users[name]
        action = self._target.send_to_user
        line = await self._bench.publish("send_to_user", action, lambda: control.send_to_user(user.id, token))
        return self._told(line)

    async def _wait(self, ear: Ear, token: Token) -> bool:
        return await ear.hears(token, timeout_s=self._target.promises.delivery_s)

    async def _flush(self, ear: Ear) -> None:
        """Give the connection its time: what was sent to it before has come when this returns."""
        if self._flush_with == "broadcast":
            token = self._bench.token()
            await self._bench.control.broadcast(token)
            await self._wait(ear, token)
        elif self._flush_with == "echo":
            await self._wait(ear, await self._bench.say_echo(ear))
        else:
            await ear.hears(self._bench.token(), timeout_s=GRACE_S)

    async def _arrived(self, key: str, ear: Ear, token: Token, table: Publish | Echo) -> bool:
        await self._wait(ear, token)
        well = self._told(self._bench.arrived(key, ear, token, table))
        if not well:
            self._misread.add(token)
        return well

    def _stays_away(self, ear: Ear, token: Token, what: str) -> None:
        part = f"send_to_user not at {ear.name}"
        if ear.heard(token):
            self._tell(
                Line("wrong", part, f"{what} reached {ear.name}", "a leak: see the whole of it with: onesocket conform")
            )
        else:
            self._tell(Line("ok", part, f"{what} stays away"))

    def _told(self, line: Line) -> bool:
        self._tell(line)
        return line.mark == "ok"

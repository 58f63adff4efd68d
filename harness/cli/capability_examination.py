"""The examination of what a target file declares beyond the core: does each request answer, does each channel.

Light: it tells whether the file describes the target; whether a promise is kept is for `onesocket conform`.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

import anyio
from anyio.abc import TaskGroup

from harness.cli.advice import Line, about_answer, cut
from harness.cli.ear import Ear
from harness.cli.examination import Tell
from harness.errors import OnesocketError
from harness.requirement import requirements
from harness.targets.capability import expiry_of, key_of, lack, lacking
from harness.targets.codec import codec_of
from harness.targets.control import Answer, Control, Session, user_values
from harness.targets.file import Action, FaultyChannel, Target, Whoami
from harness.targets.process import RunningTarget
from harness.wire.channel import ChannelId
from harness.wire.envelope import Envelope
from harness.wire.template import Json, fill, match
from harness.wire.token import Token, make_token
from harness.worlds.wire_connection import Refused


async def examine_capabilities(live: RunningTarget, *, tell: Tell) -> None:
    """Try what `[capabilities]` declares, and say what is not declared."""
    async with anyio.create_task_group() as group:
        visit = _Visit(live, group=group, tell=tell)
        try:
            await visit.run()
        finally:
            with anyio.CancelScope(shield=True), anyio.move_on_after(5.0):
                await visit.aclose()
        group.cancel_scope.cancel()
    absent = lacking(live.target)
    needing = [each for each in requirements().values() if each.needs and each.id in absent]
    if needing:
        keys = ", ".join(key_of(name) for name in dict.fromkeys(each.needs for each in needing))
        number = len(needing)
        tell(Line("left", "not declared", f"{number} requirements are not tried without: {keys}"))


class _Visit:
    def __init__(self, live: RunningTarget, *, group: TaskGroup, tell: Tell) -> None:
        self._live = live
        self._target: Target = live.target
        self._group = group
        self._tell = tell
        self._codec = codec_of(live.target)
        self._control = Control(live.target, base_url=live.url)
        self._name = live.target.ordinary_users[0]
        self._session = Session(live.target, base_url=live.url)
        self._mark = secrets.token_hex(4)

    async def aclose(self) -> None:
        await self._session.aclose()
        await self._control.aclose()

    async def run(self) -> None:
        await self._session.sign_in(self._name)
        declared = self._target.capabilities
        if declared.whoami is not None:
            await self._whoami(declared.whoami)
        if declared.faulty is not None:
            await self._faulty(declared.faulty)
        if declared.introspect is not None:
            await self._acts("introspect", declared.introspect)
        if declared.rotate is not None:
            await self._rotate(declared.rotate)
        await self._expiry()
        if declared.revoke is not None:
            await self._answers("revoke", declared.revoke, lambda: self._control.revoke(self._name))

    async def _whoami(self, table: Whoami) -> None:
        for name, cookie in ((self._name, self._session.cookie_header), (None, None)):
            part = f"whoami as {name or 'a guest'}"
            ear = await self._ear(part, cookie)
            if ear is None:
                continue
            await self._say(ear, table.channel, table.send)
            who: Json = self._target.users[name].id if name else table.guest
            wanted = fill(table.receive, {"user.id": who})
            if await self._comes(ear, table.channel, wanted):
                self._tell(Line("ok", part, f"answers {who!r}"))
            else:
                came = " and ".join(cut(each) for each in ear.texts[-2:]) or "nothing"
                todo = "check channel, send and receive in [capabilities] whoami" + ("" if name else ", and guest")
                # Some servers do not answer a guest at all.
                mark = "wrong" if name else "left"
                self._tell(Line(mark, part, f"no answer that says {who!r}; what came: {came}", todo))
            await ear.close()

    async def _faulty(self, table: FaultyChannel) -> None:
        ear = await self._ear("faulty", self._session.cookie_header)
        if ear is None:
            return
        await self._say(ear, table.channel, table.send)
        if await self._echoes(ear):
            self._tell(Line("ok", "faulty", "the message is taken, and the connection stays open"))
        elif ear.closed:
            self._tell(Line("ok", "faulty", f"the message is taken, and the connection {ear.closed}"))
        else:
            self._tell(Line("wrong", "faulty", "the echo is silent after it", "check channel and send; see the log"))
        await ear.close()

    async def _rotate(self, action: Action) -> None:
        before = self._session.cookie_header
        # It is the browser that rotates its cookie; an `as` would rotate another's.
        answer = await self._acts("rotate", action)
        if answer is not None and answer.ok and action.as_ is None and self._session.cookie_header == before:
            self._tell(
                Line("wrong", "rotate", "the session cookie is the same afterwards", "name the request that renews it")
            )

    async def _expiry(self) -> None:
        if self._target.capabilities.expiry is None:
            return
        expiry = expiry_of(self._target)
        if expiry is None:
            self._tell(Line("left", "expiry", lack(self._target, "expiry")))
        elif expiry.sign_in is None:
            self._tell(Line("ok", "expiry", f"each session is said to end {expiry.ttl_s:g} s after its sign-in"))
        else:
            await self._acts("expiry", expiry.sign_in)

    async def _acts(self, key: str, action: Action) -> Answer | None:
        values = user_values(self._name, self._target.users[self._name])
        session = self._session if action.as_ is None else await self._control.session(action.as_)
        return await self._answers(
            key, action, lambda: session.request(action, key=f"capabilities.{key}", values=values)
        )

    async def _answers(self, key: str, action: Action, request: Callable[[], Awaitable[Answer]]) -> Answer | None:
        try:
            answer = await request()
        except OnesocketError as error:
            self._tell(Line("wrong", key, f"{error.what} ({error.where})", error.todo))
            return None
        if answer.ok:
            self._tell(Line("ok", key, f"answered {answer.status}"))
        else:
            todo = about_answer(answer, action, key=f"capabilities.{key}")
            self._tell(Line("wrong", key, f"{answer.url} answered {answer.status}: {cut(answer.body)}", todo))
        return answer

    async def _ear(self, part: str, cookie: str | None) -> Ear | None:
        try:
            return await Ear.open(part, self._target, base_url=self._live.url, cookie=cookie, group=self._group)
        except Refused as refusal:
            self._tell(Line("left", part, f"the socket is answered with {refusal.status}"))
            return None

    async def _say(self, ear: Ear, channel: str, data: Json) -> None:
        await ear.say(self._codec.encode(Envelope(ChannelId(channel), data)))

    async def _comes(self, ear: Ear, channel: str, wanted: Json) -> bool:
        def fits(text: str) -> bool:
            found = self._codec.decode(text)
            return isinstance(found, Envelope) and found.channel == channel and match(wanted, found.data) is not None

        return await ear.hears_one(fits, timeout_s=self._target.promises.delivery_s)

    async def _echoes(self, ear: Ear) -> bool:
        token: Token = make_token(self._mark, 1)
        await self._say(ear, self._target.echo.channel, fill(self._target.echo.send, {"text": token}))
        return await ear.hears(token, timeout_s=self._target.promises.delivery_s)

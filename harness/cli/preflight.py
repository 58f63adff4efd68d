"""Before a run: whether the target file describes the target at all, so that a mistake in it is told at once.

A run ends here only where each test would wait in vain: a control request or every handshake is answered with a no, a
message comes whole in another shape than the file says, or nobody's echo comes back although a broadcast does. All else
may be what the suite is there to find: a doubt, told, and the run goes on. Judges nothing; says what doctor says.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import anyio
from anyio.abc import TaskGroup

from harness.cli.advice import Line, as_toml
from harness.cli.bench import Bench
from harness.cli.ear import Ear
from harness.cli.target_choice import TargetChoice
from harness.errors import TargetError, Unfit
from harness.report.wording import one_line
from harness.targets.control import Answer
from harness.targets.file import Publish
from harness.targets.process import RunningTarget

LEAST_S, PATIENCE_S = 1.0, 5.0
"""The shortest and the longest wait for a message that does not come. Who promises a longer one is not found silent."""
TRIES = 3
"""How often an echo is asked for: a server may not have a connection in its books when the first one comes."""
LIMIT_S = 12.0
POLL_S = 0.05
SERVER_BROKE = 500
REFUSING = frozenset({1002, 1003, 1007, 1008})
"""Codes with which a server says that it does not take what it was sent; from 4000 on they are its own."""
OWN_CODES = range(4000, 5000)
Key = Literal["sign_in", "socket", "echo", "broadcast", "send_to_user"]


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen before a run: why it need not begin, or what may be wrong, a sentence each."""

    unfit: Unfit | None = None
    doubts: tuple[str, ...] = ()


async def look(choice: TargetChoice, *, stopped: Callable[[], bool] = lambda: False) -> Look:
    """Start the target if it is ours to start, and try one sign-in, echo, broadcast and private message.

    Ends early, with what was seen until then, once `stopped` says so.

    Raises:
        TargetError: it does not become ready, or hangs.
    """
    live = RunningTarget(choice.target, folder=choice.folder)
    seen = _Seen(live, choice)
    try:
        async with _given_up(when=stopped):
            await live.start()
            with anyio.move_on_after(LIMIT_S) as limit:
                await _seen_while_it_lives(seen, live)
            if limit.cancelled_caught:
                seen.doubts.append(f"a first look at the target was not done after {LIMIT_S:g} s")
            if live.died is not None:
                seen.doubts.append(f"in a first look at the target its process ended by itself, with code {live.died}")
    finally:
        await live.stop()
    return Look(seen.unfit, tuple(seen.doubts) if seen.unfit is None else ())


@contextlib.asynccontextmanager
async def _given_up(*, when: Callable[[], bool]) -> AsyncIterator[None]:
    failed: TargetError | None = None
    async with anyio.create_task_group() as group:

        async def watch() -> None:
            while not when():  # noqa: ASYNC110 # a signal handler sets no event of a loop
                await anyio.sleep(POLL_S)
            group.cancel_scope.cancel()

        group.start_soon(watch)
        # What goes wrong in the block is not the group's to wrap.
        try:
            yield
        except TargetError as error:
            failed = error
        group.cancel_scope.cancel()
    if failed is not None:
        raise failed


async def _seen_while_it_lives(seen: _Seen, live: RunningTarget) -> None:
    try:
        await seen.all_parts()
    except TargetError:
        await live.await_death()
        if live.died is None:
            raise


class _Seen:
    def __init__(self, live: RunningTarget, choice: TargetChoice) -> None:
        self._live = live
        self._file = choice.named or str(choice.path)
        self._target = choice.target
        self._bench = Bench(live)
        self.unfit: Unfit | None = None
        self.doubts: list[str] = []

    async def all_parts(self) -> None:
        async with self._bench.occupied() as group:
            name = await self._signed_in()
            if name is not None and await self._opened(name, group):
                await self._messages(name)

    async def _signed_in(self) -> str | None:
        """Sign one user in, and return who it is; the next one where the first is refused."""
        lines: list[Line] = []
        for name in self._target.ordinary_users[:2]:
            line = await self._bench.sign_in(name)
            if line.mark == "ok":
                self._doubt(lines)
                return name
            lines.append(line)
        if all(self._says_no(line) for line in lines):
            self._end(lines[0], key="sign_in")
        else:
            self._doubt(lines)
        return None

    async def _opened(self, name: str, group: TaskGroup) -> bool:
        lines = [await self._bench.open(each, group=group) for each in (None, name)]
        wrong = [line for line in lines if line.mark != "ok"]
        if len(wrong) == len(lines) and all(self._says_no(line) for line in wrong):
            self._end(wrong[0], key="socket")
        else:
            self._doubt(wrong)
        return not wrong

    async def _messages(self, name: str) -> None:
        bench, target = self._bench, self._target
        echo = await self._echoes()
        user = target.users[name]
        spread = await self._published(
            "broadcast", target.broadcast, bench.control.broadcast, at=[ear for ear in bench.ears if not ear.closed]
        )
        private = await self._published(
            "send_to_user", target.send_to_user, lambda text: bench.control.send_to_user(user.id, text),
            at=[ear for ear in bench.ears if ear.name == name and not ear.closed],
        )  # fmt: skip
        if self.unfit is not None:
            return
        told: tuple[tuple[Key, list[Line]], ...] = (("echo", echo), ("broadcast", spread), ("send_to_user", private))
        for key, lines in told:
            if lines and all(line.clue == "shape" for line in lines):
                self._end(lines[0], key=key)
                return
        if all(self._says_no(line) for line in echo):
            self._end(echo[0], key="echo")
        elif self._only_the_echo_is_silent(echo, spread):
            self._end(echo[0], key="echo", either=True)
        else:
            self._doubt([*echo, *spread, *private])

    async def _echoes(self) -> list[Line]:
        """Ask for an echo on each connection at the same time, again where none comes."""
        lines: dict[str, Line] = {}

        async def ask(ear: Ear) -> None:
            for _ in range(TRIES):
                token = await self._bench.say_echo(ear)
                await ear.hears(token, timeout_s=self._patience_s / TRIES)
                line = self._bench.arrived("echo", ear, token, self._target.echo)
                # A server that lets a message go by says nothing; one that ends the connection says that it is wrong.
                refused = ear.code is not None and (ear.code in REFUSING or ear.code in OWN_CODES)
                lines[ear.name] = replace(line, clue="refused") if refused else line
                if line.clue != "silent":
                    return

        async with anyio.create_task_group() as group:
            for ear in self._bench.ears:
                group.start_soon(ask, ear)
        return [lines[ear.name] for ear in self._bench.ears]

    async def _published(
        self, key: Key, action: Publish, request: Callable[[str], Awaitable[Answer]], *, at: Sequence[Ear]
    ) -> list[Line]:
        """Have a message published and return how it came where it should; the request may itself be the mistake."""
        if self.unfit is not None:
            return []
        token = self._bench.token()
        line = await self._bench.publish(key, action, lambda: request(token))
        if line.mark != "ok":
            if self._says_no(line):
                self._end(line, key=key)
                return []
            return [line]
        async with anyio.create_task_group() as group:
            for ear in at:
                group.start_soon(lambda each: each.hears(token, timeout_s=self._patience_s), ear)
        return [self._bench.arrived(key, ear, token, action) for ear in at]

    def _only_the_echo_is_silent(self, echo: Sequence[Line], spread: Sequence[Line]) -> bool:
        """Tell whether connections work, in the envelope of the file, and are deaf to one thing alone."""
        silent = all(line.clue == "silent" for line in echo)
        heard = bool(spread) and all(line.mark == "ok" for line in spread)
        return silent and heard and self._target.promises.delivery_s <= self._patience_s

    def _says_no(self, line: Line) -> bool:
        """Tell whether it is an answer that blames the request, and so the file that describes it."""
        return line.clue == "refused" and line.status < SERVER_BROKE

    @property
    def _patience_s(self) -> float:
        return max(LEAST_S, min(self._target.promises.delivery_s, PATIENCE_S))

    def _end(self, line: Line, *, key: Key, either: bool = False) -> None:
        what, todo = f"{line.part}: {one_line(line.said)}", one_line(line.todo)
        if either:
            what = (
                "either the target file or the server is wrong: a broadcast arrives, and the echo comes back neither "
                f"to a guest nor to a user ({one_line(line.said)})"
            )
            todo = "check channel and send in [echo]; if they are right, the server never answers: go on with --anyway"
        self.unfit = Unfit(
            what,
            where=f"{self._file}, {self._as_written(line, key)}",
            todo=f"{todo}; each part alone: onesocket doctor",
        )

    def _as_written(self, line: Line, key: Key) -> str:
        """Return the keys of the target file that the line is about, as they stand there."""
        socket, table = self._target.socket, getattr(self._target, key)
        if line.clue == "shape" and "[socket] envelope" in line.todo:
            return f"[socket] envelope = {as_toml(socket.envelope)}"
        if key == "socket":
            return f"[socket] path = {as_toml(socket.path)}"
        if key == "sign_in" or (line.clue == "refused" and key != "echo"):
            return f"[{key}] method = {as_toml(table.method)}, path = {as_toml(table.path)}"
        sent = f", send = {as_toml(table.send)}" if key == "echo" else ""
        return f"[{key}] channel = {as_toml(table.channel)}{sent}, receive = {as_toml(table.receive)}"

    def _doubt(self, lines: Sequence[Line]) -> None:
        wrong = next((line for line in lines if line.mark == "wrong"), None)
        if wrong is not None:
            self.doubts.append(
                f"{wrong.part}: {one_line(wrong.said, cut_chars=300)}. Either the server or the target file is wrong; "
                f"for the file: {one_line(wrong.todo)}"
            )

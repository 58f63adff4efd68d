"""The publisher: makes the target publish at a fixed rate, open loop, and keeps the ledger.

It never waits for an answer or a delivery: a message that is late is published late, and says when it was due.
It runs where no sockets are (the master, or the only process), so that deliveries do not delay it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import anyio

from harness.errors import OnesocketError, TargetUnreachable
from harness.loading.ledger import Ledger
from harness.loading.stamp import BROADCAST_STREAM, Mark, Stamp, write_stamp
from harness.targets.control import REQUEST_TIMEOUT_S, Control
from harness.targets.file import Target

REQUESTS_AT_ONCE = 50

Kind = Literal["broadcast", "private", "mixed"]


class Publisher:
    """Publishes `kind` messages of the run `run`; private ones to each ordinary user in turn, mixed ones by turns.

    `rate` is messages a second. `clock` is the host's monotonic one: receivers subtract from it.
    """

    def __init__(
        self, target: Target, *, base_url: str, run: str, kind: Kind, rate: float, size_chars: int, ledger: Ledger,
        clock: Callable[[], float],
    ) -> None:  # fmt: skip
        self._target = target
        self._base_url = base_url
        self._run = run
        self._kind = kind
        self._interval_s = 1.0 / rate
        self._size_chars = size_chars
        self._ledger = ledger
        self._clock = clock
        self._going = anyio.Event()
        self._going.set()
        self._at_once = anyio.CapacityLimiter(REQUESTS_AT_ONCE)
        self._stopping = anyio.Event()
        self._finished = anyio.Event()
        self._control = Control(target, base_url=base_url)

    async def publish(self) -> None:
        """Publish until `stop`, then wait for the answers to what is under way.

        Raises:
            ControlFailed: the session that publishes was refused.
            TargetUnreachable: nothing answers.
        """
        try:
            await self._sign_in()
            async with anyio.create_task_group() as tasks:
                number, start_s = 0, self._clock()
                while not await self._stopped_before(start_s + number * self._interval_s):
                    if not self._going.is_set():
                        # What is not due while the target is away is never late.
                        start_s = await self._wait_to_go_on() - number * self._interval_s
                        continue
                    due_s = start_s + number * self._interval_s
                    tasks.start_soon(self._publish, self._stream(number), due_s)
                    number += 1
                tasks.cancel_scope.deadline = anyio.current_time() + REQUEST_TIMEOUT_S + 1.0
        finally:
            with anyio.CancelScope(shield=True), anyio.move_on_after(2.0):
                await self._control.aclose()
            self._finished.set()

    async def stop(self) -> None:
        """Start no further message; return when every answer is there or given up."""
        self._stopping.set()
        self._going.set()
        with anyio.move_on_after(REQUEST_TIMEOUT_S + 2.0):
            await self._finished.wait()

    async def suspend(self) -> None:
        """Start no message until `resume`: the target is away."""
        self._going = anyio.Event()

    async def resume(self) -> None:
        """Go on, with new sessions.

        Raises:
            ControlFailed: the session that publishes was refused.
            TargetUnreachable: nothing answers.
        """
        self._control.forget_sessions()
        await self._sign_in()
        for stream in self._ledger.streams:
            stream.give_up_answers()
        self._going.set()

    async def _sign_in(self) -> None:
        if self._kind in {"broadcast", "mixed"}:
            await self._control.session(self._target.broadcast.as_)
        if self._kind in {"private", "mixed"}:
            await self._control.session(self._target.send_to_user.as_)

    def _stream(self, number: int) -> int:
        if self._kind == "broadcast" or (self._kind == "mixed" and number % 2 == 0):
            return BROADCAST_STREAM
        turn = number // 2 if self._kind == "mixed" else number
        return 1 + turn % len(self._ledger.users)

    async def _wait_to_go_on(self) -> float:
        await self._going.wait()
        return self._clock()

    async def _stopped_before(self, due_s: float) -> bool:
        with anyio.move_on_after(max(0.0, due_s - self._clock())):
            await self._stopping.wait()
        return self._stopping.is_set()

    async def _publish(self, stream: int, due_s: float) -> None:
        waiting_s = self._clock()
        self._ledger.late(waiting_s - due_s, at_s=waiting_s)
        # A target that answers too slowly makes a queue here, not a thousand requests that wait for a connection.
        async with self._at_once:
            if self._stopping.is_set():
                return
            await self._send(stream, due_s, waited_s=self._clock() - waiting_s)

    async def _send(self, stream: int, due_s: float, *, waited_s: float) -> None:
        account = self._ledger.streams[stream]
        now_s = self._clock()
        self._ledger.queued_ms.record(1000 * waited_s)
        seq, after = account.start(now_s)
        stamp = Stamp(mark=Mark(stream, seq), due_us=round(due_s * 1_000_000), after=after)
        text = write_stamp(stamp, run=self._run, size_chars=self._size_chars)
        try:
            if stream == BROADCAST_STREAM:
                answer = await self._control.broadcast(text)
            else:
                user = self._target.users[self._ledger.users[stream - 1]]
                answer = await self._control.send_to_user(user.id, text)
        except OnesocketError:
            return
        finished_s = self._clock()
        self._ledger.answer_ms.record((finished_s - now_s) * 1000)
        account.finish(seq, at_s=finished_s, accepted=answer.ok)


async def answers(target: Target, *, base_url: str) -> bool:
    """Tell whether the target answers at its `ready` path at all."""
    control = Control(target, base_url=base_url)
    try:
        session = await control.session(None)
        return (await session.get(target.ready)).status < 500
    except TargetUnreachable:
        return False
    finally:
        await control.aclose()

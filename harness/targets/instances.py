"""Several instances of one target that run together, their broker, and a second application beside them.

Starts them when they are first needed and again when something of them has ended; those that run already (declared by
their urls) are reached and never stopped. Knows nothing of messages.
"""

from __future__ import annotations

from pathlib import Path

import anyio
import msgspec

from harness.errors import OnesocketError
from harness.targets.file import Target
from harness.targets.process import RunningTarget
from harness.targets.surroundings import Surroundings


class Instances:
    """The instances of a target by number, from 1. `main` is the one that its `url` names.

    Where onesocket starts them, they are other processes than `main`, so that what befalls them befalls nothing else.
    """

    def __init__(self, target: Target, *, folder: Path, main: RunningTarget) -> None:
        self.target = target
        self._folder = folder
        self._surroundings = Surroundings(target)
        self._spoiled = False
        self._other: RunningTarget | None = None
        declared = target.capabilities.instances
        self.owned = isinstance(declared, int)
        if isinstance(declared, int):
            self._members = [self._member(number) for number in range(1, declared + 1)]
        else:
            others = [msgspec.structs.replace(target, url=url, start=()) for url in declared]
            self._members = [main, *(RunningTarget(each, folder=folder, values={}) for each in others)]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._members)

    @property
    def numbers(self) -> range:
        """Their numbers."""
        return range(1, self.count + 1)

    @property
    def broker_url(self) -> str:
        """Where the broker listens; empty without one."""
        return self._surroundings.broker_url

    def member(self, number: int) -> RunningTarget:
        """Return an instance; the numbers go round, so that a plan fits any count."""
        return self._members[(number - 1) % self.count]

    @property
    def ended(self) -> int | None:
        """The number of an instance of ours that has ended by itself."""
        members = enumerate(self._members, start=1)
        return next((number for number, each in members if self.owned and each.pid is None), None)

    async def start(self) -> None:
        """Have all of them run, each new where one has ended, the broker was left stopped, or one was spoiled.

        Raises:
            TargetError: one cannot be started or reached, or the broker's program is missing.
        """
        whole = self._surroundings.broker_runs and self.ended is None and not self._spoiled
        if self.owned and not whole:
            await self.stop()
        if self.owned:
            await self._surroundings.start()
        errors: list[OnesocketError] = []

        async def attempt(member: RunningTarget) -> None:
            try:
                await member.start()
            except OnesocketError as error:
                errors.append(error)

        async with anyio.create_task_group() as group:
            for each in self._members:
                if not self.owned or each.pid is None:
                    group.start_soon(attempt, each)
        if errors:
            raise errors[0]
        self._spoiled = False

    def spoil(self) -> None:
        """Have the next `start` begin anew: what happened to them may not be over."""
        self._spoiled = True

    async def stop_broker(self) -> None:
        """Take the broker away."""
        await self._surroundings.stop()

    async def start_broker(self) -> None:
        """Bring the broker back, on its port and with what was kept in it."""
        await self._surroundings.start()

    async def other_application(self) -> RunningTarget:
        """Return an instance of the second application on the same broker, started when it is first asked for."""
        if self._other is None:
            self._other = self._member(1, app=1)
        if self._other.pid is None:
            await self._other.start()
        return self._other

    async def stop(self) -> None:
        """Stop what was started."""
        async with anyio.create_task_group() as group:
            for each in (*(self._members if self.owned else ()), *([self._other] if self._other else [])):
                group.start_soon(each.stop)
        await self._surroundings.stop()

    def _member(self, number: int, *, app: int = 0) -> RunningTarget:
        target, broker = self.target, self.target.broker
        if broker is not None:
            start, env = (*target.start, *broker.arguments), {**target.env, **broker.env}
            target = msgspec.structs.replace(target, start=start, env=env)
        values = self._surroundings.values(app=app, instance=number)
        return RunningTarget(target, folder=self._folder, values=values)

"""What every world has in common: the protocol, the recorder with its clock and tokens, and the runner of plans.

Knows no transport. A world performs steps; it never judges.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from typing import Protocol

import anyio

from harness.errors import CapabilityMissing, ControlFailed, HarnessError, OnesocketError, TargetError
from harness.history import (
    AnyEvent,
    History,
    PublishFinished,
    PublishStarted,
    RunEnded,
    RunStarted,
    StepFinished,
    StepStarted,
)
from harness.model.model import Model
from harness.plan import PUBLISHER, ROLES, AtOnce, Plan, Step
from harness.targets.capability import NEEDS, offers
from harness.targets.control import Answer, Control, Session
from harness.targets.file import Target
from harness.wire.abbreviation import abbreviated
from harness.wire.channel import look_alikes
from harness.wire.odd_ids import OddId
from harness.wire.template import Json, fill
from harness.wire.token import Token, make_token

STEP_TIMEOUT_S = 60.0
MORE_AT_ONCE_S = 10.0
"""Eight tabs of Firefox on a machine with much else to do take minutes to open."""


class World(Protocol):
    """Carries out steps on one target and records what its observers see."""

    recorder: Recorder

    async def perform(self, step: Step) -> str | None:
        """Carry out one step; return a note when it made no sense here and was left out."""

    async def finish(self) -> None:
        """Settle a last time and close everything; called once, also after a failure."""


class Recorder:
    """The history being written, its clock, the tokens, and the model that follows along.

    `clock` gives seconds and never goes back.
    """

    def __init__(self, target: Target, *, world: str, plan: str, clock: Callable[[], float], seed: str = "") -> None:
        self.target = target
        self.history = History()
        self.model = Model(promises=target.promises)
        self._clock = clock
        self._start = clock()
        self._mark = secrets.token_hex(4)
        self._count = 0
        self.history.on_event.append(self.model.apply)
        users = {name: str(user.id) for name, user in target.users.items()}
        self.record(
            RunStarted(
                at_s=0.0,
                plan=plan,
                world=world,
                target=target.name,
                users=users,
                seed=seed,
                offers=tuple(name for name in NEEDS if offers(target, name)),
            )
        )

    def now(self) -> float:
        """Seconds since the history began."""
        return self._clock() - self._start

    def record(self, event: AnyEvent) -> None:
        self.history.record(event)

    def token(self) -> Token:
        """Return a token that no other message of any run has."""
        self._count += 1
        return make_token(self._mark, self._count)

    def is_online(self, user: str) -> bool:
        """Tell whether a connection that may be this user's is open."""
        model = self.model
        return any(
            not connection.over_by(model.now.index)
            and user in model.browser(connection.browser).users(model.now, model.now)
            for connection in model.connections.values()
        )

    def user_name(self, role: str) -> str:
        """Return the target's user that a plan's `role` stands for.

        Raises:
            CapabilityMissing: the target has too few ordinary users.
        """
        ordinary = self.target.ordinary_users
        if role in ROLES:
            number = ROLES.index(role)
            if number < len(ordinary):
                return ordinary[number]
        elif role in self.target.users:
            return role
        elif role == PUBLISHER and self.target.publisher is not None:
            return self.target.publisher
        raise CapabilityMissing(
            f"the plan needs a user for {role!r}",
            where=f"[users] has {len(ordinary)} ordinary users",
            todo="declare one more user in the target file",
        )


async def publish(
    recorder: Recorder,
    control: Control,
    *,
    to: str | None = None,
    to_id: int | str | None = None,
    to_odd: OddId | None = None,
    text: str = "",
    by: Session | None = None,
    by_browser: str | None = None,
) -> Token:
    """Have the target publish one message and record it.

    A broadcast, or a private message `to` a user, raw `to_id`, or what is none (`to_odd`).
    """
    target = recorder.target
    token = recorder.token()
    words = f"{token} {text}" if text else str(token)
    private = to is not None or to_id is not None or to_odd is not None
    if to is not None:
        to_id = target.users[to].id
    action = target.send_to_user if private else target.broadcast
    expected = abbreviated(fill(action.receive, {"text": words, "data": "{data}"}))
    recorder.record(
        PublishStarted(
            at_s=recorder.now(),
            token=token,
            kind="private" if private else "broadcast",
            channel=action.channel,
            expected=expected,
            to_user=to,
            to_id=to_odd.name if to_odd is not None else None if to_id is None else str(to_id),
            may_be=None if to_odd is None else _whose(target, to_odd),
            by=by_browser,
            instance=control.instance,
        )
    )
    answer: Answer | None = None
    try:
        if to_odd is not None:
            answer = await control.send_to_odd(to_odd, words)
        else:
            answer = await (control.broadcast(words, by=by) if to_id is None else control.send_to_user(to_id, words))
    finally:
        status = answer.status if answer is not None else 0
        recorder.record(
            PublishFinished(at_s=recorder.now(), token=token, accepted=answer is not None and answer.ok, status=status)
        )
    if not answer.ok and (not private or (to is not None and recorder.is_online(to))):
        raise ControlFailed(
            f"the request to publish was answered with {answer.status}",
            where=answer.url,
            todo="check the target file with: onesocket doctor",
        )
    return token


def _whose(target: Target, odd: OddId) -> str | None:
    return next((name for name, user in target.users.items() if str(user.id) in odd.reads), None)


def ids_like(target: Target, user: str) -> list[str]:
    """Return ids that resemble the user's and belong to nobody."""
    taken = frozenset(str(each.id) for each in target.users.values())
    return look_alikes(target.users[user].id, taken=taken)


def typed_id(target: Target, text: str) -> int | str:
    """Return an id of the kind that the target's users have: a number where theirs are numbers."""
    numeric = all(isinstance(each.id, int) for each in target.users.values())
    return int(text) if numeric and text.isdigit() else text


async def run_plan(plan: Plan, world: World) -> History:
    """Carry out `plan` in `world` and return its history, complete also when a step fails or the run is cancelled.

    Raises:
        TargetError: the target became unusable; the history up to there is in `world.recorder.history`.
    """
    recorder = world.recorder
    outcome, note = "interrupted", ""
    try:
        for index, step in enumerate(plan.steps):
            await run_step(index, step, world)
        await world.finish()
        outcome = "done"
    except TargetError as error:
        outcome, note = "target lost", str(error)
        raise
    finally:
        with anyio.CancelScope(shield=True):
            if outcome != "done":
                with contextlib.suppress(OnesocketError), anyio.move_on_after(5.0):
                    await world.finish()
            recorder.record(RunEnded(at_s=recorder.now(), outcome=outcome, note=note))
    return recorder.history


async def run_step(index: int, step: Step, world: World) -> None:
    """Carry out one step, recorded, with a deadline."""
    recorder = world.recorder
    recorder.record(StepStarted(at_s=recorder.now(), index=index, step=str(step)))
    outcome, note = "failed", ""
    timeout_s = STEP_TIMEOUT_S + (MORE_AT_ONCE_S * len(step.steps) if isinstance(step, AtOnce) else 0)
    try:
        with anyio.fail_after(timeout_s):
            note = await world.perform(step) or ""
        outcome = "skipped" if note else "done"
    except TimeoutError as error:
        note = f"not done after {timeout_s:g} s"
        raise HarnessError(
            f"a step hangs: {step}", where=recorder.target.name, todo="report this with the history"
        ) from error
    finally:
        recorder.record(StepFinished(at_s=recorder.now(), index=index, outcome=outcome, note=note))


def recordable(data: Json) -> Json:
    """Return `data` fit for a history line.

    Lone surrogates, which JSON text may escape and UTF-8 cannot say, as escapes.
    """
    if isinstance(data, str):
        return data.encode("utf-8", "backslashreplace").decode()
    if isinstance(data, list):
        return [recordable(each) for each in data]
    if isinstance(data, dict):
        return {str(recordable(key)): recordable(each) for key, each in data.items()}
    return data

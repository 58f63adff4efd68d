"""Another application on the same broker: it publishes, and what arrives where it belongs is recorded for ours."""

from __future__ import annotations

import anyio

from harness.errors import OnesocketError
from harness.history import ElsewherePublished
from harness.plan import ROLES
from harness.targets.control import Control
from harness.targets.process import RunningTarget
from harness.worlds.wire_clients import WireClients
from harness.worlds.world import Recorder, publish


async def publish_elsewhere(ours: WireClients, other: RunningTarget) -> None:
    """Have the other application broadcast, and send to its first user, whose id one of ours has too.

    A connection there shows that it did; its own history is not kept.
    """
    recorder = Recorder(ours.target, world="wire", plan="another application", clock=ours.recorder.now)
    control = Control(ours.target, base_url=other.url)
    error: OnesocketError | None = None
    async with anyio.create_task_group() as tasks:
        theirs = WireClients(other, recorder=recorder, control=control, patience_s=ours.patience_s, tasks=tasks)
        try:
            browser, user = theirs.browser("a"), recorder.user_name(ROLES[0])
            await theirs.change_user(browser, user)
            peer = await theirs.open(browser, 1)
            for kind, to in (("broadcast", None), ("private", user)):
                token = await publish(recorder, control, to=to)
                arrived = await theirs.until(
                    lambda: bool(recorder.model.delivered(peer.id, token)),  # noqa: B023 # used up in this turn
                    timeout_s=ours.patience_s,
                )
                ours.recorder.record(
                    ElsewherePublished(at_s=ours.recorder.now(), token=token, kind=kind, arrived=arrived)
                )
        except OnesocketError as caught:
            error = caught  # out of a task group it would come wrapped in one
        finally:
            with anyio.CancelScope(shield=True), anyio.move_on_after(5.0):
                await theirs.aclose()
                await control.aclose()
            tasks.cancel_scope.cancel()
    if error is not None:
        raise error

"""Trials on frames, on the reference and on servers that break one rule: what was seen is in the history, in time."""

from __future__ import annotations

import asyncio  # noqa: TID251 # uvicorn's protocol classes are of its type
from pathlib import Path

import msgspec
import pytest

from harness.history import FramesEnded, FramesSending, History, StepFinished
from harness.plan import BrowserId, EchoBytes, EchoInPieces, FrameStep, Ping, Plan, SendFrames, SignIn, Tab
from harness.reference.hub import Hub
from harness.reference.serve import serving
from harness.reference.settings import Settings
from harness.targets.control import Control
from harness.targets.file import Target, load_target
from harness.targets.process import RunningTarget
from harness.trials import reference_file
from harness.wire.deviations import DEVIATIONS
from harness.worlds.wire import WireWorld
from harness.worlds.world import Recorder, run_plan
from tests.faulty.lenient_frames import AcceptsUnmasked, ReadsOneAtATime
from tests.faulty.loose_sockets import NeverPongs

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
A = Tab(BrowserId("a"))


def frames(what: str) -> SendFrames:
    assert what in DEVIATIONS
    return SendFrames(A, what)


async def history_of(
    *steps: FrameStep | SignIn,
    protocol: type[asyncio.Protocol] | None = None,
    hub: Hub | None = None,
    deflate: bool = False,
    max_message_bytes: int = 1_048_576,
    delivery_s: float = 0.3,
    in_vain: tuple[str, ...] = (),
) -> History:
    """Carry steps out on a reference inside this loop, with little patience."""
    target = load_target(reference_file())
    capabilities = msgspec.structs.replace(target.capabilities, instances=())
    promises = msgspec.structs.replace(target.promises, delivery_s=delivery_s, max_message_bytes=max_message_bytes)
    async with serving(Settings(deflate=deflate), protocol=protocol, hub=hub) as url:
        target = msgspec.structs.replace(
            target, url=url, start=(), broker=None, capabilities=capabilities, promises=promises
        )
        live = RunningTarget(target, folder=Path())
        await live.start()
        return await _carried_out(live, target, Plan("frames", steps), in_vain)


async def _carried_out(live: RunningTarget, target: Target, plan: Plan, in_vain: tuple[str, ...]) -> History:
    recorder = Recorder(target, world="wire", plan=plan.name, clock=asyncio.get_running_loop().time)
    control = Control(target, base_url=live.url)
    try:
        async with WireWorld(live, recorder=recorder, control=control, in_vain=in_vain) as world:
            return await run_plan(plan, world)
    finally:
        await control.aclose()


def endings(history: History) -> list[FramesEnded]:
    return [event for event in history if isinstance(event, FramesEnded)]


def notes(history: History) -> list[str]:
    return [event.note for event in history if isinstance(event, StepFinished)]


async def test_a_right_server_ends_answers_and_goes_on_as_it_is_asked() -> None:
    history = await history_of(
        frames("a text without a mask"),
        EchoInPieces(A, (1, 0, 40), 3, pings=True, text="two € words"),
        EchoBytes(A, b"\xff"),
        EchoBytes(A, b"\xe2\x82", (9,), at_end=True),
        Ping(A, b"\x00\xff"),
        frames("a close without a code"),
        frames("an empty binary message"),
        frames("a message above the limit"),
        frames("half a message of the largest size"),
        SignIn(A, "ada"),
        frames("a pong that nobody asked for"),
    )
    assert notes(history) == [""] * 11
    found = endings(history)
    assert [event.others for event in found] == ["answered"] * 10
    assert [event.tcp == "open" for event in found] == [False, True, False, False, True, False, True, False, True, True]
    assert [event.goes_on for event in found] == [
        False, True, False, False, True, False, True, False, False, True,
    ]  # fmt: skip


async def test_what_is_not_answered_is_waited_for_once() -> None:
    history = await history_of(
        frames("an empty ping"), frames("a ping of 1 byte"), frames("a text without a mask"), protocol=NeverPongs
    )
    pings = [event for event in history if isinstance(event, FramesSending) and event.requirement == "FR-3"]
    assert [event.allowed_s for event in pings] == [1.0, 1.0]
    assert [event.waited_s > 0.9 for event in endings(history)] == [True, True, False]


async def test_what_did_not_come_in_an_earlier_trial_is_not_waited_for_long_again() -> None:
    steps = (frames("an empty ping"), frames("a text with RSV1"))
    history = await history_of(*steps, delivery_s=3.0, in_vain=("FR-2",))
    tried = [(event.requirement, event.allowed_s) for event in history if isinstance(event, FramesSending)]
    assert tried == [("FR-3", 3.0), ("FR-2", 1.0)]


async def test_a_connection_that_is_kept_open_is_seen_to_be() -> None:
    (ended,) = endings(await history_of(frames("a ping without a mask"), protocol=AcceptsUnmasked))
    assert ended.tcp == "open"


async def test_others_that_suffer_are_noticed() -> None:
    history = await history_of(frames("half a message of the largest size"), protocol=ReadsOneAtATime)
    (ended,) = endings(history)
    assert (ended.others, ended.newcomer) == ("silent", "silent")


async def test_compression_is_tried_where_the_server_takes_the_offer() -> None:
    compressed = frames("a compressed message")
    assert notes(await history_of(compressed)) == ["the server did not take the offer of compression"]
    (ended,) = endings(await history_of(compressed, deflate=True))
    assert ended.goes_on


async def test_what_cannot_be_tried_is_left_out_with_a_reason() -> None:
    large = frames("a message above the limit")
    assert notes(await history_of(large, EchoBytes(A, b"ok"), max_message_bytes=1 << 30)) == [
        "a limit of 1073741824 bytes is too large to be tried",
        "these bytes are UTF-8",
    ]


class Deaf(Hub):
    """Handles nothing at all."""

    def handles(self, channel: str) -> bool:
        return False


async def test_a_server_that_answers_no_echo_is_left_alone() -> None:
    history = await history_of(frames("a text without a mask"), frames("opcode 3"), hub=Deaf())
    assert notes(history) == ["no connection answers an echo", "no connection answered an echo before"]
    assert endings(history) == []

"""Plans of several instances: on those that onesocket starts, on those that run already, and where there are none."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from harness.errors import CapabilityMissing
from harness.history import BrokerReturned, ElsewherePublished, GarbagePublished, StepFinished
from harness.plan import Plan, load_plans, parse_step
from harness.suites import suite_dir
from harness.targets.file import Broker, Target, load_target
from harness.targets.process import RunningTarget
from harness.targets.surroundings import Surroundings
from harness.trials import reference_file
from harness.wire.token import make_token
from harness.worlds.laboratory import Laboratory, Trial
from harness.worlds.wire_instances import garbage

needs_redis = pytest.mark.skipif(shutil.which("redis-server") is None, reason="no redis-server on PATH")
PLANS = {plan.name: plan for plan in load_plans(suite_dir("scenarios") / "instances.toml")}


def reference(*, instances: int | tuple[str, ...], broker: Broker | None) -> Target:
    target = load_target(reference_file())
    capabilities = msgspec.structs.replace(target.capabilities, instances=instances)
    return msgspec.structs.replace(target, capabilities=capabilities, broker=broker)


def notes(trial: Trial) -> list[str]:
    return [event.note for event in trial.history if isinstance(event, StepFinished) and event.note]


@contextmanager
def two_that_run() -> Iterator[tuple[Target, str, str]]:
    """Two instances of the reference that somebody else started, on a Redis of theirs: its url, and the instances'."""
    target = load_target(reference_file())
    assert target.broker is not None
    surroundings = Surroundings(target)
    start = (*target.start, *target.broker.arguments)
    members = [
        RunningTarget(
            msgspec.structs.replace(target, start=start), folder=Path.cwd(), values=surroundings.values(instance=number)
        )
        for number in (1, 2)
    ]

    def each(portal: BlockingPortal, name: str) -> None:
        for one in (surroundings, *members):
            portal.call(getattr(one, name))

    with start_blocking_portal("asyncio") as portal:
        try:
            each(portal, "start")
            broker = Broker(url=surroundings.broker_url)
            theirs = reference(instances=(members[1].url,), broker=broker)
            yield msgspec.structs.replace(theirs, url=members[0].url, start=()), members[0].url, members[1].url
        finally:
            each(portal, "stop")


@needs_redis
@pytest.mark.redis
@pytest.mark.slow
def test_instances_that_run_already_are_put_to_all_that_does_not_stop_their_broker() -> None:
    with two_that_run() as (target, _, _), Laboratory(target, Path.cwd()) as laboratory:
        trials = {name: laboratory.run(plan, world="wire") for name, plan in PLANS.items()}
    assert {name for name, trial in trials.items() if isinstance(trial.error, CapabilityMissing)} == {
        "the_broker_goes_and_returns",
        "two_applications_on_one_broker",
    }
    held: set[str] = set()
    for trial in trials.values():
        assert trial.judgement.findings == ()
        held |= set(trial.judgement.held)
    assert {"MI-1", "MI-2", "MI-3", "MI-5"} <= held


@needs_redis
@pytest.mark.redis
@pytest.mark.slow
def test_another_right_implementation_holds_what_it_is_put_to() -> None:
    folder = Path(__file__).parent / "plover"
    with Laboratory(load_target(folder / "target.toml"), folder) as laboratory:
        trials = [laboratory.run(plan, world="wire") for name, plan in PLANS.items() if "revocation" not in name]
    assert [(trial.plan.name, trial.judgement.findings, trial.error) for trial in trials] == [
        (trial.plan.name, (), None) for trial in trials
    ]
    held = {name for trial in trials for name in trial.judgement.held}
    assert {"MI-1", "MI-2", "MI-3", "MI-4", "MI-5"} <= held


@needs_redis
@pytest.mark.redis
@pytest.mark.slow
def test_steps_that_make_no_sense_say_why() -> None:
    sentences = (
        "start the broker",
        "open a on instance 2",
        "stop the broker",
        "stop the broker",
        "publish garbage on the broker",
        "open b on instance 1",
        "broadcast on instance 1",
        "start the broker",
        "open a on instance 1",
        "open c on instance 3",
        "publish in another application",
        "publish garbage on the broker",
    )
    plan = Plan("p", tuple(parse_step(each) for each in sentences))
    with Laboratory(load_target(reference_file()), Path.cwd()) as laboratory:
        trial = laboratory.run(plan, world="wire")
    assert trial.error is None
    assert notes(trial) == [
        "it runs",
        "it is stopped already",
        "the broker is stopped",
        "its connection is open already",
    ]
    events = list(trial.history)
    assert [each.crossed for each in events if isinstance(each, BrokerReturned)] == [True]
    assert [(each.kind, each.arrived) for each in events if isinstance(each, ElsewherePublished)] == [
        ("broadcast", True),
        ("private", True),
    ]
    assert [each.heard > 0 and each.crossed for each in events if isinstance(each, GarbagePublished)] == [True]


@pytest.mark.slow
def test_instances_without_anything_between_them_are_found_out_and_left_alone() -> None:
    target = reference(instances=2, broker=None)
    promises = msgspec.structs.replace(target.promises, delivery_s=0.3)
    with Laboratory(msgspec.structs.replace(target, promises=promises), Path.cwd()) as laboratory:
        trial = laboratory.run(PLANS["a_broadcast_reaches_every_instance"], world="wire")
        lacking = laboratory.run(PLANS["the_broker_goes_and_returns"], world="wire")
    assert {each.requirement for each in trial.judgement.findings} == {"MI-1"}
    assert isinstance(lacking.error, CapabilityMissing)
    assert "[broker] url" in lacking.error.what


def test_garbage_is_nothing_that_an_application_would_say() -> None:
    tokens = [make_token("0000cafe", number) for number in range(4)]
    payloads = garbage(tokens)
    assert all(any(token.encode() in payload for payload in payloads) for token in tokens)
    assert any(payload == b"null" for payload in payloads)
    for payload in payloads:
        try:
            value = json.loads(payload)
        except ValueError:
            continue
        assert not isinstance(value, dict) or set(value) <= {"onesocket_foreign"}

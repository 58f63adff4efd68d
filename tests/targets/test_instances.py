"""Instances are started when they are asked for, share what they are told to share, and leave nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx
import msgspec
import pytest
from redis.asyncio import Redis

from harness.errors import CapabilityMissing, TargetNotReady
from harness.targets.broker_traffic import channels_heard, put
from harness.targets.control import Session
from harness.targets.file import Broker, Capabilities, Target, parse_target
from harness.targets.instances import Instances
from harness.targets.process import RunningTarget, running
from harness.targets.surroundings import Surroundings, broker_command, missing_programs, surroundings_of
from harness.wire.template import Json

SERVER = """
import http.server, json, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps([sys.argv[2:], os.environ.get("BUS", "")]).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
needs_redis = pytest.mark.skipif(shutil.which("redis-server") is None, reason="no redis-server on PATH")
ACTION: dict[str, Json] = {"path": "/x", "json": {"text": "{text}"}, "channel": "c", "receive": {"text": "{text}"}}
TARGET = parse_target(
    {
        "name": "t",
        "url": "http://127.0.0.1:{port}",
        "start": ["{python}", "-c", SERVER, "{port}"],
        "users": {"ada": {"id": 1}, "bob": {"id": 2}},
        "sign_in": {"path": "/in"},
        "sign_out": {"path": "/out"},
        "echo": {"channel": "e", "send": {"text": "{text}"}, "receive": {"text": "{text}"}},
        "broadcast": ACTION,
        "send_to_user": ACTION,
        "capabilities": {"instances": 2},
    },
    where="here",
)
NO_BROKER = Broker(url="redis://127.0.0.1:9/0", arguments=("{instance}", "{app}", "{scratch}"), env={"BUS": "{app}-x"})
OURS = Broker(url="redis://127.0.0.1:{broker_port}/0", arguments=("{broker_url}",))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def started(target: Target) -> AsyncIterator[Instances]:
    instances = Instances(target, folder=Path.cwd(), main=RunningTarget(target, folder=Path.cwd()))
    try:
        await instances.start()
        yield instances
    finally:
        await instances.stop()


def ended(instances: Instances) -> int | None:
    return instances.ended


def runs(surroundings: Surroundings) -> bool:
    return surroundings.broker_runs


async def told(member: RunningTarget) -> tuple[list[str], str]:
    """The arguments after the port that a process was started with, and what it finds in its environment."""
    async with httpx.AsyncClient(trust_env=False) as client:
        arguments, bus = (await client.get(member.url)).json()
    return arguments, bus


@pytest.mark.anyio
@pytest.mark.slow
async def test_each_instance_has_its_number_and_all_of_one_application_their_folder() -> None:
    async with started(msgspec.structs.replace(TARGET, broker=NO_BROKER)) as instances:
        first, second = await told(instances.member(1)), await told(instances.member(2))
        assert (first[0][:2], second[0][:2]) == (["1", "onesocket-one"], ["2", "onesocket-one"])
        assert first[0][2] == second[0][2]
        assert first[1] == second[1] == "onesocket-one-x"
        other = await told(await instances.other_application())
        assert other[0][:2] == ["1", "onesocket-two"]
        assert other[0][2] != first[0][2]
        assert (await instances.other_application()).pid == (await instances.other_application()).pid
        assert await anyio.Path(first[0][2]).is_dir()
        assert instances.member(3) is instances.member(1)


@pytest.mark.anyio
@pytest.mark.slow
async def test_an_instance_that_has_ended_is_told_and_all_begin_anew() -> None:
    async with started(TARGET) as instances:
        pids = [instances.member(number).pid for number in instances.numbers]
        await instances.start()
        assert [instances.member(number).pid for number in instances.numbers] == pids
        assert ended(instances) is None
        os.kill(pids[1] or 0, signal.SIGKILL)
        with anyio.fail_after(5):
            while ended(instances) != 2:
                await anyio.lowlevel.checkpoint()
        await instances.start()
        assert ended(instances) is None
        assert instances.member(1).pid not in pids
        pid = instances.member(1).pid
        instances.spoil()
        await instances.start()
        assert instances.member(1).pid != pid


@pytest.mark.anyio
@pytest.mark.slow
async def test_instances_that_run_already_are_reached_and_never_stopped() -> None:
    async with running(TARGET, folder=Path.cwd()) as main, running(TARGET, folder=Path.cwd()) as other:
        target = msgspec.structs.replace(TARGET, capabilities=Capabilities(instances=(other.url,)))
        instances = Instances(target, folder=Path.cwd(), main=main)
        await instances.start()
        assert [instances.member(number).url for number in instances.numbers] == [main.url, other.url]
        await instances.stop()
        assert main.pid is not None
        assert other.pid is not None
        assert instances.ended is None


@pytest.mark.anyio
@pytest.mark.slow
async def test_an_instance_that_cannot_start_is_told_as_any_target() -> None:
    with pytest.raises(TargetNotReady):
        async with started(msgspec.structs.replace(TARGET, start=("{python}", "-c", "", "{port}"))):
            pass


@needs_redis
@pytest.mark.redis
@pytest.mark.anyio
@pytest.mark.slow
async def test_a_broker_of_ours_keeps_its_port_and_what_is_in_it() -> None:
    surroundings = Surroundings(msgspec.structs.replace(TARGET, broker=OURS))
    assert not runs(surroundings)
    try:
        await surroundings.start()
        assert runs(surroundings)
        async with Redis.from_url(surroundings.broker_url) as redis:
            await redis.set("session", "ada")
        await surroundings.stop()
        assert not runs(surroundings)
        await surroundings.start()
        await surroundings.start()
        async with Redis.from_url(surroundings.broker_url) as redis:
            assert await redis.get("session") == b"ada"
    finally:
        await surroundings.stop()


@needs_redis
@pytest.mark.redis
@pytest.mark.anyio
@pytest.mark.slow
async def test_a_broker_that_was_left_stopped_is_there_again_for_the_next_plan() -> None:
    async with started(msgspec.structs.replace(TARGET, broker=OURS)) as instances:
        assert (await told(instances.member(1)))[0] == [instances.broker_url]
        pid = instances.member(1).pid
        await instances.stop_broker()
        await instances.start_broker()
        assert instances.member(1).pid == pid
        await instances.stop_broker()
        await instances.start()
        assert instances.member(1).pid != pid


@needs_redis
@pytest.mark.redis
@pytest.mark.anyio
@pytest.mark.slow
async def test_a_target_that_names_the_broker_itself_has_one_of_its_own() -> None:
    target = msgspec.structs.replace(TARGET, broker=OURS, start=(*TARGET.start, "{broker_url}"))
    async with running(target, folder=Path.cwd()) as live:
        (url,), _ = await told(live)
        async with Redis.from_url(url) as redis:
            assert await redis.ping()
        await live.restart(kill=True)
        assert (await told(live))[0] == [url]


@needs_redis
@pytest.mark.redis
@pytest.mark.anyio
@pytest.mark.slow
async def test_messages_are_put_where_somebody_listens_also_by_a_pattern() -> None:
    surroundings = Surroundings(msgspec.structs.replace(TARGET, broker=OURS))
    try:
        await surroundings.start()
        url = surroundings.broker_url
        async with Redis.from_url(url) as redis, redis.pubsub() as named, redis.pubsub() as any_of:
            await named.subscribe("app:all")
            await any_of.psubscribe("app:user:*")

            async def talk() -> None:
                await redis.publish("app:user:7", "hello")

            assert await channels_heard(url, during=talk, idle_too=False) == [b"app:user:7"]
            channels = await channels_heard(url, during=talk, idle_too=True)
            assert channels == [b"app:user:7", b"app:all"]
            assert await put(url, [b"", b"\xff"], on=channels) == 4
            assert await put(url, [b"x"], on=[b"nobody:here"]) == 0
    finally:
        await surroundings.stop()


@pytest.mark.anyio
async def test_a_broker_without_its_program_is_a_capability_that_is_missing() -> None:
    broker = Broker(url="nats://127.0.0.1:{broker_port}", start=("no-such-broker", "{broker_port}"))
    with pytest.raises(CapabilityMissing, match="no no-such-broker on PATH"):
        await Surroundings(msgspec.structs.replace(TARGET, broker=broker)).start()


@pytest.mark.anyio
@pytest.mark.slow
async def test_a_broker_that_ends_at_once_is_told() -> None:
    broker = Broker(url="nats://127.0.0.1:{broker_port}", start=("{python}", "-c", ""))
    with pytest.raises(TargetNotReady, match="the broker does not listen"):
        await Surroundings(msgspec.structs.replace(TARGET, broker=broker)).start()


@pytest.mark.anyio
async def test_a_session_elsewhere_has_the_same_cookies() -> None:
    async with Session(TARGET, base_url="http://127.0.0.1:1") as here:
        here.adopt({"sid": "x"})
        async with here.elsewhere("http://127.0.0.1:2") as there:
            assert there.cookie_header == "sid=x"
            there.adopt({"sid": "y"})
            assert here.cookie_header == "sid=y"


def test_a_target_without_placeholders_has_no_surroundings() -> None:
    assert surroundings_of(TARGET) is None
    assert surroundings_of(msgspec.structs.replace(TARGET, env={"X": "{scratch}"})) is not None
    assert Surroundings(TARGET).broker_url == ""


def test_where_the_brokers_program_is_missing_nothing_of_several_instances_can_be_tried() -> None:
    missing = msgspec.structs.replace(OURS, start=("no-such-broker",))
    lacks = missing_programs(msgspec.structs.replace(TARGET, broker=missing))
    assert set(lacks) == {"MI-1", "MI-2", "MI-3", "MI-4", "MI-5"}
    assert "no no-such-broker on PATH" in lacks["MI-2"]


@pytest.mark.parametrize(
    "target",
    [
        TARGET,
        msgspec.structs.replace(TARGET, broker=NO_BROKER),
        msgspec.structs.replace(TARGET, broker=OURS, capabilities=Capabilities()),
        msgspec.structs.replace(TARGET, broker=msgspec.structs.replace(OURS, start=("{python}",))),
    ],
)
def test_where_no_program_is_needed_or_it_is_there_nothing_is_missing(target: Target) -> None:
    assert missing_programs(target) == {}


def test_the_command_of_a_broker_names_its_port_and_folder() -> None:
    command = broker_command(OURS, port=7001, folder=Path("/data"))
    assert command[:3] == ["redis-server", "--port", "7001"]
    assert "/data" in command

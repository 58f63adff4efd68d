"""Instances and their broker, as a target file declares them: what does not fit together is named."""

from __future__ import annotations

import copy

import pytest

from harness.errors import TargetFileError
from harness.targets.capability import offers
from harness.targets.file import Target, parse_target
from harness.wire.template import Json
from tests.targets.test_instances import TARGET

PUBLISH: Json = {"path": "/x", "json": {"text": "{text}"}, "channel": "c", "receive": {"text": "{text}"}}
MINE: dict[str, Json] = {
    "name": "t",
    "url": "http://127.0.0.1:{port}",
    "start": ["serve", "{port}"],
    "users": {"ada": {"id": 1}, "bob": {"id": 2}},
    "sign_in": {"path": "/in"},
    "sign_out": {"path": "/out"},
    "echo": {"channel": "e", "send": {"text": "{text}"}, "receive": {"text": "{text}"}},
    "broadcast": PUBLISH,
    "send_to_user": PUBLISH,
}
REDIS = "redis://127.0.0.1:{broker_port}/0"


def parsed(**changes: Json) -> Target:
    return parse_target({**copy.deepcopy(MINE), **changes}, where="my.toml")


def test_instances_are_a_number_or_the_urls_of_others() -> None:
    assert parsed(capabilities={"instances": 2}).capabilities.instances == 2
    others = parsed(capabilities={"instances": ["http://127.0.0.1:81"]}, start=[])
    assert others.capabilities.instances == ("http://127.0.0.1:81",)


@pytest.mark.parametrize(
    ("changes", "what", "where"),
    [
        ({"capabilities": {"instances": 1}}, "two or more", "[capabilities] instances = 1"),
        ({"capabilities": {"instances": 2}, "start": []}, "a port each", "[capabilities] instances = 2"),
        ({"capabilities": {"instances": 2}, "start": ["serve"]}, "a port each", "[capabilities] instances = 2"),
        ({"capabilities": {"instances": ["127.0.0.1:81"]}}, "not http", "[capabilities] instances: '127.0.0.1:81'"),
        ({"broker": {"url": REDIS, "apps": ["a", "a"]}}, "the same name", "[broker] apps"),
        ({"start": ["serve", "{port}", "{broker_url}"]}, "no broker is declared", "{broker_url}"),
        ({"env": {"REDIS": "{broker_port}"}}, "no broker is declared", "{broker_port}"),
    ],
)
def test_what_does_not_fit_is_named(changes: dict[str, Json], what: str, where: str) -> None:
    with pytest.raises(TargetFileError, match=what) as caught:
        parsed(**changes)
    assert where in caught.value.where


def test_a_port_may_come_in_by_the_brokers_arguments() -> None:
    target = parsed(capabilities={"instances": 2}, start=["serve"], broker={"url": REDIS, "arguments": ["{port}"]})
    assert target.broker is not None
    assert target.broker.ours


@pytest.mark.parametrize(
    ("broker", "offered"),
    [
        (None, {"instances"}),
        ({"url": "redis://127.0.0.1:6379"}, {"instances", "broker_traffic"}),
        ({"url": REDIS}, {"instances", "broker", "broker_traffic"}),
        ({"url": "nats://127.0.0.1:{broker_port}"}, {"instances", "broker"}),
        ({"url": REDIS, "env": {"APP": "{app}"}}, {"instances", "broker", "broker_traffic", "apps"}),
    ],
)
def test_what_is_declared_says_what_can_be_tried(broker: Json, offered: set[str]) -> None:
    target = parsed(capabilities={"instances": 2}, **({"broker": broker} if broker else {}))
    assert {name for name in ("instances", "broker", "broker_traffic", "apps") if offers(target, name)} == offered


def test_instances_that_run_already_keep_their_broker_and_their_name() -> None:
    others: Json = {"instances": ["http://127.0.0.1:81"]}
    target = parsed(capabilities=others, broker={"url": REDIS, "arguments": ["{app}"]})
    assert not offers(target, "broker")
    assert not offers(target, "apps")


def test_a_target_without_instances_offers_none() -> None:
    assert not offers(parsed(), "instances")
    assert offers(TARGET, "instances")

"""What a target file offers beyond the core, and what it thereby promises."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from harness.errors import TargetFileError
from harness.requirement import requirements
from harness.targets.capability import (
    NEEDS,
    Expiry,
    declared,
    expiry_of,
    key_of,
    lack,
    lacking,
    offers,
)
from harness.targets.file import Action, Target, parse_target
from tests.targets.test_file import RIGHT

SEVERAL: dict[str, Any] = {"capabilities": {"instances": 2}, "start": ["serve", "{port}"]}
SAID: dict[str, dict[str, Any]] = {
    "handshake_s": {"promises": {"handshake_s": 3.0}},
    "half_open_s": {"promises": {"half_open_s": 30.0}},
    "notices": {"promises": {"half_open_s": 30.0, "meets": ["LC-6"]}},
    "slow_reader_s": {"promises": {"slow_reader_s": 10.0}},
    "flood": {"promises": {"flood_per_s": 100}},
    "max_connections": {"promises": {"max_connections": 10}},
    "revoke": {"capabilities": {"revoke": {"path": "/revoke/{user.id}"}}},
    "expiry": {"capabilities": {"expiry": {"ttl_s": 2}}},
    "rotate": {"capabilities": {"rotate": {"path": "/renew"}}},
    "whoami": {"capabilities": {"whoami": {"channel": "w", "receive": {"id": "{user.id}"}}}},
    "faulty": {"capabilities": {"faulty": {"channel": "f", "send": {}}}},
    "slow": {"capabilities": {"slow": {"channel": "s", "send": "{text}", "receive": "{text}"}}},
    "introspect": {"capabilities": {"introspect": {"path": "/numbers", "method": "GET"}}},
    "deflate": {"capabilities": {"deflate": True}},
    "no_history": {"capabilities": {"no_history": True}},
    "recovery": {"capabilities": {"recovery": True}},
    "instances": {"capabilities": {"instances": ["http://127.0.0.1:81"]}},
    "broker": {**SEVERAL, "broker": {"url": "nats://127.0.0.1:{broker_port}"}},
    "broker_traffic": {**SEVERAL, "broker": {"url": "redis://127.0.0.1:6379"}},
}


def target(**tables: Any) -> Target:
    return parse_target(copy.deepcopy(RIGHT) | tables, where="my.toml")


def test_every_need_of_the_catalogue_is_one_that_a_file_can_say() -> None:
    assert {each.needs for each in requirements().values() if each.needs} == set(SAID)
    assert set(SAID) <= set(NEEDS)


@pytest.mark.parametrize("name", NEEDS)
def test_what_is_not_declared_lacks_with_the_key_to_declare(name: str) -> None:
    assert not offers(target(), name)
    assert lack(target(), name) == f"the target file does not declare {key_of(name)}"
    needing = {each.id for each in requirements().values() if each.needs == name}
    assert needing <= set(lacking(target()))
    assert needing.isdisjoint(declared(target()))


@pytest.mark.parametrize("name", list(SAID))
def test_what_is_declared_is_offered_and_promised(name: str) -> None:
    offering = target(**SAID[name])
    assert offers(offering, name)
    assert lack(offering, name) == ""
    needing = {each.id for each in requirements().values() if each.needs == name}
    besides = {"broker": "instances", "broker_traffic": "instances", "notices": "half_open_s"}.get(name, "nothing")
    more = {each.id for each in requirements().values() if each.needs == besides}
    assert declared(offering) == needing | more
    assert needing.isdisjoint(lacking(offering))


def test_good_practice_is_promised_by_name_or_as_a_whole() -> None:
    assert declared(target(promises={"meets": ["EN-4", "HS-6"]})) == {"EN-4", "HS-6"}
    every = declared(target(promises={"meets": ["ext"]}))
    assert every == {each.id for each in requirements().values() if each.set == "ext"}
    assert declared(target(promises={"meets": ["all"]})) == set(requirements())


def test_a_requirement_that_does_not_exist_cannot_be_promised() -> None:
    with pytest.raises(TargetFileError) as caught:
        target(promises={"meets": ["EN-44"]})
    assert caught.value.where == "my.toml: [promises] meets = ['EN-44']"
    assert caught.value.todo.startswith("did you mean 'EN-4'?")


@pytest.mark.parametrize("promise", [{"delivery_s": 0}, {"flood_per_s": -1}])
def test_a_promise_of_nothing_is_refused(promise: dict[str, float]) -> None:
    with pytest.raises(TargetFileError, match="more than nothing"):
        target(promises=promise)


@pytest.mark.parametrize("receive", [{"id": "me"}, {"id": "{user.id}", "name": "{user.name}"}])
def test_an_answer_that_does_not_say_who_or_more_than_that_is_refused(receive: dict[str, str]) -> None:
    with pytest.raises(TargetFileError, match="does not say who"):
        target(capabilities={"whoami": {"channel": "w", "receive": receive}})


def test_a_short_session_is_the_ordinary_one_or_that_of_a_sign_in_of_its_own() -> None:
    assert expiry_of(target()) is None
    assert expiry_of(target(capabilities={"expiry": {"ttl_s": 2}})) == Expiry(2.0)
    own = {"ttl_s": 1.5, "path": "/in", "form": {"user": "{login.user}"}}
    assert expiry_of(target(capabilities={"expiry": own})) == Expiry(
        1.5, Action(path="/in", form={"user": "{login.user}"})
    )


@pytest.mark.parametrize(
    "table", [{}, {"ttl_s": True}, {"ttl_s": "2"}, {"ttl_s": 0}, {"ttl_s": 2, "sign_in": "/x"}, {"seconds": 2}]
)
def test_an_expiry_of_another_shape_is_lacking_and_no_error(table: dict[str, Any]) -> None:
    strange = target(capabilities={"expiry": table})
    assert not offers(strange, "expiry")
    assert "a shape of its own" in lack(strange, "expiry")
    assert "ID-9" in lacking(strange)


@pytest.mark.parametrize("name", ["revoke", "rotate", "introspect", "expiry"])
def test_whom_a_capability_names_is_no_ordinary_user(name: str) -> None:
    users = {**RIGHT["users"], "chief": {"id": 9}}
    action = {"path": "/x", "as": "chief"} | ({"ttl_s": 2} if name == "expiry" else {})
    assert target(users=users, capabilities={name: action}).ordinary_users == ("ada", "bob")
    with pytest.raises(TargetFileError, match="no user is called 'chief'"):
        target(capabilities={name: action})

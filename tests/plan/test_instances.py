"""Any step of a person or a publisher can be put on an instance, and the plan says what it needs."""

from __future__ import annotations

import pytest

from harness.errors import PlanError
from harness.plan import Broadcast, OnInstance, Plan, SendToUser, parse_step


@pytest.mark.parametrize(
    "sentence",
    [
        "open a/1 on instance 2",
        "sign a/2 out keeping the socket on instance 1",
        "broadcast 3 times on instance 2",
        'broadcast with "a text on instance 1" on instance 2',
        "send_to_user ada 2 times on instance 3",
        "stop the broker",
        "start the broker",
        "publish garbage on the broker",
        "publish in another application",
    ],
)
def test_each_sentence_is_one_step(sentence: str) -> None:
    assert str(parse_step(sentence)) == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "stop the broker on instance 2",
        "open a/1 on instance 0",
        "fly a/1 on instance 2",
        "at once: broadcast; broadcast on instance 2",
        "broadcast on instance 1 on instance 2",
    ],
)
def test_what_cannot_be_put_on_an_instance_is_no_step(sentence: str) -> None:
    with pytest.raises(PlanError):
        parse_step(sentence)


def plan_of(*sentences: str) -> Plan:
    return Plan("p", tuple(parse_step(each) for each in sentences))


def test_a_plan_needs_what_its_steps_do() -> None:
    assert plan_of("open a").needs == frozenset()
    assert plan_of("open a/2 on instance 2").needs == {"instances", "tabs"}
    assert plan_of("broadcast on instance 2").needs == {"instances"}
    assert plan_of("stop the broker").needs == plan_of("start the broker").needs == {"instances", "broker"}
    assert plan_of("publish garbage on the broker").needs == {"instances", "broker_traffic"}
    assert plan_of("publish in another application").needs == {"instances", "apps"}


def test_a_step_on_an_instance_names_its_user_and_its_tab() -> None:
    assert plan_of("sign a in as bob on instance 2", "send_to_user ada on instance 1").users == ("ada", "bob")
    assert OnInstance(SendToUser("ada"), 2).tab is None
    assert OnInstance(Broadcast(), 2).user is None

"""Steps of odd messages say in one sentence what they do, and what they need."""

from __future__ import annotations

import pytest

from harness.errors import PlanError
from harness.plan import (
    BrowserId,
    ClaimIdentity,
    EchoBare,
    Forge,
    MakeThrow,
    Plan,
    PublishBare,
    SendOnStrangers,
    SendPoison,
    SendText,
    Step,
    Tab,
    parse_step,
)

A = Tab(BrowserId("a"), 2)


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (SendText(A, 'a "quoted"\n\x00 text'), 'send a/2 the text "a \\"quoted\\"\\n\\u0000 text"'),
        (SendText(A, ""), 'send a/2 the text ""'),
        (SendPoison(A, "malformed"), "send a/2 every malformed message"),
        (SendPoison(A, "hostile", 'a "name"'), 'send a/2 hostile "a \\"name\\""'),
        (SendOnStrangers(A), "send a/2 on channels that nobody knows"),
        (MakeThrow(A), "make a handler throw from a/2"),
        (Forge(A, "broadcast"), "forge a/2 a broadcast"),
        (Forge(A, "reply"), "forge a/2 a reply"),
        (Forge(A, "private", "ada"), "forge a/2 a private message to ada"),
        (ClaimIdentity(A, "ada", "headers"), "claim a/2 to be ada by headers"),
        (EchoBare(A), "echo a/2 bare texts"),
        (PublishBare(), "broadcast bare texts"),
        (PublishBare("ada"), "send_to_user ada bare texts"),
    ],
)
def test_a_step_has_one_sentence(step: Step, sentence: str) -> None:
    assert str(step) == sentence
    assert parse_step(sentence) == step


@pytest.mark.parametrize(
    "sentence",
    [
        "send a the text null",
        "send a every wrong message",
        'send a malformed ""',
        "forge a a message",
        "forge a a private message",
        "claim a to be ada by name",
        "make a handler throw",
    ],
)
def test_what_is_no_such_step_is_refused(sentence: str) -> None:
    with pytest.raises(PlanError):
        parse_step(sentence)


def test_a_plan_needs_the_users_and_the_channel_that_its_steps_speak_of() -> None:
    assert Plan("p", (ClaimIdentity(A, "bob", "query"), Forge(A, "private", "ada"))).users == ("ada", "bob")
    assert Plan("p", (MakeThrow(A), Forge(A, "broadcast"))).needs == {"faulty", "tabs"}

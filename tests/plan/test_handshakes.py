"""Steps of handshakes are said with names of the tables, and only with those."""

from __future__ import annotations

import pytest

from harness.errors import PlanError
from harness.plan import (
    BrowserId,
    Knock,
    KnockEvery,
    LeaveOutCookies,
    OpenForged,
    OpenLookAlike,
    OpenWithBoth,
    Step,
    Tab,
    parse_step,
)

A, H = BrowserId("a"), Tab(BrowserId("h"), 2)


@pytest.mark.parametrize(
    ("sentence", "step"),
    [
        ('knock as a with "no key"', Knock(A, "no key")),
        ('knock as a with "no Origin" 4 times', Knock(A, "no Origin", times=4)),
        ('knock as a with "plain" and the key "AA+/==" 2 times', Knock(A, "plain", times=2, key="AA+/==")),
        ("knock as a with every other-version handshake", KnockEvery(A, "other-version")),
        ('open h/2 from look-alike "own, then foreign"', OpenLookAlike(H, "own, then foreign")),
        ('open h/2 with cookies of a forged as "half of it"', OpenForged(H, A, "half of it")),
        ("open h/2 with the cookies of a and b", OpenWithBoth(H, A, BrowserId("b"))),
        ("open h/2 leaving out each cookie of a", LeaveOutCookies(H, A)),
    ],
)
def test_each_step_has_one_sentence(sentence: str, step: Step) -> None:
    assert parse_step(sentence) == step
    assert str(step) == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        'knock as a with "no such thing"',
        "knock as a with every odd handshake",
        'open h from look-alike "mirror"',
        'open h with cookies of a forged as "gold"',
    ],
)
def test_a_name_that_no_table_has_is_no_step(sentence: str) -> None:
    with pytest.raises(PlanError):
        parse_step(sentence)

"""BC-1, ISO-1, LC-5: who is ended by the server with no reason given is told, and nobody who might have given one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.checks.filing import classify
from harness.checks.finding import Finding, Outcome
from harness.checks.kept import MOST_OPEN, MOST_SENT
from tests.checks.paged import PageStory


def listening() -> PageStory:
    """A guest at g#1 and Ada at a#1, both ready."""
    return PageStory().sign_in("a", "ada").open("g", "a").broadcast().arrives("g#1", "a#1").settle()


def test_a_guest_whom_the_server_ends_for_no_reason_gets_no_broadcasts() -> None:
    (finding,) = listening().closed("g#1", code=1000).settle().judged().findings
    assert (finding.requirement, finding.kind, finding.observer) == ("BC-1", "ended", "g#1")
    assert "with 1000" in finding.seen


@pytest.mark.parametrize("code", [None, 4002])
def test_a_user_whom_the_server_ends_for_no_reason_gets_no_private_messages(code: int | None) -> None:
    (finding,) = listening().open("a").closed("a#1", code=code).settle().judged().findings
    assert (finding.requirement, finding.observer) == ("ISO-1", "a#1")
    assert ("without a close frame" in finding.seen) == (code is None)


@pytest.mark.parametrize("kind", ["cut off", "half-close"])
def test_the_living_that_are_ended_beside_the_dead_were_taken_for_dead(kind: str) -> None:
    story = listening().open("d").fault("d#1", kind)
    assert story.closed("g#1").settle().broken == ["LC-5"]


REASONS: dict[str, Callable[[], PageStory]] = {
    "it is ended by us": lambda: listening().closed("g#1", by="client"),
    "we began to end it": lambda: listening().closing("g#1").closed("g#1"),
    "the server goes away": lambda: listening().closed("g#1", code=1001),
    "it is against a policy": lambda: listening().closed("g#1", code=1008),
    "somebody signs in meanwhile": lambda: listening().sign_in("g", "bob", keep_socket=True).closed("g#1").settle(),
    "somebody else does": lambda: listening().sign_in("a", "bob", keep_socket=True).closed("g#1").closed("a#1"),
    "a message went to no channel": lambda: listening().stray("g#1").closed("g#1"),
    "its way was reset": lambda: listening().fault("g#1").closed("g#1"),
    "another's way was reset": lambda: listening().fault("a#1").closed("g#1"),
    "it was cut off": lambda: listening().fault("g#1", "cut off").closed("g#1"),
    "it came from a foreign page": lambda: listening().open("f", origin="http://evil.example").closed("f#1"),
    "it came with old cookies": lambda: listening().open("f", replayed=True).closed("f#1"),
    "it was not ready yet": lambda: listening().dial("f").upgrade("f#1").closed("f#1"),
    "our own machine was late": lambda: (story := listening()).lag(0.6, at_s=story.now_s).closed("g#1"),
    "its browser has many": lambda: listening().open(*["g"] * MOST_OPEN).closed("g#1"),
    "the target died": lambda: listening().restart().closed("g#1"),
    "it is a page's": lambda: listening().tab("p/1").open("p").closed("p#1"),
}


@pytest.mark.parametrize("story", REASONS.values(), ids=REASONS.keys())
def test_who_may_have_given_a_reason_may_be_ended(story: Callable[[], PageStory]) -> None:
    assert [each for each in story().judged().findings if each.kind == "ended"] == []


def test_who_says_much_may_be_ended() -> None:
    story = listening()
    for _ in range(MOST_SENT + 1):
        story.echo("g#1").arrives("g#1")
    assert [each for each in story.closed("g#1").judged().findings if each.kind == "ended"] == []


def test_who_is_kept_has_no_finding() -> None:
    assert listening().close("g").close("a").broken == []


def filed(*names: str) -> list[str]:
    kinds = {"ID-7": "closed", "ORD-3": "talked:ended"}
    outcomes = [
        Outcome(
            test=name, world="wire",
            findings=(Finding(requirement=name, check="kept", expected="e", seen="s", kind=kinds.get(name, "ended")),),
        )
        for name in names
    ]  # fmt: skip
    return [each.requirement for outcome in classify(outcomes) for each in outcome.findings]


def test_a_reply_that_did_not_come_beside_a_busy_handler_is_no_more_than_the_others_that_are_lost() -> None:
    for other in ("RT-7", "EN-1"):
        findings = (
            Finding(requirement="LIM-6", check="limits", expected="e", seen="s", kind="once:busy"),
            Finding(requirement=other, check="echo", expected="e", seen="s"),
        )
        (outcome,) = classify([Outcome(test="t", world="wire", findings=findings)])
        assert [each.requirement for each in outcome.findings] == [other, other]


def test_a_server_that_ends_whoever_it_likes_is_told_once() -> None:
    assert filed("ISO-1", "LC-5", "BC-1") == ["LC-5"] * 3
    assert filed("ISO-1", "BC-1") == ["BC-1"] * 2
    assert filed("ISO-1") == ["ISO-1"]
    assert filed("ID-7", "ISO-1", "ORD-3") == ["ISO-1"] * 3
    assert filed("ID-7", "ORD-3") == ["ID-7", "ORD-3"]

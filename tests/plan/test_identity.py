"""Steps of sessions over time: one sentence each, and what a target must offer for them."""

from __future__ import annotations

import pytest

from harness.plan import (
    AskWho,
    BrowserId,
    ChangeUserWhileOpening,
    Expire,
    OpenWithOldCookie,
    Plan,
    Revoke,
    Rotate,
    SendToNobody,
    SendToUser,
    SignIn,
    SignInForAWhile,
    Step,
    Tab,
    parse_step,
)

A, B = Tab(BrowserId("a")), Tab(BrowserId("b"), 2)
SENTENCES: dict[str, Step] = {
    "send_to_user somebody unknown": SendToNobody(),
    "open a/1 with its old cookie": OpenWithOldCookie(A),
    "sign a/1 in as ada while its handshake is held back": ChangeUserWhileOpening(A, "ada"),
    "sign b/2 out while its handshake is held back": ChangeUserWhileOpening(B, None),
    "sign a/1 in as bob 20 ms into its handshake": ChangeUserWhileOpening(A, "bob", 20),
    "sign a/1 out 0 ms into its handshake": ChangeUserWhileOpening(A, None, 0),
    "sign a/1 in as ada for a short while": SignInForAWhile(A, "ada"),
    "let the session of b/2 expire": Expire(B),
    "revoke ada": Revoke("ada"),
    "renew the session of a/1": Rotate(A),
    "ask b/2 who it is": AskWho(B),
}


@pytest.mark.parametrize(("sentence", "step"), SENTENCES.items(), ids=SENTENCES.keys())
def test_each_step_is_said_in_one_sentence_and_read_back(sentence: str, step: Step) -> None:
    assert parse_step(sentence) == step
    assert str(step) == sentence


def test_no_sentence_takes_another_ones_words_for_a_user() -> None:
    assert parse_step("sign a in as ada") == SignIn(A, "ada")
    assert parse_step("send_to_user somebody") == SendToUser("somebody")


@pytest.mark.parametrize(
    ("step", "needs"),
    [
        (SignInForAWhile(A, "ada"), {"expiry"}),
        (Expire(A), {"expiry"}),
        (Revoke("ada"), {"revoke"}),
        (Rotate(A), {"rotate"}),
        (AskWho(A), {"whoami"}),
        (OpenWithOldCookie(A), set()),
        (ChangeUserWhileOpening(A, "ada"), set()),
    ],
)
def test_a_plan_needs_what_only_some_targets_offer(step: Step, needs: set[str]) -> None:
    assert Plan("p", (step,)).needs == needs


def test_a_plan_names_the_users_of_these_steps() -> None:
    steps = (ChangeUserWhileOpening(A, "bob"), ChangeUserWhileOpening(A, None), Revoke("ada"))
    assert Plan("p", steps).users == ("ada", "bob")

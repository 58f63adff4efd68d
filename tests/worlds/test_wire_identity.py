"""Steps of sessions over time on the reference: what they record, and where they make no sense."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from harness.errors import CapabilityMissing, ControlFailed
from harness.history import (
    ConnectionOpened,
    ConnectionOpening,
    ConnectionRefused,
    Event,
    IdentityChanged,
    IdentityChanging,
    PublishFinished,
    PublishStarted,
    Revoked,
    RunStarted,
    SessionExpired,
    SessionExpiring,
    SessionRotated,
    StepFinished,
    WhoAnswered,
)
from harness.plan import Plan, parse_step
from harness.targets.file import Target, load_target
from harness.trials import reference_file
from harness.wire.template import Json
from harness.worlds.laboratory import Laboratory, Trial

pytestmark = pytest.mark.slow
EventT = TypeVar("EventT", bound=Event)


@pytest.fixture(scope="module")
def target() -> Target:
    found = load_target(reference_file())
    body: dict[str, Json] = {"user": "{login.user}", "ttl_s": 0.2}
    expiry: dict[str, Json] = {**(found.capabilities.expiry or {}), "ttl_s": 0.2, "json": body}
    capabilities = msgspec.structs.replace(found.capabilities, expiry=expiry, instances=())
    promises = msgspec.structs.replace(found.promises, sign_out_s=0.1, revoke_s=0.1)
    return msgspec.structs.replace(found, capabilities=capabilities, promises=promises, broker=None)


@pytest.fixture(scope="module")
def laboratory(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with Laboratory(target, tmp_path_factory.mktemp("target")) as found:
        yield found


def attempted(laboratory: Laboratory, *sentences: str) -> Trial:
    return laboratory.run(Plan("p", tuple(parse_step(each) for each in sentences)), world="wire")


def carried_out(laboratory: Laboratory, *sentences: str) -> Trial:
    trial = attempted(laboratory, *sentences)
    assert trial.error is None
    return trial


def told(trial: Trial, kind: type[EventT]) -> list[EventT]:
    return [each for each in trial.history if isinstance(each, kind)]


def test_a_history_begins_with_what_the_target_offers(laboratory: Laboratory) -> None:
    (started,) = told(carried_out(laboratory), RunStarted)
    assert {"no_history", "revoke", "expiry", "rotate", "whoami"} <= set(started.offers)


def test_what_makes_no_sense_is_left_out_with_a_reason(laboratory: Laboratory) -> None:
    trial = carried_out(
        laboratory,
        "open a with its old cookie",
        "sign a out while its handshake is held back",
        "let the session of a expire",
        "renew the session of a",
        "ask a who it is",
    )
    notes = [each.note for each in told(trial, StepFinished)]
    assert notes == ["nobody was signed in before", *["nobody is signed in"] * 3, "it has no open connection"]


def test_the_old_cookie_is_the_one_of_before(laboratory: Laboratory) -> None:
    trial = carried_out(
        laboratory, "sign a in as ada", "open a", "sign a out", "open a with its old cookie", "ask a who it is"
    )
    assert [each.replayed for each in told(trial, ConnectionOpening)] == [False, False, True]
    assert [each.user_id for each in told(trial, WhoAnswered)] == [None, None]


def test_a_socket_says_whose_it_is(laboratory: Laboratory) -> None:
    trial = carried_out(laboratory, "open a", "ask a who it is", "sign a in as ada", "ask a who it is")
    assert [each.user_id for each in told(trial, WhoAnswered)] == [None, "1"]


def test_a_handshake_that_is_held_back_ends_after_the_answer(laboratory: Laboratory) -> None:
    trial = carried_out(laboratory, "sign a in as ada while its handshake is held back", "ask a who it is")
    kinds = (ConnectionOpening, ConnectionOpened, IdentityChanging, IdentityChanged)
    assert [type(each) for each in trial.history if isinstance(each, kinds)] == [
        ConnectionOpening,
        IdentityChanging,
        IdentityChanged,
        ConnectionOpened,
        ConnectionOpening,
        ConnectionOpened,
    ]
    assert [each.user_id for each in told(trial, WhoAnswered)] == [None, "1"]


def test_a_change_of_user_during_a_handshake_leaves_the_next_connection_the_users(laboratory: Laboratory) -> None:
    trial = carried_out(laboratory, "sign a in as bob 0 ms into its handshake", "ask a who it is")
    assert told(trial, WhoAnswered)[-1].user_id == "2"
    assert len(told(trial, ConnectionOpening)) == 2


def test_a_session_for_a_short_while_is_waited_for(laboratory: Laboratory) -> None:
    trial = carried_out(laboratory, "sign a in as ada for a short while", "let the session of a expire", "sign a out")
    assert [each.lasts_s for each in told(trial, IdentityChanging)] == [0.2]
    (begun,), (over,) = told(trial, SessionExpiring), told(trial, SessionExpired)
    assert over.at_s - begun.at_s >= 0.2
    assert told(trial, StepFinished)[-1].note == "nobody is signed in"


def test_a_revoked_user_is_signed_in_nowhere(laboratory: Laboratory) -> None:
    trial = carried_out(laboratory, "sign a in as ada", "sign b in as bob", "revoke ada", "sign a out", "sign b out")
    assert [each.ok for each in told(trial, Revoked)] == [True]
    assert [each.note for each in told(trial, StepFinished)][-2:] == ["nobody is signed in", ""]


def test_a_renewed_session_has_another_cookie(laboratory: Laboratory) -> None:
    trial = carried_out(
        laboratory, "sign a in as ada", "open a", "renew the session of a", "open a/2", "ask a/2 who it is"
    )
    assert [each.ok for each in told(trial, SessionRotated)] == [True]
    assert [each.user_id for each in told(trial, WhoAnswered)] == ["1"]


def test_nobody_is_somebody_else(laboratory: Laboratory) -> None:
    trial = carried_out(laboratory, "send_to_user somebody unknown")
    assert [each.to_id for each in told(trial, PublishStarted) if each.kind == "private"] == ["300003"]
    assert [each.to_user for each in told(trial, PublishStarted) if each.kind == "private"] == [None]


def refusing(target: Target, **changes: object) -> Target:
    return msgspec.structs.replace(target, capabilities=msgspec.structs.replace(target.capabilities, **changes))


def test_a_target_that_refuses_what_it_offers_is_said_so(target: Target, tmp_path: Path) -> None:
    nowhere = msgspec.structs.replace(target.sign_out, path="/nowhere")
    changed = refusing(target, revoke=nowhere, rotate=nowhere, expiry={"ttl_s": 3600})
    with Laboratory(changed, tmp_path) as laboratory:
        for sentence in ("revoke ada", "renew the session of a"):
            trial = attempted(laboratory, "sign a in as ada", sentence)
            assert isinstance(trial.error, ControlFailed)
            assert "404" in trial.error.what
        trial = attempted(laboratory, "sign a in as ada for a short while")
        assert isinstance(trial.error, CapabilityMissing)


def test_a_message_that_an_absent_user_cannot_be_sent_is_recorded_and_no_error(target: Target, tmp_path: Path) -> None:
    nowhere = msgspec.structs.replace(target.send_to_user, path="/nowhere")
    with Laboratory(msgspec.structs.replace(target, send_to_user=nowhere), tmp_path) as laboratory:
        trial = carried_out(laboratory, "send_to_user ada")
        assert [(each.accepted, each.status) for each in told(trial, PublishFinished)][:1] == [(False, 404)]
        trial = attempted(laboratory, "sign a in as ada", "open a", "send_to_user ada")
        assert isinstance(trial.error, ControlFailed)


def test_an_error_during_the_handshake_is_told_as_it_is(target: Target, tmp_path: Path) -> None:
    nowhere = msgspec.structs.replace(target.sign_in, path="/nowhere")
    with Laboratory(msgspec.structs.replace(target, sign_in=nowhere), tmp_path) as laboratory:
        for how in ("0 ms into its handshake", "while its handshake is held back"):
            trial = attempted(laboratory, f"sign a in as ada {how}")
            assert isinstance(trial.error, ControlFailed)
            assert not told(trial, ConnectionRefused)

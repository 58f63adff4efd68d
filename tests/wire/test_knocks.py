"""Each knock differs from a right handshake in what its name says, and nobody's name is there twice."""

from __future__ import annotations

import pytest

from harness.requirement import requirements
from harness.wire.handshake import right_request
from harness.wire.head import HEAD_END
from harness.wire.knocks import BAD, GOOD, GROUPS, KNOCKS, UNFINISHED, VERSIONS, Knock

RIGHT = right_request("http://127.0.0.1:8080", "/ws", cookie="s=1")


def test_every_knock_has_a_name_of_its_own() -> None:
    assert len(KNOCKS) == len(GOOD) + len(BAD) + len(VERSIONS) + len(UNFINISHED) + 1
    assert {knock.name for group in GROUPS.values() for knock in group} <= KNOCKS.keys()


@pytest.mark.parametrize("knock", KNOCKS.values(), ids=lambda knock: knock.name)
def test_every_knock_is_of_a_requirement_and_says_its_levels(knock: Knock) -> None:
    assert knock.requirement in requirements()
    assert {knock.upgraded, knock.silent} <= {"", "warn", "fail"}


@pytest.mark.parametrize("knock", [*BAD, *VERSIONS], ids=lambda knock: knock.name)
def test_a_wrong_handshake_is_whole_and_not_the_right_one(knock: Knock) -> None:
    sent = knock.bytes_of(RIGHT)
    assert sent.endswith(HEAD_END)
    assert sent != RIGHT.encode()


@pytest.mark.parametrize("knock", UNFINISHED, ids=lambda knock: knock.name)
def test_an_unfinished_handshake_has_no_end(knock: Knock) -> None:
    assert HEAD_END not in knock.bytes_of(RIGHT)


@pytest.mark.parametrize("knock", GOOD, ids=lambda knock: knock.name)
def test_a_right_handshake_has_all_that_the_rfc_asks_for(knock: Knock) -> None:
    sent = knock.bytes_of(RIGHT).decode().lower()
    for line in ("upgrade: websocket", "sec-websocket-version: 13", "sec-websocket-key: ", "host: 127.0.0.1:8080"):
        assert f"\r\n{line}" in sent

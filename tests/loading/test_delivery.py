"""Reading what a target sent: sound, damaged, an echo's answer, or none of ours."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.loading.delivery import Damaged, Echoed, Foreign, Reader, Received, Sound
from harness.loading.stamp import Mark, Stamp, write_stamp
from harness.targets.file import Target, parse_target

RUN = "0a1b2"
TARGET = parse_target(
    {
        "name": "t",
        "url": "http://127.0.0.1:1",
        "users": {name: {"id": name} for name in ("ada", "bob", "root")},
        "sign_in": {"path": "/"},
        "sign_out": {"path": "/"},
        "echo": {"channel": "echo", "send": {"m": "{text}"}, "receive": {"r": "You said: {text}"}},
        "broadcast": {"channel": "news", "path": "/", "json": "{text}", "receive": {"note": "{text}"}},
        "send_to_user": {"channel": "inbox", "path": "/", "json": "{text}", "receive": "{data}", "as": "root"},
    },
    where="a test",
)


def read(value: object, *, target: Target = TARGET) -> Received:
    return Reader(target, run=RUN).read(value if isinstance(value, str) else json.dumps(value))


def stamped(stream: int = 0, seq: int = 7) -> tuple[Stamp, str]:
    stamp = Stamp(mark=Mark(stream, seq), due_us=5, after=seq - 1)
    return stamp, write_stamp(stamp, run=RUN)


def test_a_broadcast_as_it_was_published_is_sound() -> None:
    stamp, text = stamped()
    assert read({"id": "news", "data": {"note": text, "more": 1}}) == Sound(stamp)


def test_a_private_message_is_found_wherever_its_data_has_it() -> None:
    stamp, text = stamped(stream=2)
    assert read({"id": "inbox", "data": {"deep": [text]}}) == Sound(stamp)


TEXT = stamped()[1]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"id": "news", "data": {"note": TEXT + "!"}}, "text"),
        ({"id": "news", "data": {"note": "to: " + TEXT}}, "text"),
        ({"id": "news", "data": {"other": TEXT}}, "shape"),
        ({"id": "inbox", "data": {"note": TEXT}}, "'inbox'"),
        ({"id": "news", "data": {"note": [TEXT]}}, "text"),
        ({"id": "news", "data": {"note": TEXT + stamped(seq=8)[1]}}, "more than one"),
        ([TEXT], "no envelope"),
        ("{" + TEXT, "no envelope"),
    ],
)
def test_anything_else_that_carries_our_token_is_damaged(value: object, why: str) -> None:
    received = read(value)
    assert isinstance(received, Damaged)
    assert received.mark == Mark(0, 7)
    assert why in received.why


def test_the_answer_to_an_echo_names_what_it_answers() -> None:
    text, request = Reader(TARGET, run=RUN).echo_request("w/1-1")
    assert json.loads(request) == {"id": "echo", "data": {"m": text}}
    assert read({"id": "echo", "data": {"r": f"You said: {text}"}}) == Echoed(text)


@pytest.mark.parametrize(
    "value",
    ["not JSON", {"id": "news", "data": {"note": "hello"}}, {"id": "echo", "data": {"r": "You said: hi"}}, [], 7],
)
def test_traffic_of_others_is_none_of_ours(value: object) -> None:
    assert read(value) == Foreign()


@given(st.text())
def test_nothing_that_a_target_sends_raises(raw: str) -> None:
    assert isinstance(read(raw), Foreign)
    assert isinstance(read(raw + stamped()[1]), Damaged)

"""The tables of odd messages hold what they say, for envelopes of different make."""

from __future__ import annotations

import json

import pytest

from harness.wire.poison import MARK, Wire, hostile, malformed, raw_poison, strangers, without_text
from harness.wire.template import Json

OBJECT: Json = {"id": "{channel}", "data": "{data}"}
ARRAY: Json = ["{channel}", "{data}"]
NESTED: Json = {"v": 2, "to": "{channel}", "body": {"data": ["{data}", 1]}}
MOST_BYTES = 1_048_576


def wire_of(template: Json, *, send: Json = None) -> Wire:
    said: Json = {"message": MARK}
    right: dict[str, Json] = {
        json.dumps(OBJECT): {"id": "chat", "data": said},
        json.dumps(ARRAY): ["chat", said],
        json.dumps(NESTED): {"v": 2, "to": "chat", "body": {"data": [said, 1]}},
    }
    text = json.dumps(right[json.dumps(template)]) if template is not None else f"chat|{json.dumps(said)}"
    return Wire(template, "chat", {"message": "{text}"} if send is None else send, text)


WIRES = [wire_of(OBJECT), wire_of(ARRAY), wire_of(NESTED), wire_of(None), wire_of(OBJECT, send="{text}")]


@pytest.mark.parametrize("wire", WIRES)
def test_every_message_has_a_name_of_its_own_and_is_not_the_right_one(wire: Wire) -> None:
    for table in (malformed(wire), hostile(wire, most_bytes=MOST_BYTES)):
        names = [each.name for each in table]
        assert len(set(names)) == len(names) > 20
        assert wire.right not in [each.text for each in table]


@pytest.mark.parametrize("wire", WIRES)
def test_what_no_server_can_take_for_an_echo_comes_first(wire: Wire) -> None:
    addressed = [each.addressed for each in malformed(wire)]
    assert addressed == sorted(addressed)
    assert not all(addressed)


@pytest.mark.parametrize("wire", WIRES)
def test_no_message_is_longer_than_may_be_sent(wire: Wire) -> None:
    assert max(len(each.text) for each in hostile(wire, most_bytes=MOST_BYTES)) > 100_000
    assert max(len(each.text) for each in hostile(wire, most_bytes=1_000)) <= 1_000


def text_of(wire: Wire, name: str) -> str:
    return next(each.text for each in malformed(wire) if each.name == name)


@pytest.mark.parametrize(
    ("template", "name", "value"),
    [
        (OBJECT, "no channel", {"data": {"message": MARK}}),
        (ARRAY, "no channel", [{"message": MARK}]),
        (NESTED, "no channel", {"v": 2, "body": {"data": [{"message": MARK}, 1]}}),
        (OBJECT, "no data", {"id": "chat"}),
        (ARRAY, "no data", ["chat"]),
        (NESTED, "no data", {"v": 2, "to": "chat", "body": {"data": [1]}}),
        (OBJECT, "null for the channel", {"id": None, "data": {"message": MARK}}),
        (NESTED, "a number for the data", {"v": 2, "to": "chat", "body": {"data": [7, 1]}}),
        (ARRAY, "a number for the text", ["chat", {"message": 7}]),
        (OBJECT, "the channel in an array", {"id": ["chat"], "data": {"message": MARK}}),
    ],
)
def test_the_targets_own_envelope_is_what_is_damaged(template: Json, name: str, value: Json) -> None:
    assert json.loads(text_of(wire_of(template), name)) == value


def test_an_envelope_that_only_a_codec_knows_is_damaged_as_text() -> None:
    names = {each.name for each in malformed(wire_of(None))}
    assert "no channel" not in names
    assert "a message cut in half" in names
    assert without_text(wire_of(None)).text == "{}"


def test_a_message_without_text_is_a_right_one_with_empty_data() -> None:
    assert json.loads(without_text(wire_of(OBJECT)).text) == {"id": "chat", "data": {}}
    assert json.loads(without_text(wire_of(NESTED)).text) == {"v": 2, "to": "chat", "body": {"data": [{}, 1]}}


def test_what_is_planted_on_prototypes_carries_the_mark() -> None:
    planted = {each.name: each.text for each in hostile(wire_of(OBJECT), most_bytes=MOST_BYTES) if MARK in each.text}
    assert json.loads(planted["__proto__ in the data"])["data"] == {"__proto__": {"message": MARK, MARK: MARK}}
    assert json.loads(planted["__proto__ beside the text"])["data"]["message"] == "hello"
    assert json.loads(planted["prototype beside the channel"])["id"] == "chat"
    bare = {each.name: each.text for each in hostile(WIRES[-1], most_bytes=MOST_BYTES)}
    assert json.loads(bare["__proto__ in the data"])["data"] == {"__proto__": {MARK: MARK}}
    assert "__proto__ beside the text" not in bare


def test_a_doubled_key_stands_before_and_after_the_right_one() -> None:
    texts = [each.text for each in hostile(wire_of(OBJECT), most_bytes=MOST_BYTES) if each.name.startswith("a second")]
    assert [json.loads(each)["id"] for each in texts] == ["chat", None, "chat", "chat"]


def test_strangers_are_no_channels_of_the_targets() -> None:
    assert "toString" in strangers("chat", known=())
    assert strangers("length", known={"admin"}) == [
        each for each in strangers("chat", known=()) if each not in {"length", "admin"}
    ]


def test_a_text_of_a_plan_is_sent_as_it_is() -> None:
    assert (raw_poison("{").text, raw_poison("{").addressed) == ("{", True)

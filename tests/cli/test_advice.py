"""What doctor advises: pure functions over statuses and texts."""

from __future__ import annotations

import json

import msgspec
import pytest

from harness.cli.advice import about_answer, about_handshake, about_texts, about_undeclared, as_toml
from harness.targets.control import Answer
from harness.targets.file import Target, load_target
from harness.trials import reference_file
from harness.wire.envelope import TemplateCodec
from harness.wire.template import Json

TOKEN = "osk00000000n0000001z"
CHANNEL = "onesocket_chat_echo"


@pytest.fixture
def target() -> Target:
    return load_target(reference_file())


def todo(target: Target, *texts: object) -> str:
    lines = [each if isinstance(each, str) else json.dumps(each) for each in texts]
    line = about_texts(
        lines, token=TOKEN, key="echo", channel=CHANNEL, receive={"reply": "You said: {text}"},
        target=target, codec=TemplateCodec(),
    )  # fmt: skip
    return "" if line is None else f"{line.said} | {line.todo}"


def test_what_comes_as_the_file_says_needs_nothing(target: Target) -> None:
    assert todo(target, "hello", {"id": CHANNEL, "data": {"reply": f"You said: {TOKEN}", "at": 3}}) == ""


def test_another_channel_is_named(target: Target) -> None:
    assert '[echo] channel = "other"' in todo(target, {"id": "other", "data": {"reply": f"You said: {TOKEN}"}})


def test_a_wrong_receive_is_answered_with_the_right_one(target: Target) -> None:
    said = todo(target, {"id": CHANNEL, "data": {"heard": {"what": f"<{TOKEN}>"}, "at": 12}})
    assert 'write [echo] receive = { heard = { what = "<{text}>" } }' in said
    assert '"at": 12' in said


def test_a_changed_text_is_shown(target: Target) -> None:
    said = todo(target, {"id": CHANNEL, "data": {"reply": f"You said: {TOKEN}!"}})
    assert f'the text came changed: "{TOKEN}!"' in said


@pytest.mark.parametrize(
    ("message", "envelope"),
    [
        ({"channel": CHANNEL, "payload": {"reply": TOKEN}}, '{ channel = "{channel}", payload = "{data}" }'),
        ([CHANNEL, {"reply": TOKEN}], '["{channel}", "{data}"]'),
        ({"type": "message", "topic": CHANNEL, "body": {"x": TOKEN}},
         '{ topic = "{channel}", body = "{data}", type = "message" }'),
    ],
)  # fmt: skip
def test_a_wrong_envelope_is_answered_with_the_right_one(message: Json, envelope: str, target: Target) -> None:
    assert f"write [socket] envelope = {envelope}" in todo(target, message)


def test_what_a_wrong_envelope_says_that_is_so_stays(target: Target) -> None:
    said = {"kind": "event", "v": 2, "topic": "{channel}", "payload": "{data}"}
    named = msgspec.structs.replace(target, socket=msgspec.structs.replace(target.socket, envelope=said))
    message = {"kind": "event", "v": 3, "topic": CHANNEL, "body": {"x": TOKEN}}
    assert 'envelope = { topic = "{channel}", body = "{data}", kind = "event" }' in todo(named, message)


def test_a_message_that_was_told_as_misread_is_not_told_as_undeclared() -> None:
    texts = [json.dumps({"topic": CHANNEL, "body": TOKEN}), '{"hello": "1"}']
    (line,) = about_undeclared(texts, codec=TemplateCodec(), told={TOKEN})
    assert line.todo == 'if it is meant: [socket] ignore = [{ hello = "1" }]'


def test_an_envelope_that_cannot_be_guessed_is_shown(target: Target) -> None:
    assert f"it came as <{TOKEN}>: not JSON | the message is not JSON" in todo(target, f"<{TOKEN}>")
    assert "describe its shape" in todo(target, {"what": TOKEN})
    assert "describe its shape" in todo(target, {"only": f"{CHANNEL} {TOKEN}"})


def test_silence_shows_what_came_instead(target: Target) -> None:
    assert todo(target).startswith("nothing with the text came |")
    assert 'what came instead: {"error": "unknown"}' in todo(target, {"error": "unknown"})


@pytest.mark.parametrize(
    ("status", "key", "hint"),
    [
        (401, "sign_in", "login is not accepted"),
        (403, "sign_in", "CSRF"),
        (401, "broadcast", 'as = "..."'),
        (403, "send_to_user", "'admin' may not do this"),
        (404, "send_to_user", "the user's id"),
        (404, "broadcast", "check path in [broadcast]"),
        (405, "broadcast", "does not take POST"),
        (422, "broadcast", "check json"),
        (429, "broadcast", "rate limits"),
        (500, "broadcast", "the server broke"),
        (418, "broadcast", "check [broadcast]"),
    ],
)
def test_a_refused_request_is_answered_with_what_to_check(status: int, key: str, hint: str, target: Target) -> None:
    action = {"sign_in": target.sign_in, "broadcast": target.broadcast, "send_to_user": target.send_to_user}[key]
    assert hint in about_answer(Answer(status, "http://x/", ""), action, key=key)


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (403, "let guests in"),
        (404, "nothing is at /ws"),
        (426, "handshake"),
        (200, "like a page"),
        (502, "broke"),
        (0, "it hung"),
    ],
)
def test_a_refused_handshake_is_answered_with_what_to_check(status: int, hint: str, target: Target) -> None:
    assert hint in about_handshake(status, "it hung", target=target, without_origin_opens=False)


def test_a_refused_origin_is_told_from_other_refusals(target: Target) -> None:
    assert "refuses this origin" in about_handshake(403, "", target=target, without_origin_opens=True)


def test_values_are_written_as_toml_has_them() -> None:
    value: Json = {"a": ["x", 1, True, {}], "odd key": 'quo"te', "none": None}
    assert as_toml(value) == '{ a = ["x", 1, true, {}], "odd key" = "quo\\"te" }'


@pytest.mark.parametrize(
    ("texts", "todos"),
    [
        (['{"hello": null}', '{"hello": "1"}', '{"hello": "11"}'], ['[{ hello = "{any}" }]']),
        (['{"hello": null}'], ['[{ hello = "{any}" }]']),
        (['{"at": 17, "v": 2}', '{"at": 18, "v": 2}'], ["[{ v = 2 }]"]),
        (['{"hello": "1"}', '{"bye": "1"}'], ['[{ hello = "1" }]', '[{ bye = "1" }]']),
    ],
)
def test_what_differs_from_message_to_message_may_be_anything(texts: list[str], todos: list[str]) -> None:
    lines = about_undeclared(texts, codec=TemplateCodec())
    assert [each.todo for each in lines] == [f"if it is meant: [socket] ignore = {todo}" for todo in todos]


@pytest.mark.parametrize(
    ("text", "todo"),
    [
        ('{"type": "hello", "version": 3}', 'if it is meant: [socket] ignore = [{ type = "hello" }]'),
        ('{"greeting": "hi", "at": 17}', 'if it is meant: [socket] ignore = [{ greeting = "hi" }]'),
        ('{"at": 17}', "if it is meant: [socket] ignore = [{ at = 17 }]"),
        ('["ping"]', 'if it is meant: [socket] ignore = [["ping"]]'),
        ("hello", "send JSON, or describe it with a codec"),
    ],
)
def test_traffic_that_the_file_does_not_declare_is_told_with_the_line_to_add(text: str, todo: str) -> None:
    own = json.dumps({"id": CHANNEL, "data": 1})
    (line,) = about_undeclared([own, text, text, '{"keep": 1}'], codec=TemplateCodec(ignore=({"keep": 1},)))
    assert (line.mark, line.todo) == ("wrong", todo)
    assert f"the server also sent {text}" in line.said

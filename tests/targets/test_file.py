"""A target file that is wrong is named with its key, its value and what it should have been."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import TargetFileError
from harness.targets.file import load_target, parse_target

FILE = """
name = "mine"
url = "http://127.0.0.1:{port}"
start = ["{python}", "-m", "mine", "--port", "{port}"]

[socket]
path = "/live"
envelope = ["{channel}", "{data}"]
ignore = [{ type = "hello" }]

[users]
ada = { id = 1, login = { user = "ada" } }
bob = { id = "b-2" }
root = { id = 99 }
chief = { id = 98 }

[sign_in]
path = "/in"
form = { user = "{login.user}" }
csrf = { path = "/", field = "token", header = "X-Token" }

[sign_out]
method = "DELETE"
path = "/out"

[echo]
channel = "chat"
send = { message = "{text}" }
receive = { reply = "You said: {text}" }

[broadcast]
channel = "posts"
path = "/posts"
json = { note = "{text}" }

[send_to_user]
channel = "posts"
path = "/notify/{user.id}/{text}"
receive = { title = "{text}" }
as = "root"

[capabilities]
revoke = { path = "/revoke/{user.id}", as = "chief" }
"""
RIGHT: dict[str, Any] = {
    "name": "mine",
    "url": "http://127.0.0.1:8080",
    "users": {"ada": {"id": 1}, "bob": {"id": 2}, "root": {"id": 3}},
    "sign_in": {"path": "/in"},
    "sign_out": {"path": "/out"},
    "echo": {"channel": "c", "send": "{text}", "receive": "{text}"},
    "broadcast": {"channel": "b", "path": "/b", "json": "{text}"},
    "send_to_user": {"channel": "n", "path": "/n", "json": "{text}", "as": "root"},
}


def refused(change: Callable[[dict[str, Any]], object]) -> TargetFileError:
    data = copy.deepcopy(RIGHT)
    change(data)
    with pytest.raises(TargetFileError) as caught:
        parse_target(data, where="my.toml")
    assert caught.value.where.startswith("my.toml")
    assert caught.value.todo
    return caught.value


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(FILE)
    target = load_target(path)
    assert target.socket.path == "/live"
    assert target.sign_in.csrf is not None
    assert target.sign_in.csrf.header == "X-Token"
    assert target.send_to_user.as_ == "root"
    assert target.broadcast.receive == "{data}"
    assert target.users["bob"].id == "b-2"
    assert target.promises.delivery_s == 5.0
    assert target.ordinary_users == ("ada", "bob")
    assert target.publisher == "root"
    assert target.channels == ("chat", "posts")


def test_what_is_not_said_is_the_usual() -> None:
    target = parse_target(RIGHT, where="my.toml")
    assert target.socket.envelope == {"id": "{channel}", "data": "{data}"}
    assert (target.ready, target.socket.path, target.page, target.start) == ("/", "/ws", None, ())


@pytest.mark.parametrize("capabilities", [{}, {"restart": True}, {"restart": False}])
def test_a_target_that_onesocket_started_can_be_restarted_unless_it_forbids_it(capabilities: dict[str, bool]) -> None:
    mine = parse_target(RIGHT | {"start": ["x"], "capabilities": capabilities}, where="x")
    assert mine.can_restart is capabilities.get("restart", True)
    assert not parse_target(RIGHT | {"capabilities": capabilities}, where="x").can_restart


def test_a_file_that_is_not_there_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(TargetFileError) as caught:
        load_target(tmp_path / "none.toml")
    assert caught.value.where == str(tmp_path / "none.toml")
    assert "onesocket init" in caught.value.todo


def test_a_folder_or_another_encoding_cannot_be_read(tmp_path: Path) -> None:
    other = tmp_path / "latin.toml"
    other.write_bytes(b"name = '\xff'")
    for path in (tmp_path, other):
        with pytest.raises(TargetFileError, match="cannot be read") as caught:
            load_target(path)
        assert caught.value.where.startswith(f"{path}: ")


def test_a_file_that_is_not_toml_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text("name = 'x'\nurl = here\n")
    with pytest.raises(TargetFileError, match="not TOML") as caught:
        load_target(path)
    assert str(path) in caught.value.where
    assert "line 2" in caught.value.where


def test_errors_of_a_file_name_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(FILE.replace("path = ", "pth = ", 1))
    with pytest.raises(TargetFileError) as caught:
        load_target(path)
    assert caught.value.where == f"{path}: [socket] pth = '/live'"


UNKNOWN: dict[str, tuple[Callable[[dict[str, Any]], object], str, str]] = {
    "at the top": (lambda data: data.update(nam=1), "my.toml: nam = 1", "did you mean 'name'?"),
    "in a table": (
        lambda data: data["echo"].update(chanel="x"),
        "my.toml: [echo] chanel = 'x'",
        "did you mean 'channel'?",
    ),
    "in a table that may be missing": (
        lambda data: data.update(page={"hook": "x"}),
        "my.toml: [page] hook = 'x'",
        "did you mean 'hooks'?",
    ),
    "in a user": (
        lambda data: data["users"]["ada"].update(logn={}),
        "my.toml: [users.ada] logn = {}",
        "did you mean 'login'?",
    ),
    "in a table of a table": (
        lambda data: data["sign_in"].update(csrf={"feild": "t"}),
        "my.toml: [sign_in.csrf] feild = 't'",
        "did you mean 'field'?",
    ),
    "in a capability": (
        lambda data: data.update(capabilities={"revoke": {"pathh": "/x"}}),
        "my.toml: [capabilities.revoke] pathh = '/x'",
        "did you mean 'path'?",
    ),
    "as as_": (
        lambda data: data["broadcast"].update(as_="root"),
        "my.toml: [broadcast] as_ = 'root'",
        "did you mean 'as'?",
    ),
    "that is like none": (
        lambda data: data["echo"].update(xyz=1),
        "my.toml: [echo] xyz = 1",
        "allowed: channel, send, receive",
    ),
}


@pytest.mark.parametrize(("change", "where", "todo"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_an_unknown_key_is_named_with_the_nearest(
    change: Callable[[dict[str, Any]], object], where: str, todo: str
) -> None:
    error = refused(change)
    assert error.what.startswith("unknown key ")
    assert (error.where, error.todo) == (where, todo)


def test_keys_of_free_tables_are_the_targets_own() -> None:
    data = copy.deepcopy(RIGHT)
    data["users"]["ada"]["login"] = {"anything": {"goes": 1}}
    data["load"] = {"think_s": 1}
    data["env"] = {"MODE": "test"}
    assert parse_target(data, where="x").users["ada"].login == {"anything": {"goes": 1}}


TYPES: dict[str, tuple[Callable[[dict[str, Any]], object], str, str]] = {
    "a value of another type": (
        lambda data: data.update(promises={"delivery_s": "5"}),
        "Expected `float`, got `str`",
        "my.toml: promises.delivery_s = '5'",
    ),
    "a table that is none": (
        lambda data: data.update(echo="chat"),
        "Expected `object`, got `str`",
        "my.toml: echo = 'chat'",
    ),
    "users that are none": (
        lambda data: data.update(users=[1]),
        "Expected `object`, got `array`",
        "my.toml: users = [1]",
    ),
    "a key that is missing": (
        lambda data: data["broadcast"].pop("channel"),
        "Object missing required field `channel`",
        "my.toml: broadcast = {",
    ),
    "a table that is missing": (
        lambda data: data.pop("echo"),
        "Object missing required field `echo`",
        "my.toml: the file",
    ),
}


@pytest.mark.parametrize(("change", "what", "where"), TYPES.values(), ids=TYPES.keys())
def test_a_wrong_value_is_named_with_its_key(change: Callable[[dict[str, Any]], object], what: str, where: str) -> None:
    error = refused(change)
    assert error.what == what
    assert error.where.startswith(where)


CONTRADICTIONS: dict[str, tuple[Callable[[dict[str, Any]], object], str, str, str]] = {
    "url": (
        lambda data: data.update(url="127.0.0.1:80"),
        "the url is not http or https",
        "url = '127.0.0.1:80'",
        "http://127.0.0.1:8080",
    ),
    "as": (
        lambda data: data["send_to_user"].update({"as": "roots"}),
        "no user is called 'roots'",
        "[send_to_user] as",
        "did you mean 'root'?",
    ),
    "as of a broadcast": (
        lambda data: data["broadcast"].update({"as": "zzz"}),
        "no user is called 'zzz'",
        "[broadcast] as",
        "allowed: ada, bob, root",
    ),
    "a request without text": (
        lambda data: data["broadcast"].update(json={"note": "hello"}),
        "the request carries no {text}",
        "[broadcast]",
        "put {text}",
    ),
    "an echo without text": (
        lambda data: data["echo"].update(send={"message": "hello"}),
        "the message carries no {text}",
        "[echo] send",
        "{text}",
    ),
    "an answer without text": (
        lambda data: data["echo"].update(receive={"reply": "hello"}),
        "the data a client is handed must carry {text}",
        "[echo] receive",
        "{text}",
    ),
    "an answer with something else": (
        lambda data: data["broadcast"].update(receive={"note": "{text}", "by": "{user.id}"}),
        "the data a client is handed must carry {text}",
        "[broadcast] receive",
        "{text}",
    ),
    "an envelope without data": (
        lambda data: data.update(socket={"envelope": {"id": "{channel}"}}),
        "the envelope needs {channel} and {data}",
        "[socket] envelope",
        '{ id = "{channel}", data = "{data}" }',
    ),
    "two users with one id": (
        lambda data: data["users"]["bob"].update(id="1"),
        "two users have the same id",
        "[users]",
        "give each user",
    ),
    "one ordinary user": (
        lambda data: data["users"].pop("bob"),
        "fewer than two ordinary users",
        "[users] ada",
        "two users besides",
    ),
    "no ordinary user": (
        lambda data: (data["users"].pop("bob"), data["users"].pop("ada")),
        "fewer than two ordinary users",
        "[users] none",
        "two users besides",
    ),
}


@pytest.mark.parametrize(("change", "what", "key", "todo"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_parts_that_contradict_each_other_are_named(
    change: Callable[[dict[str, Any]], object], what: str, key: str, todo: str
) -> None:
    error = refused(change)
    assert (error.what, error.where) == (what, f"my.toml: {key}")
    assert todo in error.todo


@pytest.mark.parametrize("carrier", ["path", "json", "form", "headers"])
def test_the_text_may_ride_in_any_part_of_the_request(carrier: str) -> None:
    data = copy.deepcopy(RIGHT)
    data["broadcast"]["json"] = None
    data["broadcast"][carrier] = "/say/{text}" if carrier in {"path", "json"} else {"X-Note": "{text}"}
    assert parse_target(data, where="x").broadcast.channel == "b"


def test_a_codec_of_ones_own_needs_no_envelope() -> None:
    data = RIGHT | {"socket": {"codec": "mine.codec:Codec", "envelope": {}}}
    assert parse_target(data, where="x").socket.codec == "mine.codec:Codec"

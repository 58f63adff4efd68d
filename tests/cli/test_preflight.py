"""A mistake in the target file is told before the first test; a server that is wrong is still put to the suite."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from harness.requirement import requirements
from tests.cli.command import here, run
from tests.cli.targets import faulty_target, starlette_target

pytestmark = pytest.mark.slow
SOON_S = 15.0
"""Ten seconds, and what a busy machine takes for the start of a server and of pytest."""


def told(folder: Path) -> list[dict[str, object]]:
    lines = (folder / "latest" / "report.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    ("mistake", "what", "where", "hint"),
    [
        (('"tern_room_echo"', '"tern_room_ehco"'), "either the target file or the server is wrong",
         '[echo] channel = "tern_room_ehco"', "check channel and send in [echo]"),
        (("send    = { say =", "send    = { sai ="), "either the target file or the server is wrong",
         'send = { sai = "{text}" }', "the server never answers"),
        (('receive = { heard = "{text}" }', 'receive = { echo = "{text}" }'), "does not match `receive`",
         'receive = { echo = "{text}" }', 'write [echo] receive = { heard = "{text}" }'),
        (('id = "{channel}"', 'channel = "{channel}"'), "does not have the shape",
         '[socket] envelope = { channel = "{channel}"', 'write [socket] envelope = { id = "{channel}"'),
        (('"tern_news_items"', '"tern_news_list"'), "it came on the channel 'tern_news_items'",
         '[broadcast] channel = "tern_news_list"', 'write [broadcast] channel = "tern_news_items"'),
        (('path    = "/news"', 'path    = "/olds"'), "answered 404",
         '[broadcast] method = "POST", path = "/olds"', "check path in [broadcast]"),
        (('as      = "staff"', 'as      = "cyd"'), "answered 403",
         '[send_to_user] method = "PUT"', "name a user who may"),
        (('path   = "/session"\nform', 'path   = "/sesion"\nform'), "answered 404",
         '[sign_in] method = "POST", path = "/sesion"', "check path in [sign_in]"),
        (('path     = "/socket"', 'path     = "/wss"'), "answered 403",
         '[socket] path = "/wss"', "is [socket] path = '/wss' right?"),
    ],
    ids=["echo channel", "echo send", "echo receive", "envelope", "broadcast channel", "broadcast path",
         "send_to_user as", "sign-in", "socket path"],
)  # fmt: skip
def test_a_mistake_ends_the_run_before_it_begins(
    mistake: tuple[str, str], what: str, where: str, hint: str, tmp_path: Path
) -> None:
    started_s = time.monotonic()
    done = here("conform", "--target", str(starlette_target(tmp_path, mistake)), "--out", str(tmp_path))
    assert done.exit_code == 5, done.output
    assert time.monotonic() - started_s < SOON_S
    lines = done.output.splitlines()
    number = next(index for index, line in enumerate(lines) if line.startswith("  where: "))
    assert what in lines[number - 1], done.output
    assert where in lines[number], done.output
    assert lines[number + 1].startswith("  to do: "), done.output
    assert hint in lines[number + 1], done.output
    assert "Nothing was verified: " in done.output
    assert "tests not run" in done.output
    head, *verdicts = told(tmp_path)
    assert what in str(head["not_begun"])
    assert head["exit_code"] == 5
    assert len(verdicts) == len(requirements())
    assert what.partition("`")[0] in (tmp_path / "latest" / "report.html").read_text("utf-8").replace("&#39;", "'")


@pytest.mark.parametrize("command", ["tabs", "load", "run"])
def test_every_command_that_runs_something_looks_first(command: str, tmp_path: Path) -> None:
    page = '[page]\npath = "/"\n\n[promises]'
    mistake = ('path    = "/news"', 'path    = "/olds"')
    target = starlette_target(tmp_path, mistake, ("[promises]", page))
    done = here(command, "--target", str(target), "--out", str(tmp_path))
    assert done.exit_code == 5, done.output
    assert "check path in [broadcast]" in done.output


def test_what_may_be_the_server_s_fault_is_told_at_once_and_put_to_the_suite(tmp_path: Path) -> None:
    target = faulty_target(tmp_path, "never_broadcasts_to_guests")
    done = run("conform", "-k", "broadcast_reaches_everybody", "--target", str(target), cwd=tmp_path)
    assert done.code == 1, done.out + done.err
    assert "broadcast at guest: nothing with the text came" in done.err
    assert "Either the server or the target file is wrong" in done.err
    assert "note: Before the first test: broadcast at guest" in done.out
    assert "BC-1" in done.out


def test_a_user_who_is_sure_of_the_file_has_the_suite_all_the_same(tmp_path: Path) -> None:
    target = starlette_target(tmp_path, ('"tern_room_echo"', '"tern_room_ehco"'))
    chosen = ("-k", "replies_go_to_the_sender", "--anyway")
    done = run("conform", "--target", str(target), *chosen, cwd=tmp_path)
    assert done.code == 1, done.out + done.err
    assert "either the target file or the server is wrong" in done.err


def test_a_server_that_dies_at_once_is_left_to_the_suite(tmp_path: Path) -> None:
    dies = (  # its sockets go first, as in every crash; the process has its core to write
        "import http.server as h, os, sys, time\\nclass A(h.BaseHTTPRequestHandler):\\n do_GET = lambda s: "
        "s.send_response(200) or s.end_headers()\\n do_POST = lambda s: "
        "s.server.socket.close() or s.connection.shutdown(2) or time.sleep(0.5) or os._exit(7)\\n"
        'h.HTTPServer((\\"127.0.0.1\\", int(sys.argv[1])), A).serve_forever()'
    )
    target = starlette_target(tmp_path)
    text = target.read_text("utf-8")
    start = next(line for line in text.splitlines() if line.startswith("start"))
    target.write_text(text.replace(start, f'start = ["{{python}}", "-c", "{dies}", "{{port}}"]'), "utf-8")
    done = run("conform", "-k", "replies_go_to_the_sender", "--target", str(target), cwd=tmp_path)
    assert "its process ended by itself, with code 7" in done.err, done.out + done.err
    assert done.code != 0

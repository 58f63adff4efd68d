"""The doctor, against right files, files with one mistake each, and servers that are not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import here
from tests.cli.targets import dead_address, faulty_target, hanging_server, starlette_target, unstarted_target

pytestmark = pytest.mark.slow


def test_a_right_file_is_well(tmp_path: Path) -> None:
    done = here("doctor", "--target", str(starlette_target(tmp_path)))
    assert done.exit_code == 0, done.output
    assert "wrong" not in done.output
    assert "all is well" in done.output


@pytest.mark.browser
def test_the_reference_is_well_with_its_page() -> None:
    done = here("doctor")
    assert done.exit_code == 0, done.output
    assert "window.realtime has readyState and received" in done.output


@pytest.mark.parametrize(
    ("mistake", "part", "hint"),
    [
        (('id = "{channel}"', 'channel = "{channel}"'), "echo at ada", "[socket] envelope"),
        (('"tern_room_echo"', '"tern_room_ehco"'), "echo at ada", "check channel and send in [echo]"),
        (('receive = { heard = "{text}" }', 'receive = { echo = "{text}" }'), "echo at ada",
         'write [echo] receive = { heard = "{text}" }'),
        (('"tern_news_items"', '"tern_news_list"'), "broadcast at guest", 'channel = "tern_news_items"'),
        (('who = "bob"', 'who = "nobody"'), "sign-in of bob", "the login is not accepted"),
        (('path     = "/socket"', 'path     = "/wss"'), "socket as a guest", "[socket] path"),
        (('path    = "/news"', 'path    = "/olds"'), "request of broadcast", "check path in [broadcast]"),
        (('as      = "staff"', 'as      = "cyd"'), "request of send_to_user", "'cyd' may not do this"),
        (("ada   = { id = 1,", "ada   = { id = 4,"), "send_to_user", "id"),
        (('path   = "/session"\n\n[echo]', 'path   = "/sessions"\n\n[echo]'), "sign-out of bob", "[sign_out]"),
        (("{user.id}/sessions", "{user.id}/seasons"), "revoke", "check path in [capabilities.revoke]"),
        (("[capabilities]", '[capabilities]\nrotate = { path = "/news", form = { note = "x" } }'), "rotate",
         "name the request that renews it"),
        (("[capabilities]", '[capabilities]\nwhoami = { channel = "tern_room_who", receive = { id = "{user.id}" } }'),
         "whoami as ada", "check channel, send and receive in [capabilities] whoami"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_what_to_do(mistake: tuple[str, str], part: str, hint: str, tmp_path: Path) -> None:
    done = here("doctor", "--target", str(starlette_target(tmp_path, mistake)))
    assert done.exit_code == 1, done.output
    lines = done.output.splitlines()
    number = next(index for index, line in enumerate(lines) if line.strip().startswith("wrong"))
    assert part in lines[number], done.output
    assert hint in lines[number + 1], done.output
    assert "Traceback" not in done.output


def test_what_the_rest_needs_ends_it(tmp_path: Path) -> None:
    done = here("doctor", "--target", str(starlette_target(tmp_path, ('who = "bob"', 'who = "nobody"'))))
    assert "not tried" in done.output
    assert "socket as" not in done.output


def test_a_leak_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    text = faulty_target(tmp_path, "leaks_to_guests").read_text("utf-8")
    without_page = tmp_path / "faulty.toml"
    without_page.write_text(text.replace(text[text.index("[page]") : text.index("[promises]")], ""), encoding="utf-8")
    done = here("doctor", "--target", str(without_page))
    assert done.exit_code == 1, done.output
    assert "a message to ada reached guest" in done.output


def test_nobody_there_is_exit_code_3(tmp_path: Path) -> None:
    done = here("doctor", "--target", str(unstarted_target(tmp_path, url=dead_address())))
    assert done.exit_code == 3, done.output
    assert "to do:" in done.output


def test_a_target_that_hangs_is_exit_code_3(tmp_path: Path) -> None:
    with hanging_server() as url:
        done = here("doctor", "--target", str(unstarted_target(tmp_path, url=url)))
    assert done.exit_code == 3, done.output


def test_a_server_that_cannot_be_started_is_exit_code_3(tmp_path: Path) -> None:
    done = here("doctor", "--target", str(starlette_target(tmp_path, ('"{python}", ', '"no-such-program", '))))
    assert done.exit_code == 3, done.output


def test_what_is_declared_beyond_the_core_is_tried_and_what_is_not_is_named(tmp_path: Path) -> None:
    more = (
        'expiry = { ttl_s = 2, sign_in = "elsewhere" }\n'
        'introspect = { method = "GET", path = "/healthz", as = "staff" }\n'
        'faulty = { channel = "tern_room_echo", send = { say = 1 } }'
    )
    done = here("doctor", "--target", str(starlette_target(tmp_path, ("[capabilities]", f"[capabilities]\n{more}"))))
    assert done.exit_code == 0, done.output
    told = {line[8:38].strip(): line[39:] for line in done.output.splitlines()}
    assert told["introspect"] == "answered 200"
    assert told["revoke"] == "answered 204"
    assert told["faulty"].startswith("the message is taken")
    assert "a shape of its own" in told["expiry"]
    assert "[capabilities] whoami" in told["not declared"]
    assert "[capabilities] revoke" not in told["not declared"]

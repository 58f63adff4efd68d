"""Requests of what is no id: what they carry, and where a request has no place for it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import anyio
import httpx
import pytest

from harness.targets.control import Control
from harness.targets.file import Target, parse_target
from harness.wire.odd_ids import OddId
from harness.wire.template import Json

LEFT_OUT, NULL, EMPTY = OddId("left out", left_out=True), OddId("null"), OddId("an empty text", "")
TRUE, HALF = OddId("true", value=True), OddId("a list", [1])


def target(path: str, **body: Json) -> Target:
    """Return a target whose send_to_user is so."""
    request: dict[str, Json] = {"channel": "note", "path": path, "receive": {"text": "{text}"}, **body}
    data: dict[str, Json] = {
        "name": "t",
        "url": "http://127.0.0.1:1",
        "users": {"ada": {"id": 1}, "bob": {"id": 2}},
        "sign_in": {"path": "/in"},
        "sign_out": {"path": "/out"},
        "echo": {"channel": "echo", "send": "{text}", "receive": "{text}"},
        "broadcast": {"channel": "all", "path": "/all", "json": {"text": "{text}"}},
        "send_to_user": request,
    }
    return parse_target(data, where="t")


def sent(mine: Target, odd: OddId, monkeypatch: pytest.MonkeyPatch) -> httpx.Request:
    """Return the request for a message to `odd`."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(400)

    class Client(httpx.AsyncClient):
        def __init__(self, **others: object) -> None:
            super().__init__(base_url=str(others["base_url"]), transport=httpx.MockTransport(answer))

    monkeypatch.setattr(httpx, "AsyncClient", Client)

    async def ask() -> None:
        control = Control(mine, base_url="http://t")
        assert (await control.send_to_odd(odd, "hello")).status == 400
        await control.aclose()

    anyio.run(ask)
    return seen[0]


BODY: Mapping[str, Json] = {"json": {"to": "{user.id}", "text": "{text}"}}
TEXT: Mapping[str, Json] = {"json": {"text": "{text}"}}
FORM: Mapping[str, Json] = {"form": {"to": "{user.id}", "text": "{text}"}}


@pytest.mark.parametrize(
    ("odd", "body"),
    [
        (NULL, {"to": None, "text": "hello"}),
        (TRUE, {"to": True, "text": "hello"}),
        (HALF, {"to": [1], "text": "hello"}),
        (EMPTY, {"to": "", "text": "hello"}),
        (LEFT_OUT, {"text": "hello"}),
    ],
)
def test_json_carries_it_as_it_is(odd: OddId, body: Json, monkeypatch: pytest.MonkeyPatch) -> None:
    assert json.loads(sent(target("/note", **BODY), odd, monkeypatch).content) == body


@pytest.mark.parametrize(
    ("odd", "body"), [(NULL, b"to=null&text=hello"), (TRUE, b"to=true&text=hello"), (LEFT_OUT, b"text=hello")]
)
def test_a_form_carries_it_as_text(odd: OddId, body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sent(target("/note", **FORM), odd, monkeypatch).content == body


@pytest.mark.parametrize(("odd", "path"), [(NULL, b"/null/note"), (HALF, b"/%5B1%5D/note")])
def test_a_path_carries_it_as_text(odd: OddId, path: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sent(target("/{user.id}/note", **TEXT), odd, monkeypatch).url.raw_path == path


@pytest.mark.parametrize(
    ("mine", "odd", "takes"),
    [
        (target("/{user.id}/note", **TEXT), EMPTY, False),
        (target("/{user.id}/note", **TEXT), NULL, True),
        (target("/{user.id}/note", **TEXT), LEFT_OUT, False),
        (target("/note?for={user.id}", **TEXT), EMPTY, True),
        (target("/note?for={user.id}", **BODY), LEFT_OUT, False),
        (target("/note", json={"to": ["user {user.id}"], "text": "{text}"}), LEFT_OUT, False),
        (target("/note", **BODY), LEFT_OUT, True),
        (target("/note", **FORM), LEFT_OUT, True),
        (target("/all", **BODY), LEFT_OUT, False),
        (target("/all", **BODY), NULL, False),
        (target("/all", **BODY), TRUE, True),
        (target("/all", method="PUT", **BODY), NULL, True),
    ],
)
def test_a_request_without_a_place_for_it_is_another_request(mine: Target, odd: OddId, *, takes: bool) -> None:
    assert Control(mine, base_url="http://t").takes(odd) is takes

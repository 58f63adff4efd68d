"""Reads what a request carries, and answers what cannot be read with a 4xx that tells nothing more."""

from __future__ import annotations

import re
from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request

from harness.reference.context import Context
from harness.reference.hub import UserId

T = TypeVar("T")

MAX_BODY_BYTES = 1_048_576
_PLAIN_ID = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


async def read_json(request: Request, shape: type[T]) -> T:
    """Return the JSON body as `shape`.

    Raises: HTTPException 400 or 413.
    """
    try:
        return msgspec.json.decode(await _read(request), type=shape)
    except (msgspec.DecodeError, RecursionError):
        raise HTTPException(400, "the body is not the JSON object this route takes") from None


async def read_form(request: Request, shape: type[T]) -> T:
    """Return the url-encoded body as `shape`, its fields as text.

    Raises: HTTPException 400 or 413.
    """
    try:
        fields = dict(parse_qsl((await _read(request)).decode(), keep_blank_values=True))
        return msgspec.convert(fields, type=shape)
    except (msgspec.ValidationError, ValueError):
        raise HTTPException(400, "the form does not have the fields this route takes") from None


def user_id_of(text: str) -> UserId:
    """Return the id that plain decimal digits stand for; `01`, ` 1`, `+1` and other digits are no ids.

    Raises: HTTPException 404.
    """
    if _PLAIN_ID.fullmatch(text) is None:
        raise HTTPException(404, "no such user id")
    return UserId(int(text))


def require_admin(context: Context) -> None:
    """Let nobody but an admin go on.

    Raises: HTTPException 403.
    """
    user = context.user
    if user is None or not user.is_admin:
        raise HTTPException(403, "only an admin may do this")


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(413, "the body is too long")
    return bytes(body)

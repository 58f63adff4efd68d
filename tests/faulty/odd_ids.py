"""Servers whose send_to_user takes what is no id for somebody's: guests', or every user's."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from harness.reference.cookie import context_of
from harness.reference.hub import Connection, Hub, UserId
from harness.reference.modules.body import read_json, require_admin
from harness.reference.modules.core import Notification, notifications_channel
from tests.faulty.fault import Fault

ROUTE = "/api/notify/{user_id}"


async def notify_whatever_it_says(request: Request) -> Response:
    """Hand on what stands in the place of the id, as JSON where it is some."""
    context = context_of(request)
    require_admin(context)
    text = request.path_params["user_id"]
    notification = await read_json(request, Notification)
    try:
        user_id = json.loads(text)
    except ValueError:
        user_id = text
    context.services.hub.send_to_user(user_id, notifications_channel.id, notification, now_s=time.time())
    return JSONResponse({"status": "accepted"}, status_code=202)


class _Compares(Hub):
    """Goes over all connections and compares what was asked for with whose each is."""

    def connections_of(self, user_id: UserId) -> Iterable[Connection]:
        return [each for each in self.connections.values() if self.same(each.user_id, user_id)]

    def same(self, user_id: UserId | None, asked: Any) -> bool:
        return type(user_id) is type(asked) and user_id == asked


class TakesNullForGuests(_Compares):
    """A guest's user id is null, and so is what was asked for."""


class TakesNothingForGuests(_Compares):
    """A guest's user id is an empty text, which many languages find equal to false and to an empty list."""

    def same(self, user_id: UserId | None, asked: Any) -> bool:
        if user_id is None:
            return asked is False or asked == []
        return super().same(user_id, asked)


class TakesTrueForEveryUser(_Compares):
    """Whether somebody is signed in is compared with what was asked for."""

    def same(self, user_id: UserId | None, asked: Any) -> bool:
        return (user_id is not None and asked is True) or (asked is not None and super().same(user_id, asked))


FAULTS = tuple(
    Fault(name, breaks, hub, routes=((ROUTE, notify_whatever_it_says),), plans=("what_is_no_id_is_nobodys",))
    for name, breaks, hub in (
        ("takes_null_for_guests", "ISO-5", TakesNullForGuests),
        ("takes_false_and_empty_lists_for_guests", "ISO-5", TakesNothingForGuests),
        ("takes_true_for_every_user", "ISO-2", TakesTrueForEveryUser),
    )
)

"""The pages: the demo page, the admin page, the client's files, and sign-in and sign-out by full page load.

A page carries the identity it was rendered for, so that the client of any other tab can follow it. Never
`no-store`: that would keep pages out of the back/forward cache, and hide what happens there.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from harness.reference.cookie import clear_cookie, context_of, identity_tag, set_cookie, sign_in, sign_out
from harness.reference.module import Module
from harness.reference.modules import PLUGIN
from harness.reference.modules.body import read_form, require_admin, user_id_of
from harness.reference.modules.chat import echo_channel, whoami_channel
from harness.reference.modules.core import Notification, SignIn, identity_channel, notifications_channel
from harness.reference.modules.posts import posts_channel

_FOLDER = Path(__file__).resolve().parent.parent
_templates = Environment(loader=FileSystemLoader(_FOLDER / "pages"), autoescape=True, auto_reload=False)
_channels = {
    "echo": echo_channel.id,
    "identity": identity_channel.id,
    "notifications": notifications_channel.id,
    "posts": posts_channel.id,
    "whoami": whoami_channel.id,
}


class NotifyForm(msgspec.Struct, frozen=True):
    """What the admin page's button sends."""

    user_id: str
    title: str
    description: str = ""


def _page(request: Request, name: str, *, note: str = "") -> Response:
    context = context_of(request)
    html = _templates.get_template(name).render(
        user=context.user,
        identity=identity_tag(context.session) or "",
        users=context.database.users(),
        channels=_channels,
        note=note,
    )
    return HTMLResponse(html, headers={"cache-control": "no-cache"})


async def _index(request: Request) -> Response:
    return _page(request, "index.html")


async def _admin(request: Request) -> Response:
    require_admin(context_of(request))
    return _page(request, "admin.html")


async def _admin_notify(request: Request) -> Response:
    context = context_of(request)
    require_admin(context)
    form = await read_form(request, NotifyForm)
    notification = Notification(form.title, form.description or None)
    await context.realtime.send_to_user(user_id_of(form.user_id), notifications_channel, notification)
    return _page(request, "admin.html", note=f"Sent to user {form.user_id}.")


async def _sign_in(request: Request) -> Response:
    form = await read_form(request, SignIn)
    context = context_of(request)
    response = RedirectResponse("/", status_code=303)
    user = context.database.user_named(form.user)
    if user is not None:
        set_cookie(response, await sign_in(user, context=context), settings=context.services.settings)
    return response


async def _sign_out(request: Request) -> Response:
    context = context_of(request)
    await sign_out(context)
    response = RedirectResponse("/", status_code=303)
    clear_cookie(response, settings=context.services.settings)
    return response


_routes: list[BaseRoute] = [
    Route("/", _index, methods=["GET"]),
    Route("/admin", _admin, methods=["GET"]),
    Route("/admin", _admin_notify, methods=["POST"]),
    Route("/sign_in", _sign_in, methods=["POST"]),
    Route("/sign_out", _sign_out, methods=["POST"]),
    Mount("/client", StaticFiles(directory=_FOLDER / "client")),
]
site_module = Module(PLUGIN, "site", routes=_routes)

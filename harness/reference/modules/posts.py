"""The live list: anybody may post, everybody hears that the list changed."""

from __future__ import annotations

from typing import Literal

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.reference.channel import broadcast_channel
from harness.reference.cookie import context_of
from harness.reference.module import Module
from harness.reference.modules import PLUGIN
from harness.reference.modules.body import read_json

Action = Literal["created", "updated", "deleted"]


class PostsChange(msgspec.Struct, frozen=True):
    """What happened to the list."""

    action: Action
    note: str = ""


posts_channel = broadcast_channel("changes", plugin=PLUGIN, module="posts", receive=PostsChange)


async def _list(request: Request) -> Response:
    posts = context_of(request).database.posts()
    return JSONResponse({"posts": [{"id": post.id, "note": post.note} for post in posts]})


async def _change(request: Request) -> Response:
    change = await read_json(request, PostsChange)
    context = context_of(request)
    if change.action == "created":
        context.database.add_post(change.note)
    await context.realtime.broadcast(posts_channel, change)
    return JSONResponse({"action": change.action}, status_code=201)


posts_module = Module(
    PLUGIN,
    "posts",
    routes=[
        Route("/api/posts", _list, methods=["GET"]),
        Route("/api/posts", _change, methods=["POST"]),
    ],
    channels=[posts_channel],
)

"""The reference's server with a page of others: `python serve.py --page NAME --port N`, NAME a script of client/.

Decides only what is served where; who gets what is the reference's to decide.
"""

from __future__ import annotations

import argparse
import dataclasses
import signal
from pathlib import Path

import anyio
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from harness.reference.app import DEMO_MODULES
from harness.reference.module import Module
from harness.reference.serve import serving
from harness.reference.settings import Settings

HERE = Path(__file__).resolve().parent
PAGE = (HERE / "client" / "index.html").read_text("utf-8")


def modules_with(page: str) -> list[Module]:
    """Return the reference's modules with this page in the place of its own."""

    async def index(_: Request) -> Response:
        return HTMLResponse(PAGE.replace("{{page}}", page), headers={"cache-control": "no-cache"})

    own = {"/": Route("/", index, methods=["GET"])}
    extra = Module(
        "pages",
        "site",
        routes=[
            Mount("/pages", StaticFiles(directory=HERE / "client")),
            Mount("/packages", StaticFiles(directory=HERE / "node_modules")),
        ],
    )
    replaced = [
        dataclasses.replace(
            each, routes=[own.get(route.path, route) if isinstance(route, Route) else route for route in each.routes]
        )
        for each in DEMO_MODULES
    ]
    return [extra, *replaced]


async def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--page", required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    settings = Settings(ping_interval_s=1.0, ping_timeout_s=3.0)
    async with serving(settings, port=options.port, modules=modules_with(options.page)):
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            async for _ in signals:
                return


if __name__ == "__main__":
    anyio.run(main)

"""Run one faulty implementation: `python -m tests.faulty.serve --fault NAME --port N`."""

from __future__ import annotations

import argparse
import dataclasses
import signal
import tempfile
from pathlib import Path

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from harness.reference.app import DEMO_MODULES
from harness.reference.bus import RedisBus
from harness.reference.cookie import context_of
from harness.reference.module import Module
from harness.reference.runtime.uvicorn_http import BoundedHeadProtocol
from harness.reference.serve import serving
from tests.faulty.fault import Fault
from tests.faulty.faults import FAULTS

CLIENT = Path(__import__("harness.reference").reference.__file__).parent / "client"


def patched_client(fault: Fault, folder: Path) -> Path:
    """Write the client with the fault's replacements to `folder`; each must fit exactly once."""
    texts = {path.name: path.read_text("utf-8") for path in CLIENT.iterdir() if path.is_file()}
    for old, new in fault.client:
        places = [name for name, text in texts.items() if text.count(old) == 1]
        if len(places) != 1 or sum(text.count(old) for text in texts.values()) != 1:
            raise ValueError(f"{fault.name}: its text is not in the client exactly once: {old!r}")
        texts[places[0]] = texts[places[0]].replace(old, new)
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    return folder


async def _sign_out_that_forgets_nothing(request: Request) -> Response:
    context = context_of(request)
    if context.session is not None:
        context.services.hub.end_session(context.session.id)
    return JSONResponse({"identity": None})


def modules_of(fault: Fault, folder: Path) -> list[Module]:
    """Return the reference's modules, with the routes that the fault changes."""
    client = patched_client(fault, folder) if fault.client else None
    replaced = dict(fault.routes)

    def changed(route: BaseRoute) -> BaseRoute:
        if client is not None and isinstance(route, Mount) and route.path == "/client":
            return Mount("/client", StaticFiles(directory=client))
        if fault.sign_out_forgets and isinstance(route, Route) and route.path == "/api/sign_out":
            return Route("/api/sign_out", _sign_out_that_forgets_nothing, methods=["POST"])
        if isinstance(route, Route) and route.path in replaced:
            return Route(route.path, replaced[route.path], methods=["POST"])
        return route

    return [dataclasses.replace(each, routes=[changed(route) for route in each.routes]) for each in DEMO_MODULES]


async def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fault", choices=FAULTS, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--redis-url")
    parser.add_argument("--app", default="onesocket")
    parser.add_argument("--database", default=":memory:")
    options = parser.parse_args()
    fault = FAULTS[options.fault]
    settings = dataclasses.replace(
        fault.settings, database=options.database, redis_url=options.redis_url, redis_topic=options.app
    )
    with tempfile.TemporaryDirectory() as folder:
        modules = modules_of(fault, Path(folder))
        hub = fault.hub() if fault.hub else None
        async with serving(
            settings,
            port=options.port,
            hub=hub,
            # The native runtime takes what is for everybody past `deliver`, which is what some of these change.
            runtime="asgi",
            modules=modules,
            wrap=fault.app,
            protocol=fault.protocol,
            redis_bus=fault.redis_bus or RedisBus,
            http=fault.http or BoundedHeadProtocol,
        ):
            with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
                async for _ in signals:
                    return


if __name__ == "__main__":
    anyio.run(main)

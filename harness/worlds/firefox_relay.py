"""A program in the place of Firefox: starts it, and passes on what Playwright and it tell each other (WebDriver BiDi).

A Playwright may be newer than a distribution's Firefox and ask it to emulate what it cannot: the answer "unknown
command" to that alone is made a "done", as nothing here depends on it. And what Firefox itself writes to the console as
an error of the page, of a socket that fails say, is left out: Playwright would take it for one that the page threw.
What Playwright would open a window for becomes a tab (`firefox_tabs`), where nobody looks on.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
from anyio.streams.text import TextReceiveStream
from websockets.asyncio.client import connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from harness.worlds.firefox_tabs import ALLOW, all_visible, in_a_tab

LISTENING = "WebDriver BiDi listening on "
HEADLESS = "--headless"
NEW_SESSION = '"session.new"'
EMULATION = "emulation."
LOGGED = '"log.entryAdded"'


def wrapper(program: Path, folder: Path) -> Path:
    """Write to `folder` an executable that stands for Firefox at `program`, and return it."""
    path = folder / "firefox"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {__name__} "{program}" {ALLOW} "$@"\n', "utf-8")
    path.chmod(0o755)
    return path


def mended(answer: str, *, emulating: set[int]) -> str:
    """Return Firefox's answer, with an unknown command among those of ids `emulating` made one that was done."""
    if '"unknown command"' in answer:
        message = json.loads(answer)
        if message.get("error") == "unknown command" and message.get("id") in emulating:
            return json.dumps({"type": "success", "id": message["id"], "result": {}})
    return answer


def emulated(command: str) -> int | None:
    """Return the id of a command that asks to emulate something, None for any other."""
    if EMULATION not in command:
        return None
    message = json.loads(command)
    named = str(message.get("method", "")).startswith(EMULATION)
    return int(message["id"]) if named else None


def logged_by_itself(answer: str) -> bool:
    """Tell whether this is Firefox's own remark: what a page throws has a place in a script, or a name before it."""
    if LOGGED not in answer:
        return False
    entry = json.loads(answer).get("params", {})
    thrown = entry.get("stackTrace") or ": " in (entry.get("text") or "")
    return entry.get("type") == "javascript" and not thrown


async def relay(playwright: ServerConnection, address: str, *, headless: bool) -> None:
    """Pass messages on between one Playwright and the Firefox at `address` until one of them leaves."""
    emulating: set[int] = set()
    begun: set[int] = set()
    tabs = False
    path = playwright.request.path if playwright.request is not None else "/session"
    async with connect(address + path, max_size=None, compression=None) as firefox:

        async def up() -> None:
            async for message in playwright:
                command = str(message)
                asked = emulated(command)
                emulating.update(() if asked is None else (asked,))
                if NEW_SESSION in command:
                    begun.add(json.loads(command)["id"])
                await firefox.send(in_a_tab(command) if tabs else command)

        async def down() -> None:
            nonlocal tabs
            async for answer in firefox:
                if begun and json.loads(answer).get("id") in begun:
                    begun.clear()
                    tabs = headless and await all_visible(firefox, meanwhile=pass_on)
                await pass_on(str(answer))

        async def pass_on(answer: str) -> None:
            if not logged_by_itself(answer):
                await playwright.send(mended(answer, emulating=emulating))

        async with anyio.create_task_group() as ways:
            ways.start_soon(_until_closed, up, firefox)
            ways.start_soon(_until_closed, down, playwright)


async def _until_closed(way: Callable[[], Awaitable[None]], other: Connection) -> None:
    with contextlib.suppress(ConnectionClosed):
        await way()
    await other.close()


async def announce(line: str, stack: contextlib.AsyncExitStack, *, headless: bool) -> str:
    """Return what Firefox printed, with our address in the place of its own, where we then listen."""
    if not line.startswith(LISTENING):
        return line
    address = line.removeprefix(LISTENING).strip()
    server = await stack.enter_async_context(
        serve(lambda one: relay(one, address, headless=headless), "127.0.0.1", 0, max_size=None, compression=None)
    )
    return f"{LISTENING}ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


async def main(*command: str) -> int:
    """Run Firefox, as `command` says, until it ends, and return its code."""
    async with (
        await anyio.open_process(command, stdin=None, stdout=None, stderr=subprocess.PIPE) as firefox,
        contextlib.AsyncExitStack() as stack,
    ):
        assert firefox.stderr is not None
        rest = ""
        async for text in TextReceiveStream(firefox.stderr, errors="replace"):
            *lines, rest = (rest + text).split("\n")
            for line in lines:
                sys.stderr.write(await announce(line, stack, headless=HEADLESS in command) + "\n")
            sys.stderr.flush()
        return await firefox.wait()


if __name__ == "__main__":
    sys.exit(anyio.run(main, *sys.argv[1:]))

"""One WebKitGTK browser of its own: Debian's WebKitWebDriver, the MiniBrowser that it starts, W3C WebDriver between us.

A command is for one window at a time; one that a page is slow to answer stops no other window's. Knows no targets.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Self, TypeAlias

import anyio
import httpx
from playwright.async_api import Error as PlaywrightError

from harness.errors import UsageError
from harness.targets.child import end, free_port, spawn
from harness.wire.template import Json
from harness.worlds.program import find_program

NAMES, SCREENS = ("WebKitWebDriver",), ("Xvfb",)
VARIABLE = "ONESOCKET_WEBKITGTK"
TODO = f"apt-get install webkit2gtk-driver xvfb; or name the driver in {VARIABLE}"
CAPABILITIES: Json = {
    "browserName": "MiniBrowser",
    "pageLoadStrategy": "none",  # else a command waits for a page that loads, and every other window's with it
    "unhandledPromptBehavior": "dismiss",
    "timeouts": {"script": 20_000, "pageLoad": 60_000, "implicit": 0},
    "webkitgtk:browserOptions": {
        "args": ["--automation", "--javascript-can-open-windows-automatically=true"],
    },
}
SURROUNDINGS = {
    "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1", "GTK_USE_PORTAL": "0",
    # Without a graphics card, to draw by way of what is meant for one takes half of a page's opening.
    "WEBKIT_DISABLE_DMABUF_RENDERER": "1", "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
    "WEBKIT_SKIA_ENABLE_CPU_RENDERING": "1", "LIBGL_ALWAYS_SOFTWARE": "1",
}  # fmt: skip
START_TIMEOUT_S, STOP_TIMEOUT_S, POLL_S = 60.0, 5.0, 0.02
COMMAND_TIMEOUT_S = 30.0
DISPATCHED_S = 0.5
"""After which time a command has reached its window, so that another may be turned to."""
GONE = "invalid session id"
Handle: TypeAlias = str


def find_webkit_driver(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the system's WebKitWebDriver: ONESOCKET_WEBKITGTK, then PATH; None when there is none.

    Raises:
        UsageError: ONESOCKET_WEBKITGTK names no program.
    """
    return find_program(NAMES, variable=VARIABLE, environment=environment)


def find_screen(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the program that shows windows to nobody, None when there is none."""
    return find_program(SCREENS, variable="", environment=environment)


@contextlib.asynccontextmanager
async def screen(*, headless: bool) -> AsyncIterator[str]:
    """Have an X display for the time of the block, and give its name: that of the session where one looks on.

    Raises:
        UsageError: there is none.
    """
    program = find_screen()
    display = os.environ.get("DISPLAY", "")
    if program is None or not headless:
        if not display:
            raise UsageError("no webkitgtk can be started", where="no Xvfb on PATH, and no DISPLAY", todo=TODO)
        yield display
        return
    told, tells = os.pipe()
    command = [str(program), "-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
    process = await spawn(command, folder=Path(), environment={}, output=tells)
    os.close(tells)
    try:
        number = ""
        with anyio.move_on_after(START_TIMEOUT_S):
            number = await _number(told)
        if not number:
            raise UsageError("no webkitgtk can be started", where=f"{program} gives no display", todo=TODO)
        yield f":{number}"
    finally:
        await end(process)
        os.close(told)


async def _number(told: int) -> str:
    """Return the first line that is a number, "" when there is none."""
    rest = b""
    while True:
        *lines, rest = rest.split(b"\n")
        if found := [line for line in lines if line.strip().isdigit()]:
            return found[0].decode().strip()
        await anyio.wait_readable(told)
        if not (more := os.read(told, 1024)):
            return ""
        rest += more


class WebKitDriver:
    """A driver and its one session, from `started` to `stop`."""

    def __init__(self, process: subprocess.Popen[bytes], http: httpx.AsyncClient, *, session: str = "") -> None:
        self._process = process
        self._http = http
        self.lost = ""
        """Why it can be used no more, "" while it can."""
        self._session = session and f"/session/{session}"
        self._stopping = False
        self._turns = anyio.Semaphore(1)

    @classmethod
    async def started(cls, program: Path, *, display: str) -> Self:
        """Return one whose browser runs on `display`.

        Raises:
            PlaywrightError: it does not start.
        """
        port = free_port()
        process = await spawn(
            [str(program), f"--port={port}"], folder=Path(), environment={**SURROUNDINGS, "DISPLAY": display},
            output=subprocess.DEVNULL,
        )  # fmt: skip
        http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=COMMAND_TIMEOUT_S, trust_env=False)
        driver = cls(process, http)
        try:
            with anyio.fail_after(START_TIMEOUT_S):
                await driver._until_it_listens()
            answer = await driver._ask("POST", "/session", {"capabilities": {"alwaysMatch": CAPABILITIES}})
            assert isinstance(answer, dict)
            driver._session = f"/session/{answer['sessionId']}"
        except BaseException as error:
            with anyio.CancelScope(shield=True):
                await driver.stop()
            if isinstance(error, TimeoutError):
                raise PlaywrightError(f"{program} does not listen") from error
            raise
        return driver

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether its process has not ended."""
        return self._process.poll() is None

    async def stop(self) -> None:
        """End the browser and the driver, with all that they have started."""
        self._stopping = True
        if self._session:
            with contextlib.suppress(PlaywrightError):
                with anyio.move_on_after(STOP_TIMEOUT_S):
                    await self._ask("DELETE", self._session)
        await self._http.aclose()
        await end(self._process)

    async def command(self, method: str, path: str, body: Json = None) -> Json:
        """Return the answer to a command that is for the session, or for the window that was last turned to.

        Raises:
            PlaywrightError: it was refused, or not answered.
        """
        return await self._ask(method, self._session + path, body)

    async def in_window(self, window: Handle, method: str, path: str, body: Json = None, *, frame: int = -1) -> Json:
        """Return the answer of `window` to a command, or of its frame of that number.

        Raises:
            PlaywrightError: it was refused, or not answered.
        """
        answer: Json = None
        failure: PlaywrightError | None = None
        turn = _Turn(self._turns)
        await turn.begin()
        try:
            await self.command("POST", "/window", {"handle": window})
            if frame >= 0:
                await self.command("POST", "/frame", {"id": frame})
            async with anyio.create_task_group() as group:
                group.start_soon(turn.end_soon)
                try:
                    answer = await self.command(method, path, body)
                except PlaywrightError as error:  # a group would wrap it
                    failure = error
                group.cancel_scope.cancel()
        finally:
            turn.end()
        if failure is not None:
            raise failure
        return answer

    async def _ask(self, method: str, path: str, body: Json = None) -> Json:
        if self._stopping and method != "DELETE":
            raise PlaywrightError("Target closed")
        sent = None if method != "POST" else {} if body is None else body
        try:
            response = await self._http.request(method, path, json=sent)
            value: Json = response.json()["value"]
        except (httpx.HTTPError, ValueError, KeyError) as error:
            why = f"its driver does not answer: {type(error).__name__}"
            if self._session and not self._stopping:  # until there is one it may not listen yet
                self.lost = self.lost or why
            raise PlaywrightError(why) from error
        if response.status_code >= 400:
            if isinstance(value, dict) and value.get("error") == GONE and not self._stopping:
                self.lost = self.lost or str(value.get("message") or GONE)
            raise PlaywrightError(_words(value))
        return value

    async def _until_it_listens(self) -> None:
        while self.running:
            with contextlib.suppress(PlaywrightError):
                await self._ask("GET", "/status")
                return
            await anyio.sleep(POLL_S)
        raise PlaywrightError(f"the driver ended with code {self._process.returncode}")


class _Turn:
    """The time in which a command turns to its window and reaches it: no other may turn to one meanwhile."""

    def __init__(self, turns: anyio.Semaphore) -> None:
        self._turns = turns
        self._ended = False

    async def begin(self) -> None:
        """Wait until it is our turn."""
        await self._turns.acquire()

    def end(self) -> None:
        """Let the next have its turn."""
        if not self._ended:
            self._ended = True
            self._turns.release()

    async def end_soon(self) -> None:
        """End it once the command must have reached its window, answered or not."""
        await anyio.sleep(DISPATCHED_S)
        self.end()


def _words(value: Json) -> str:
    """Return what a refusal says, in the words that Playwright has for a document that is left."""
    told = value if isinstance(value, dict) else {}
    text = f"{told.get('error')}: {told.get('message')}"
    if "unload" in text or told.get("error") == "no such frame":
        return f"Execution context was destroyed, most likely because of a navigation ({text})"
    return text

"""A Chromium of its own for one browser of a plan, started as a person's is: its tabs can be frozen, it can be killed.

In what Playwright launches, and in a context that it makes, freezing has no effect: so this one is started here, and
its own context is reached by the debugging port.
Knows nothing of tabs or targets.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from pathlib import Path

import anyio
from playwright.async_api import Browser, BrowserContext, BrowserType
from playwright.async_api import Error as PlaywrightError

from harness.errors import UsageError
from harness.targets.child import end, spawn
from harness.worlds.chromium import FLAGS, LAUNCH_TIMEOUT_S, find_chromium
from harness.worlds.program import said

POLL_S = 0.02
_FLAGS = (
    *FLAGS, "--remote-debugging-port=0", "--disable-popup-blocking", "--no-default-browser-check",
    "--password-store=basic", "--use-mock-keychain", "--hide-crash-restore-bubble", "--mute-audio",
)  # fmt: skip


class NaturalChromium:
    """One browser process with a profile of its own, from `start` to `stop`; `kill` and `start` again in between.

    `launcher` is any Playwright's Chromium: its driver is used.
    """

    def __init__(self, launcher: BrowserType, *, headless: bool) -> None:
        self._launcher = launcher
        self._headless = headless
        self._profile = Path(tempfile.mkdtemp(prefix="onesocket-browser-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._browser: Browser | None = None

    async def start(self) -> BrowserContext:
        """Start it and return its one context.

        Raises:
            UsageError: there is no Chromium, or it does not start.
        """
        program = find_chromium() or Path(self._launcher.executable_path)
        port_file = anyio.Path(self._profile / "DevToolsActivePort")
        await port_file.unlink(missing_ok=True)
        headless = ("--headless=new",) if self._headless else ()
        command = [*_bound_to_us(), str(program), *_FLAGS, *headless, f"--user-data-dir={self._profile}", "about:blank"]
        try:
            self._process = await spawn(command, folder=self._profile, environment={}, output=subprocess.DEVNULL)
            with anyio.fail_after(LAUNCH_TIMEOUT_S):
                port = await self._port(port_file)
                self._browser = await self._launcher.connect_over_cdp(f"http://127.0.0.1:{port}", no_defaults=True)
        except (OSError, TimeoutError, PlaywrightError) as error:
            raise UsageError(
                "no Chromium of its own can be started", where=f"{program}; {said(error)}",
                todo="install one (apt-get install chromium), or name it in ONESOCKET_CHROMIUM",
            ) from error  # fmt: skip
        return self._browser.contexts[0]

    async def kill(self) -> None:
        """Kill the process with all that it started; the profile stays."""
        process, self._process = self._process, None
        if process is not None:
            await end(process, kill=True)
        browser, self._browser = self._browser, None
        if browser is not None:
            with contextlib.suppress(PlaywrightError), anyio.move_on_after(1.0, shield=True):
                await browser.close()

    async def stop(self) -> None:
        """End it for good and remove its profile; nothing in it is worth a polite end."""
        await self.kill()
        await anyio.to_thread.run_sync(lambda: shutil.rmtree(self._profile, ignore_errors=True))

    async def _port(self, file: anyio.Path) -> str:
        """Return the port that the process says it listens on."""
        while True:
            if self._process is None or self._process.poll() is not None:
                raise OSError("it ended by itself")
            with contextlib.suppress(FileNotFoundError):
                lines = (await file.read_text()).splitlines()
                if len(lines) > 1:
                    return lines[0]
            await anyio.sleep(POLL_S)


def _bound_to_us() -> list[str]:
    """Return the words before a command that end it with us, should we be killed without a word; Linux has them."""
    program = shutil.which("setpriv")
    return [program, "--pdeathsig", "KILL"] if program else []

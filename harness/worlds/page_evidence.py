"""What is kept of a page trial that shows something, or is lost: the log of frames, a picture a tab, a trace a browser.

Decides what is saved and where, never whether it shows anything: `wanted` is asked once, before the browsers close.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from anyio.abc import TaskGroup
from playwright.async_api import BrowserContext
from playwright.async_api import Error as PlaywrightError

from harness.faults.socket_event import ProxyEvent, RequestAnswered, SocketText
from harness.worlds.page_call import within

if TYPE_CHECKING:
    from harness.worlds.page_browser import PageBrowser

MOST_LINES = 4000
CUT_CHARS = 400
TRACE_TIMEOUT_S = 6.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where evidence goes, whether browsers are traced for it, and whether what was seen is worth keeping."""

    folder: Path
    traced: bool
    wanted: Callable[[], bool] = lambda: True


class FrameLog:
    """What the proxy saw of one browser, the last lines of it: text messages, handshakes, ends, requests."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._count = 0

    def add(self, event: ProxyEvent, *, at_s: float) -> None:
        """Take in one event of the proxy."""
        self._count += 1
        self._lines.append(f"{at_s:8.3f}  {_words(event)}")

    @property
    def text(self) -> str:
        """All lines; the first says how many were left out."""
        left_out = self._count - len(self._lines)
        head = [f"({left_out:,} earlier lines are left out)"] if left_out else []
        return "".join(f"{line}\n" for line in (*head, *self._lines))


def _words(event: ProxyEvent) -> str:
    if isinstance(event, RequestAnswered):
        return f"     {event.method} {_cut(event.path)} -> {event.status}"
    if isinstance(event, SocketText):
        return f"#{event.socket:<3} {'>' if event.sender == 'client' else '<'} {_cut(event.text)}"
    said = {name: getattr(event, name) for name in event.__dataclass_fields__ if name not in {"socket", "port"}}
    told = " ".join(f"{name}={_cut(str(value))}" for name, value in said.items() if value not in {None, ""})
    return f"#{event.socket:<3} . {type(event).__name__.removeprefix('Socket').lower()} {told}".rstrip()


def _cut(text: str) -> str:
    shown = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text[:CUT_CHARS])
    return shown if len(text) <= CUT_CHARS else f"{shown}... ({len(text):,} characters)"


async def start_trace(context: BrowserContext) -> None:
    """Begin to trace, where the engine can."""
    with contextlib.suppress(PlaywrightError):
        await context.tracing.start(screenshots=True, snapshots=True)


async def save(browser: PageBrowser, evidence: Evidence, *, group: TaskGroup) -> None:
    """Save what is kept of one browser; what cannot be had in time is left out."""
    folder = anyio.Path(evidence.folder)
    await folder.mkdir(parents=True, exist_ok=True)
    log = browser.frames.text.encode("utf-8", "backslashreplace")
    await (folder / f"{browser.name}.frames.log").write_bytes(log)
    async with anyio.create_task_group() as pictures:
        for tab in browser.open_tabs:
            pictures.start_soon(tab.screenshot, str(evidence.folder / f"{tab.id.replace('/', '-')}.png"))
    context = browser.context
    if evidence.traced and context is not None:
        path = evidence.folder / f"{browser.name}.trace.zip"
        with contextlib.suppress(PlaywrightError, TimeoutError):
            await within(group, lambda: context.tracing.stop(path=path), timeout_s=TRACE_TIMEOUT_S)

"""Tabs of one window in the place of Firefox's windows: a window a tab takes twice the time to open.

Playwright asks for a window each, in which a page is visible. Of a window's tabs all but one are hidden, and slowed. A
headless Firefox that lets its own window be spoken to (`--remote-allow-system-access`) is told here to take all of them
for visible; where it does not, windows they remain.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

ALLOW = "--remote-allow-system-access"
CREATE = '"browsingContext.create"'
OUR_IDS = 1 << 50
"""From here on commands are ours: Playwright counts its own from 1."""
ALL_VISIBLE = """(() => {
  const shown = customElements.get("browser").prototype;
  const active = Object.getOwnPropertyDescriptor(shown, "docShellIsActive");
  const show = browser => active.set.call(browser, true);
  Object.defineProperty(shown, "docShellIsActive", { ...active, set() { show(this); } });
  gBrowser.tabContainer.addEventListener("TabOpen", event => show(event.target.linkedBrowser));
  gBrowser.browsers.forEach(show);
  return true;
})()"""


class Firefox(Protocol):
    """What is needed of the connection to a Firefox."""

    async def send(self, message: str) -> None: ...

    def __aiter__(self) -> AsyncIterator[str | bytes]: ...


def in_a_tab(command: str) -> str:
    """Return Playwright's command, with a window that it asks for made a tab that stays in the background."""
    if CREATE not in command:
        return command
    message = json.loads(command)
    if message.get("method") == "browsingContext.create" and message["params"].get("type") == "window":
        message["params"] |= {"type": "tab", "background": True}
    return json.dumps(message)


async def all_visible(firefox: Firefox, *, meanwhile: Callable[[str], Awaitable[None]]) -> bool:
    """Have Firefox's window take all of its tabs for visible; return whether it does.

    What Firefox says besides goes to `meanwhile`. To be called while a session is there and nobody else listens.
    """
    asked = {"moz:scope": "chrome"}
    tree = await _answer(firefox, OUR_IDS, "browsingContext.getTree", asked, meanwhile=meanwhile)
    windows = [each["context"] for each in tree.get("contexts", ()) if each.get("moz:scope") == "chrome"]
    if len(windows) != 1:
        return False
    evaluated = {"expression": ALL_VISIBLE, "target": {"context": windows[0]}, "awaitPromise": False}
    told = await _answer(firefox, OUR_IDS + 1, "script.evaluate", evaluated, meanwhile=meanwhile)
    return bool(told.get("result", {}).get("value"))


async def _answer(
    firefox: Firefox, number: int, method: str, params: dict[str, Any], *, meanwhile: Callable[[str], Awaitable[None]]
) -> dict[str, Any]:
    """Return the result of a command of ours, empty where it fails or Firefox goes."""
    await firefox.send(json.dumps({"id": number, "method": method, "params": params}))
    async for answer in firefox:
        if str(number) in str(answer):
            message = json.loads(answer)
            if message.get("id") == number:
                result: dict[str, Any] = message.get("result") or {}
                return result
        await meanwhile(str(answer))
    return {}

"""Calls into a page, each with a deadline, and the three-line errors when a page does not keep to the hook contract.

A call that is given up goes on in the background until its page closes: Playwright complains of cancelled ones.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import anyio
import msgspec
from anyio.abc import TaskGroup
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Frame, Page

from harness.errors import ControlFailed
from harness.wire.template import Json

HOOK_TIMEOUT_S = 10.0
ITEM_BYTES, ITEMS = 4_000_000, 20_000
"""The longest item of `received()` that is taken, and the most that may come at once."""
NO_ANSWER = "the page cannot be asked, its builtins are replaced or frozen"
Result = TypeVar("Result")

# A hook's place is walked, not evaluated, and values travel as JSON text: a strict policy or an odd value is no matter.
_FIND = 'const hooks = path.split(".").reduce((found, name) => found?.[name], globalThis);'
_CALL_JS = f"""async ([path, name, args]) => {{
  {_FIND}
  if (typeof hooks?.[name] !== "function") return {{ missing: true }};
  try {{
    await hooks[name](...JSON.parse(args));
    return {{}};
  }} catch (error) {{
    return {{ error: String(error?.message ?? error) }};
  }}
}}"""
_LOOK_JS = f"""async ([path, known, from]) => {{
  const look = {{ hooked: true, mark: "", mounts: false }};
  try {{
    {_FIND}
    if (!hooks) return {{ hooked: false }};
    try {{ document.__onesocketMark ??= Math.random().toString(36).slice(2); }} catch {{ /* frozen */ }}
    look.mark = document.__onesocketMark ?? String(performance.timeOrigin);
    look.mounts = typeof hooks.mount === "function";
    for (const name of ["readyState", "received"])
      if (typeof hooks[name] !== "function") return {{ ...look, problem: `${{name}} is not a function` }};
    // All at once: where hooks take their time, one after the other they would take three times as long.
    const ask = async (name) => (typeof hooks[name] === "function" ? hooks[name]() : undefined);
    const [state, all, user] = await Promise.all([ask("readyState"), ask("received"), ask("userId")]);
    if (![0, 1, 2, 3].includes(state))
      return {{ ...look, problem: "readyState() did not return a number from 0 to 3" }};
    if (!Array.isArray(all)) return {{ ...look, problem: "received() did not return an array" }};
    const start = look.mark === known ? from : 0;
    if (all.length < start) return {{ ...look, problem: "received() forgot what it had listed before" }};
    if (all.length - start > {ITEMS}) return {{ ...look, problem: "received() lists more than {ITEMS} new items" }};
    const text = (item) => {{ try {{ return JSON.stringify(item) ?? "null"; }} catch {{ return "null"; }} }};
    const items = all.slice(start).map(text);
    if (items.some((each) => each.length > {ITEM_BYTES}))
      return {{ ...look, problem: "an item of received() is longer than {ITEM_BYTES} characters" }};
    return {{
      ...look, state, items,
      asks: user !== undefined, user: user === null || user === undefined ? null : String(user),
    }};
  }} catch (error) {{
    return {{ ...look, problem: `readyState(), received() or userId() threw: ${{error?.message ?? error}}` }};
  }}
}}"""


_HAS_JS = f"""([path, names]) => {{
  {_FIND}
  return names.every((name) => typeof hooks?.[name] === "function");
}}"""
_MARKUP_JS = """() => [
  document.documentElement.innerText.includes("data-onesocket-markup"),
  document.querySelector("[data-onesocket-markup]") !== null,
  document.documentElement.dataset.onesocketRan !== undefined,
]"""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What a page answered when it was looked at. `mark` names the document; `items` are JSON texts not seen before."""

    hooked: bool
    mark: str = ""
    mounts: bool = False
    problem: str = ""
    state: int | None = None
    items: tuple[str, ...] = ()
    asks: bool = False
    user: str | None = None
    told: bool = True
    """Whether the page itself said its `state`; else it is what the network shows."""
    shown: bool = False
    """Whether items are texts that the page shows, and not data that it was handed."""


class LateLook(msgspec.Struct, frozen=True, kw_only=True):
    """What a look found that was not waited for, in which life of its tab it was begun, and when."""

    look: Look
    life: int
    started_s: float


class HookFailed(ControlFailed):
    """A hook threw, or did not answer in time."""


class HookSilent(HookFailed):
    """A hook did not answer in time."""


async def within(group: TaskGroup, work: Callable[[], Awaitable[Result]], *, timeout_s: float) -> Result:
    """Return what `work` returns.

    Raises:
        TimeoutError: it was not done in time; it goes on in `group`.
        PlaywrightError: the page could not do it.
    """
    done = anyio.Event()
    results: list[Result] = []
    failures: list[PlaywrightError] = []

    async def run() -> None:
        try:
            results.append(await work())
        except PlaywrightError as error:
            failures.append(error)
        finally:
            done.set()

    group.start_soon(run)
    with anyio.fail_after(timeout_s):
        await done.wait()
    if failures:
        raise failures[0]
    return results[0]


async def look_at(page: Page | Frame, *, hooks: str, known: str, read: int) -> Look:
    """Ask the page for its state and for what it received after the first `read` items of document `known`.

    Raises:
        PlaywrightError: the page is gone or on its way to another document.
    """
    try:
        return msgspec.convert(await page.evaluate(_LOOK_JS, [hooks, known, read]), Look, strict=False)
    except msgspec.ValidationError as error:
        return Look(hooked=True, problem=f"{NO_ANSWER}: {first_line(error)}")


async def call_hook(
    group: TaskGroup, page: Page | Frame, name: str, *args: Json, hooks: str, timeout_s: float | None = None
) -> bool:
    """Call the hook `name` and wait until it has answered; False when the page went to another document meanwhile.

    Raises:
        HookFailed: there is no such hook, it threw, or it did not answer in time.
    """
    where = f"{hooks}.{name}"
    timeout_s = timeout_s or HOOK_TIMEOUT_S
    try:
        answer = await within(
            group, lambda: page.evaluate(_CALL_JS, [hooks, name, json.dumps(args)]), timeout_s=timeout_s
        )
    except TimeoutError as error:
        raise HookSilent(
            "a page hook does not answer", where=f"{where}, after {timeout_s:g} s",
            todo="return (or resolve) once what was asked is done",
        ) from error  # fmt: skip
    except PlaywrightError as error:
        if is_leaving(error):
            return False
        raise HookFailed(
            "a page hook failed", where=f"{where}: {first_line(error)}", todo="see the page's console"
        ) from error
    if not isinstance(answer, dict):
        raise HookFailed(NO_ANSWER, where=where, todo="leave the builtins of the page as they are")
    if answer.get("missing"):
        raise HookFailed(
            "the page has no such hook", where=where, todo="offer it as a function, or mend hooks in [page]"
        )
    if "error" in answer:
        raise HookFailed(f"a page hook threw: {answer['error'][:300]}", where=where, todo="see the page's console")
    return True


async def has_hooks(page: Page, hooks: str, names: Sequence[str]) -> bool:
    """Tell whether the page has hooks of these names.

    Raises:
        PlaywrightError: the page is gone or on its way to another document.
    """
    return bool(await page.evaluate(_HAS_JS, [hooks, list(names)]))


async def look_for_markup(page: Page) -> tuple[bool, bool, bool]:
    """Return whether the page shows the text that is markup, rendered it, and ran it.

    Raises:
        PlaywrightError: the page is gone or on its way to another document.
    """
    shown, rendered, ran = await page.evaluate(_MARKUP_JS)
    return bool(shown), bool(rendered), bool(ran)


def is_leaving(error: PlaywrightError) -> bool:
    """Whether the call failed because the page went to another document."""
    return any(
        words in str(error) for words in ("context was destroyed", "because of a navigation", "frame was detached")
    )


def first_line(error: Exception) -> str:
    """Return the first line of an error's text, cut to a readable length."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


def envelope_of(item: Json) -> tuple[str, Json]:
    """Return channel and data of something that `received()` listed; without a channel the whole item is the data."""
    match item:
        case {"channel": str(channel), "data": data} | {"id": str(channel), "data": data} | [str(channel), data]:
            return channel, data
        case _:
            return "", item

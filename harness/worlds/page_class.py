"""A tab asked by a class of the user's own, for what a target file cannot say.

It is named as `[page] driver = "package.module:Class"`, made without arguments once a tab, and handed the Playwright
page. `received(page)` is needed; `ready_state`, `user_id`, `send`, `sign_in`, `sign_out`, `mount`, `unmount` where it
has them; each is async.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any, Self

import msgspec
from anyio.abc import TaskGroup
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Frame, Page

from harness.errors import TargetFileError
from harness.wire.template import Json
from harness.worlds import page_call
from harness.worlds.page_call import HookFailed, Look, is_leaving, within
from harness.worlds.page_driver import mark_of

_METHODS = {"send": "send", "signIn": "sign_in", "signOut": "sign_out", "mount": "mount", "unmount": "unmount"}


class ClassDriver:
    """Asks an instance of the class that the target file names."""

    waits = False

    def __init__(self, asked: Any) -> None:
        self._asked = asked

    @classmethod
    def named(cls, name: str) -> Self:
        """Return a driver of the class `package.module:Class`.

        Raises:
            TargetFileError: it cannot be imported or made, or has no `received`.
        """
        module, _, found = name.partition(":")
        try:
            asked = getattr(import_module(module), found)()
        except Exception as error:  # whatever the user's own module raises is theirs to read
            raise _refusal(name, f"{type(error).__name__}: {error}") from error
        if not callable(getattr(asked, "received", None)):
            raise _refusal(name, "it has no method received")
        return cls(asked)

    async def look(self, page: Page | Frame, *, known: str, read: int) -> Look:
        mark = await mark_of(page)
        try:
            items = [json.dumps(each) for each in await self._asked.received(page)]
            state = await self._asked.ready_state(page) if hasattr(self._asked, "ready_state") else 1
            asks = hasattr(self._asked, "user_id")
            user = await self._asked.user_id(page) if asks else None
            look = Look(hooked=True, mark=mark, mounts=hasattr(self._asked, "mount"), state=int(state), asks=asks)
        except PlaywrightError:
            raise
        except Exception as error:  # noqa: BLE001 # theirs again, whatever it raises
            return Look(hooked=True, mark=mark, problem=f"{self._name} failed: {type(error).__name__}: {error}")
        start = read if mark == known else 0
        user = None if user is None else str(user)
        return msgspec.structs.replace(
            look, items=tuple(items[start:]), user=user, told=hasattr(self._asked, "ready_state")
        )

    async def call(
        self, group: TaskGroup, page: Page | Frame, name: str, *args: Json, timeout_s: float | None = None
    ) -> bool:
        method = getattr(self._asked, _METHODS[name], None)
        if method is None:
            raise HookFailed(f"{self._name} has no method {_METHODS[name]}", where="[page] driver", todo="add it")

        async def work() -> Exception | None:
            try:
                await method(page, *args)
            except Exception as error:  # noqa: BLE001 # theirs, whatever it raises
                return error
            return None

        try:
            failure = await within(group, work, timeout_s=page_call.HOOK_TIMEOUT_S)
        except TimeoutError as error:
            failure = error
        if isinstance(failure, PlaywrightError) and is_leaving(failure):
            return False
        if failure is not None:
            raise self._failed(name, failure) from failure
        return True

    @property
    def _name(self) -> str:
        return type(self._asked).__name__

    def _failed(self, name: str, error: Exception) -> HookFailed:
        said = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"[:300]
        return HookFailed(f"{self._name}.{_METHODS[name]} failed: {said}", where="[page] driver", todo="mend the class")


def _refusal(named: str, why: str) -> TargetFileError:
    return TargetFileError(
        f"the page's driver cannot be used: {why}",
        where=f"[page] driver = {named!r}",
        todo='write it like "package.module:Class"; the folder of the target file is searched too',
    )

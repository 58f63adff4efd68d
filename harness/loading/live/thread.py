"""One event loop in one native thread, for work that green threads would slow down or never let finish.

A process whose standard library is patched for green threads hands in the unpatched parts. Knows nothing of the work.
"""

from __future__ import annotations

import asyncio  # noqa: TID251 # the loop itself: anyio takes one made to measure and makes none
from collections.abc import Awaitable, Callable
from contextvars import Context, copy_context
from selectors import BaseSelector
from typing import Any, TypeVar

import anyio
from anyio.abc import TaskGroup

T = TypeVar("T")

StartThread = Callable[[Callable[[], None], tuple[()]], object]
Resolve = Callable[..., Any]


class NativeLoop(asyncio.SelectorEventLoop):
    """A loop on the selector it is given. It resolves names by itself: an executor's threads would be green."""

    def __init__(self, selector: BaseSelector, *, resolve: Resolve) -> None:
        super().__init__(selector)
        self._resolve = resolve

    async def getaddrinfo(
        self, host: Any, port: Any, *, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> list[Any]:
        """Resolve `host` at once; it holds the loop up for as long as the system takes."""
        return list(self._resolve(host, port, family, type, proto, flags))


class LiveThread:
    """Runs what is posted until it is stopped. Its methods may be called from any thread."""

    def __init__(self, *, start_thread: StartThread, make_loop: Callable[[], NativeLoop]) -> None:
        self._start_thread = start_thread
        self._make_loop = make_loop
        self._loop: NativeLoop | None = None
        self._tasks: TaskGroup | None = None
        self._context = Context()

    def start(self, *, on_up: Callable[[BaseException | None], None]) -> None:
        """Start the thread; it calls `on_up` once it takes work, and again with the error should it die of one."""

        def body() -> None:
            try:
                anyio.run(self._main, on_up, backend_options={"loop_factory": self._make})
            except BaseException as error:  # noqa: BLE001 # the thread has nobody else to tell
                on_up(error)

        self._start_thread(body, ())

    def post(self, work: Callable[[], Awaitable[T]], *, on_done: Callable[[T | BaseException], None]) -> None:
        """Have the thread run `work`; `on_done` is called in the thread with its result or its error."""

        async def run() -> None:
            try:
                result: T | BaseException = await work()
            except Exception as error:  # noqa: BLE001 # handed to whoever posted the work
                result = error
            on_done(result)

        self._call(lambda tasks: tasks.start_soon(run))

    def stop(self) -> None:
        """Cancel everything that still runs and let the thread end."""
        self._call(lambda tasks: tasks.cancel_scope.cancel())

    def _call(self, what: Callable[[TaskGroup], object]) -> None:
        if self._loop is not None and self._tasks is not None and not self._loop.is_closed():
            # In the thread's own context: in the caller's, sniffio would find no library where it is installed.
            self._loop.call_soon_threadsafe(what, self._tasks, context=self._context)

    def _make(self) -> NativeLoop:
        self._loop = self._make_loop()
        return self._loop

    async def _main(self, on_up: Callable[[BaseException | None], None]) -> None:
        async with anyio.create_task_group() as tasks:
            self._tasks, self._context = tasks, copy_context()
            on_up(None)
            await anyio.sleep_forever()

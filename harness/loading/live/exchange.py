"""Where green threads wait for the live thread: work goes one way, the news that it is done the other.

Knows no green threads: how to wait, and how to be woken from another thread, is handed in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar, cast

from harness.errors import HarnessError
from harness.loading.live.thread import LiveThread

T = TypeVar("T")

CALL_TIMEOUT_S = 40.0


class Waiting(Protocol):
    """An event that a green thread waits for."""

    def set(self) -> object:
        """Wake whoever waits."""

    def wait(self, timeout: float) -> object:
        """Wait; return whether it was set in time."""


class Exchange:
    """The two ways. `ring` may be called from any thread and has `open_mail` called where green threads live."""

    def __init__(self, live: LiveThread, *, ring: Callable[[], object], new_event: Callable[[], Waiting]) -> None:
        self._live = live
        self._ring = ring
        self._new_event = new_event
        self._mail: deque[Callable[[], object]] = deque()

    def start(self) -> None:
        """Start the live thread and wait until it takes work."""
        self.wait(lambda done: self._live.start(on_up=done), timeout_s=CALL_TIMEOUT_S)

    def stop(self) -> None:
        """Let the live thread end."""
        self._live.stop()

    def call(self, work: Callable[[], Awaitable[T]], *, timeout_s: float = CALL_TIMEOUT_S) -> T:
        """Have the live thread do `work` and wait for its result; raises what it raises."""
        return cast(T, self.wait(lambda done: self._live.post(work, on_done=done), timeout_s=timeout_s))

    def post(self, work: Callable[[], Awaitable[object]], *, on_error: Callable[[BaseException], object]) -> None:
        """Have the live thread do `work` without waiting; `on_error` is called in ours when it fails."""

        def done(result: object) -> None:
            if isinstance(result, BaseException):
                self._mail.append(lambda: on_error(result))
                self._ring()

        self._live.post(work, on_done=done)

    def wait(self, start: Callable[[Callable[[Any], None]], None], *, timeout_s: float = CALL_TIMEOUT_S) -> Any:
        """Have `start` set something going that calls what it is handed, once, from any thread; return what with.

        Raises:
            HarnessError: it was not called in time. An exception that it was called with is raised.
        """
        event, box = self._new_event(), []

        def deliver(result: Any) -> None:
            box.append(result)
            self._mail.append(event.set)
            self._ring()

        start(deliver)
        if not event.wait(timeout_s):
            what = f"the live thread did not answer in {timeout_s:g} s"
            raise HarnessError(what, where="the load generator", todo="report this, with the log")
        if isinstance(box[0], BaseException):
            raise box[0]
        return box[0]

    def open_mail(self) -> None:
        """Wake everybody for whom there is news."""
        while self._mail:
            self._mail.popleft()()

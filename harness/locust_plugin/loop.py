"""Event loops, threads and selectors of unpatched parts: Locust has put green ones in the place of the system's."""

from __future__ import annotations

from selectors import BaseSelector

from gevent import monkey  # type: ignore[import-untyped] # it ships no types

from harness.loading.live.thread import LiveThread, NativeLoop


def make_selector() -> BaseSelector:
    """Return a selector of the system's."""
    selector: BaseSelector = monkey.get_original("selectors", "DefaultSelector")()
    return selector


def make_loop() -> NativeLoop:
    """Return an event loop for a thread where no greenlet ever runs."""
    return NativeLoop(make_selector(), resolve=monkey.get_original("socket", "getaddrinfo"))


def make_thread() -> LiveThread:
    """Return a native thread with such a loop."""
    return LiveThread(start_thread=monkey.get_original("_thread", "start_new_thread"), make_loop=make_loop)

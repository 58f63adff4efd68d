"""Locust's user: it spawns, takes turns and tells the statistics what took how long. What it does is its role's."""

from __future__ import annotations

import time
from collections.abc import Callable

from locust import User, task

from harness.errors import OnesocketError
from harness.loading.visitor import Visitor
from harness.locust_plugin.shared import wait_for_node


class SocketUser(User):
    """A visitor in the role that it is dealt, as a guest or as one of the target's users in turn."""

    abstract = True

    def on_start(self) -> None:
        """Come."""
        node = wait_for_node(self.environment)
        role = node.deal.next()
        self._visitor: Visitor = role(node, user=node.seats.take(), measure=self._measure)
        self._due_s = time.perf_counter()
        self._turns = 0
        self._visitor.arrive()

    def on_stop(self) -> None:
        """Go."""
        self._visitor.leave()

    def wait_time(self) -> float:
        """Return how long it is until the next turn is due; turns that were missed are not made up for."""
        now_s = time.perf_counter()
        self._due_s = max(self._due_s + self._visitor.pause_s, now_s)
        return self._due_s - now_s

    @task
    def act(self) -> None:
        """Take a turn, once there has been a pause after the arrival."""
        self._turns += 1
        if self._turns > 1:
            self._visitor.act()

    def _measure(self, name: str, what: Callable[[], OnesocketError | None]) -> None:
        started_s = time.perf_counter()
        error = what()
        self.environment.events.request.fire(
            request_type="WS", name=name, response_time=(time.perf_counter() - started_s) * 1000, response_length=0,
            exception=error.what if error else None, context={},
        )  # fmt: skip

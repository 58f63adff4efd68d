"""A worker's half: it holds connections, and tells the master what they saw whenever it is asked."""

from __future__ import annotations

import time
from typing import Any

import gevent  # type: ignore[import-untyped] # it ships no types
import msgspec
from locust.env import Environment
from locust.runners import STATE_INIT, WorkerRunner

from harness.loading.knobs import Knobs
from harness.loading.live.clock import Offset, offset_of
from harness.loading.live.node import Node
from harness.loading.roll_call import ENDING, answer
from harness.locust_plugin.messages import ANSWER, ASK_TIME, POLL, TELL_TIME
from harness.locust_plugin.shared import listen, options_of
from harness.targets.file import Target

CLOCK_LOOKS, CLOCK_PAUSE_S = 5, 0.05


class Follower:
    """Locust's events of a worker, handed to its node."""

    def __init__(self, node: Node, environment: Environment, runner: WorkerRunner) -> None:
        self._node = node
        self._environment = environment
        self._runner = runner
        self._looks: list[tuple[float, float, float]] = []
        self._offset = Offset()

    def attach(self) -> None:
        """Listen to everything."""
        events = self._environment.events
        self._runner.register_message(POLL, self.poll, concurrent=True)
        self._runner.register_message(TELL_TIME, self.take_time)
        listen(events.test_start, self.begin)
        listen(events.test_stopping, self._node.mirror_deliveries)
        listen(events.test_stop, self._node.end)
        listen(events.report_to_master, self.add_progress)
        listen(events.quitting, self.leave)
        gevent.spawn(self._look_at_clock)
        # A worker tells its master that it is ready before it fires `init`: the first test may have begun meanwhile.
        if self._runner.worker_state != STATE_INIT:
            self.begin()

    def begin(self, **_: object) -> None:
        """Begin a test."""
        options = options_of(self._environment)
        self._offset = offset_of(self._looks)
        self._node.begin(
            msgspec.json.decode(options.harness_target, type=Target), urls=tuple(options.harness_urls.split()),
            run=options.harness_run, index=max(0, self._runner.worker_index),
            knobs=msgspec.json.decode(options.harness_knobs, type=Knobs), returns=options.harness_returns,
            seats=options.harness_seats, offset_s=self._offset.offset_s,
        )  # fmt: skip

    def poll(self, msg: Any, **_: object) -> None:
        """Answer the master."""
        if not self._node.holds_sockets:
            return
        asked = msg.data
        report = (
            self._node.report(flush=asked["flush"], quiet=asked["quiet"])
            if asked["whole"]
            else self._node.sockets.report(whole=False)
        )
        report = msgspec.structs.replace(report, clock_bound_ms=1000 * self._offset.bound_s)
        self._runner.send_message(ANSWER, answer(report, number=asked["number"]))

    def add_progress(self, data: dict[str, Any], **_: object) -> None:
        """Add our counters to what Locust reports every few seconds."""
        if self._node.holds_sockets:
            data["onesocket"] = msgspec.to_builtins(self._node.sockets.report(whole=False))

    def leave(self, **_: object) -> None:
        """Send the last report."""
        if self._node.holds_sockets:
            report = self._node.sockets.report(whole=True, ending=True)
            self._runner.send_message(ANSWER, answer(report, number=ENDING))
        # The master says how the run ended: what failed here is in its counts.
        self._environment.process_exit_code = 0

    def take_time(self, msg: Any, **_: object) -> None:
        """Take in what the master's clock said."""
        self._looks.append((msg.data["asked_s"], msg.data["there_s"], time.monotonic()))

    def _look_at_clock(self) -> None:
        for _ in range(CLOCK_LOOKS):
            self._runner.send_message(ASK_TIME, {"asked_s": time.monotonic()})
            gevent.sleep(CLOCK_PAUSE_S)

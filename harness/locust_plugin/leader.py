"""The leading half, in the master or the only process: it has the target run, publishes and tells the outcome.

Nothing of it has to be merged, and with workers no delivery delays the publisher.
"""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import gevent  # type: ignore[import-untyped] # it ships no types
from locust.env import Environment
from locust.runners import STATE_MISSING, LocalRunner, MasterRunner, Runner
from locust.stats import StatsError

from harness.checks.finding import LoadOutcome
from harness.loading.evidence import Report
from harness.loading.live.conductor import Conductor
from harness.loading.live.node import Node
from harness.loading.outcome import exit_code
from harness.loading.roll_call import RollCall
from harness.loading.seats import seats_of
from harness.loading.table import table
from harness.locust_plugin.growth import Growth
from harness.locust_plugin.loop import make_loop
from harness.locust_plugin.messages import ANSWER, ASK_TIME, POLL, TELL_TIME
from harness.locust_plugin.shared import CONNECT_PATIENCE_S, listen, options_of
from harness.report.record import RunMeta
from harness.report.run_folder import RunFolder

MIRROR_S = 1.0
COLLECT_TIMEOUT_S, LOOK_TIMEOUT_S = 10.0, 0.5
EXIT_INTERRUPTED, EXIT_NOTHING_VERIFIED = 130, 5
INTERRUPTED = "interrupted before its time was over"


class Leader:
    """Locust's events of the master, or of the only process, handed to the conductor; also its `Hands`."""

    def __init__(self, environment: Environment, node: Node, conductor: Conductor) -> None:
        self._node = node
        self._conductor = conductor
        self._environment = environment
        self._roll = RollCall()
        self._under_way = False
        self._going_on: list[gevent.Greenlet] = []
        self._goodbye = ""
        self.call, self.post, self.sleep = node.exchange.call, node.post, gevent.sleep

    def attach(self) -> None:
        """Listen to everything."""
        events, runner = self._environment.events, self._environment.runner
        if isinstance(runner, MasterRunner):
            runner.register_message(ANSWER, self.take_answer)
            runner.register_message(ASK_TIME, self.tell_time)
            listen(events.worker_report, self.take_progress)
        listen(events.test_start, self.begin)
        listen(events.spawning_complete, self.publish)
        listen(events.test_stopping, self.stop)
        listen(events.test_stop, self._node.end)
        listen(events.quitting, self.leave)
        listen(events.quit, self.say_goodbye)
        listen(events.quit, self.stop_target)

    def begin(self, **_: object) -> None:
        """Begin a test."""
        conductor = self._conductor
        conductor.begin()
        self._roll.begin()
        self._under_way, self._going_on = True, []
        options, runner = options_of(self._environment), self._environment.runner
        options.harness_run = conductor.run
        workers = runner.worker_count if isinstance(runner, MasterRunner) else 1
        options.harness_seats = seats_of(conductor.target.promises.max_connections, workers=workers)
        if isinstance(runner, LocalRunner):
            self._node.begin(
                conductor.target, urls=conductor.urls, run=conductor.run, index=0, knobs=conductor.knobs,
                returns=conductor.scenario.returns, seats=options.harness_seats,
            )  # fmt: skip
        else:
            self._node.begin_without_sockets()
        if self._environment.shape_class is not None:
            self.publish()

    def publish(self, **_: object) -> None:
        """Start publishing once all users are spawned, or the first where they grow; later changes change nothing."""
        if self._under_way and not self._going_on:
            self._going_on = [gevent.spawn(self._publish)]

    def stop(self, **_: object) -> None:
        """Conclude a test that Locust stops."""
        shape = self._environment.shape_class
        cut = isinstance(shape, Growth) and not shape.finished and self._environment.web_ui is None
        self._conclude(cut=cut)

    def leave(self, **_: object) -> None:
        """Conclude a test that is interrupted, while its connections are still open."""
        self._conclude(cut=self._under_way and bool(options_of(self._environment).run_time))
        if self._environment.process_exit_code is None and self._environment.web_ui is None:
            self._environment.process_exit_code = EXIT_NOTHING_VERIFIED

    def say_goodbye(self, **_: object) -> None:
        """Show the table of the last test, once."""
        sys.stdout.write(self._goodbye)
        sys.stdout.flush()
        self._goodbye = ""

    def stop_target(self, **_: object) -> None:
        """Stop the target if it was started here."""
        self._node.exchange.stop()
        _run_here(self._conductor.stop_target)

    def collect(self, *, flush: bool, quiet: bool = False, whole: bool = True) -> tuple[list[Report], list[str]]:
        """Return the last report of whoever holds sockets, and in words who did not answer."""
        runner = self._environment.runner
        if isinstance(runner, MasterRunner):
            return self._collect(runner, flush=flush, quiet=quiet, whole=whole)
        if not whole:
            return [self._node.sockets.report(whole=False)], []
        return [self._node.report(flush=flush, quiet=quiet)], []

    def take_answer(self, msg: Any, **_: object) -> None:
        """Take in a worker's report."""
        self._roll.take_answer(msg.node_id, msg.data)

    def take_progress(self, client_id: str, data: dict[str, Any], **_: object) -> None:
        """Take in what came with a worker's regular report."""
        if "onesocket" in data:
            self._roll.take_progress(client_id, data["onesocket"])

    def tell_time(self, msg: Any, **_: object) -> None:
        """Tell a worker what our clock says."""
        runner = self._environment.runner
        if isinstance(runner, MasterRunner):
            runner.send_message(
                TELL_TIME, {"asked_s": msg.data["asked_s"], "there_s": time.monotonic()}, client_id=msg.node_id
            )

    def _conclude(self, *, cut: bool) -> None:
        if not self._under_way:
            return
        self._under_way = False
        gevent.killall(self._going_on)
        conductor = self._conductor
        users = self._environment.runner.target_user_count if self._environment.runner else 0
        if self._environment.shape_class is not None:
            users = max(users, options_of(self._environment).num_users or 0)
        outcome = conductor.conclude(self, users=users, note=INTERRUPTED if cut else "")
        self._mirror_answers()
        self._node.mirror_deliveries()
        name = f"{conductor.scenario.kind} → receiver"
        self._node.mirror.add_failures("WS", name, outcome.counts, new_error=StatsError)
        unusable = conductor.unusable
        code = unusable.exit_code if unusable else exit_code(outcome, budgets=conductor.budgets)
        self._environment.process_exit_code = EXIT_INTERRUPTED if cut and not code else code
        self._goodbye = table(outcome, where=str(write_outcome(outcome, conductor, interrupted=cut)))
        if self._environment.web_ui is not None:
            self.say_goodbye()

    def _collect(
        self, runner: MasterRunner, *, flush: bool, quiet: bool, whole: bool
    ) -> tuple[list[Report], list[str]]:
        number = self._roll.ask(_present(runner))
        runner.send_message(POLL, {"number": number, "flush": flush, "quiet": quiet, "whole": whole})
        # A worker whose first users are not there yet does not answer.
        deadline_s = time.monotonic() + (COLLECT_TIMEOUT_S if whole else LOOK_TIMEOUT_S)
        while not self._roll.complete(_present(runner)) and time.monotonic() < deadline_s:
            gevent.sleep(0.02)
        return self._roll.reports(), self._roll.missing()

    def _publish(self) -> None:
        self._wait_for_connections()
        self._conductor.publish(self)
        if self._conductor.knobs.kills:
            self._going_on.append(gevent.spawn(self._kill_and_restart))
        while True:
            self._conductor.look_at_memory()
            gevent.sleep(MIRROR_S)
            self._mirror_answers()

    def _wait_for_connections(self) -> None:
        # Spawned is not connected, and what is published before that is owed to nobody. Patient while more come.
        runner = self._environment.runner
        growing = self._environment.shape_class is not None
        before, deadline_s = -1, time.monotonic() + CONNECT_PATIENCE_S
        while runner is not None and time.monotonic() < deadline_s:
            settled = self._settled_connections()
            if settled >= (1 if growing else runner.target_user_count):
                return
            if settled > before:
                before, deadline_s = settled, time.monotonic() + CONNECT_PATIENCE_S
            gevent.sleep(0.1)

    def _kill_and_restart(self) -> None:
        for _ in range(self._conductor.knobs.kills):
            gevent.sleep(self._conductor.knobs.kill_after_s)
            self._conductor.restart(self, run=_run_here)

    def _settled_connections(self) -> int:
        reports, _ = self.collect(flush=False, whole=False)
        return sum(each.counters.ready + each.counters.refused for each in reports)

    def _mirror_answers(self) -> None:
        answers = self._conductor.ledger.answer_ms.snapshot()
        self._node.mirror.add("HTTP", f"publish {self._conductor.scenario.kind}", answers)


def write_outcome(outcome: LoadOutcome, conductor: Conductor, *, interrupted: bool) -> Path:
    """Write the outcome into the run folder of the settings, or into a new one; return the folder."""
    given = conductor.settings.run_dir
    if given is None:
        meta = RunMeta(
            target=conductor.target.name, target_file=str(conductor.settings.target_file or ""), url=conductor.url,
            command=shlex.join(["locust", *sys.argv[1:]]),
        )  # fmt: skip
        folder = RunFolder.create(Path("onesocket-runs"), what=f"load {outcome.scenario}", meta=meta)
    else:
        given.mkdir(parents=True, exist_ok=True)
        folder = RunFolder(given)
    folder.add_scope(dict.fromkeys(conductor.scenario.requirements, ("load",)))
    folder.add_load(outcome)
    # A folder that somebody else began is theirs to finish.
    if given is None or not (given / "run.json").exists():
        folder.finish(interrupted=interrupted)
    return folder.path


def _run_here(work: Callable[[], Awaitable[None]]) -> None:
    # Green processes belong to the main thread, so what starts or ends one holds everything green up.
    anyio.run(work, backend_options={"loop_factory": make_loop})


def _present(runner: Runner) -> list[str]:
    clients = runner.clients if isinstance(runner, MasterRunner) else {}
    return [each for each, client in clients.items() if client.state != STATE_MISSING]

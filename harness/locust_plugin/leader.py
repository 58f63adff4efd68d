"""Locust under onesocket: thin users, one live thread a process for the sockets, exact counts merged by the master.

The only module that imports locust or gevent; what is counted and judged is decided in `harness.loading`. The master
(or the only process) starts the target, publishes and keeps the ledger: nothing there has to be merged, and with
workers no delivery delays it.
"""

from __future__ import annotations

import logging
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import gevent  # type: ignore[import-untyped] # it ships no types
import msgspec
from gevent import monkey
from gevent.event import Event  # type: ignore[import-untyped] # it ships no types
from locust import User, constant_pacing, events, task
from locust.env import Environment
from locust.runners import STATE_INIT, STATE_MISSING, LocalRunner, MasterRunner, Runner, WorkerRunner
from locust.stats import StatsError, bucket_response_time

from harness.checks.finding import LoadOutcome
from harness.errors import OnesocketError
from harness.loading.evidence import Report
from harness.loading.live.conductor import Conductor
from harness.loading.live.exchange import Exchange
from harness.loading.live.node import Node
from harness.loading.live.thread import LiveThread, NativeLoop
from harness.loading.mirror import Mirror
from harness.loading.outcome import exit_code
from harness.loading.roll_call import ENDING, RollCall, answer
from harness.loading.scenario import Scenario, Settings, add_options
from harness.loading.table import table
from harness.report.record import RunMeta
from harness.report.run_folder import RunFolder
from harness.targets.file import Target

ECHO_PACE_S = 5.0
MIRROR_S = 1.0
CONNECT_PATIENCE_S = 10.0
COLLECT_TIMEOUT_S = 10.0
EXIT_INTERRUPTED, EXIT_NOTHING_VERIFIED = 130, 5
POLL, ANSWER = "onesocket_poll", "onesocket_report"

# Logging takes green locks: two threads that wait for one can wait for ever, so the live thread must not log at all.
SILENT = ("asyncio", "httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy", "websockets.client")

_nodes: dict[int, Node] = {}


def install(scenario: Scenario) -> None:
    """Make `locust -f` of the calling file run `scenario`; the file defines a `SocketUser` beside it."""
    _on(events.init_command_line_parser, lambda parser, **_: add_options(parser))
    _on(events.init, lambda environment, **_: _start_node(environment, scenario))


class SocketUser(User):
    """A browser with one connection: a guest or one of the target's users in turn. Reconnects when disconnected."""

    abstract = True
    wait_time = constant_pacing(ECHO_PACE_S)

    def on_start(self) -> None:
        """Connect, and be ready after an echo round trip."""
        self._node = _wait_for_node(self.environment)
        self._user = self._node.next_user()
        self._connect()

    def on_stop(self) -> None:
        """Disconnect."""
        self._node.disconnect(self._number)

    @task
    def stay(self) -> None:
        """Make an echo round trip, or connect again after a disconnection."""
        if self._node.sockets.live(self._number):
            self._measure("echo", lambda: self._node.echo(self._number))
        else:
            self._connect()

    def _connect(self) -> None:
        self._number = self._node.next_number()
        self._measure("connect", lambda: self._node.connect(self._number, user=self._user))

    def _measure(self, name: str, what: Callable[[], OnesocketError | None]) -> None:
        started_s = time.perf_counter()
        error = what()
        self.environment.events.request.fire(
            request_type="WS", name=name, response_time=(time.perf_counter() - started_s) * 1000, response_length=0,
            exception=error.what if error else None, context={},
        )  # fmt: skip


class Leader:
    """Locust's events of the master, or of the only process, handed to the conductor; also its `Hands`."""

    def __init__(self, environment: Environment, node: Node, conductor: Conductor) -> None:
        self._node = node
        self._conductor = conductor
        self._environment = environment
        self._roll = RollCall()
        self._under_way = False
        self._publishing: gevent.Greenlet | None = None
        self._goodbye = ""
        self.call, self.post, self.sleep = node.exchange.call, node.post, gevent.sleep

    def begin(self, **_: object) -> None:
        """Begin a test."""
        self._conductor.begin()
        self._roll.begin()
        self._under_way, self._publishing = True, None
        _options(self._environment).harness_run = self._conductor.run
        if isinstance(self._environment.runner, LocalRunner):
            self._node.begin(self._conductor.target, url=self._conductor.url, run=self._conductor.run, index=0)
        else:
            self._node.begin_without_sockets()

    def publish(self, **_: object) -> None:
        """Start publishing once all users are spawned; a later change of their number changes nothing."""
        if self._under_way and self._publishing is None:
            self._publishing = gevent.spawn(self._publish)

    def conclude(self, *, note: str = "", **_: object) -> None:
        """Conclude the test, write its outcome down, set the exit code."""
        if not self._under_way:
            return
        self._under_way = False
        if self._publishing is not None:
            self._publishing.kill()
        users = self._environment.runner.target_user_count if self._environment.runner else 0
        outcome = self._conductor.conclude(self, users=users, note=note)
        self._mirror_answers()
        self._node.mirror_deliveries()
        self._node.mirror.add_failures(
            "WS", f"{self._conductor.scenario.kind} → receiver", outcome.counts, new_error=StatsError
        )
        unusable, budgets = self._conductor.unusable, self._conductor.settings.budgets
        self._environment.process_exit_code = unusable.exit_code if unusable else exit_code(outcome, budgets=budgets)
        self._goodbye = table(outcome, where=str(write_outcome(outcome, self._conductor, interrupted=bool(note))))
        if self._environment.web_ui is not None:
            self.say_goodbye()

    def leave(self, **_: object) -> None:
        """Conclude a test that is interrupted, while its connections are still open."""
        interrupted = self._under_way and bool(_options(self._environment).run_time)
        self.conclude(note="interrupted before its time was over" if interrupted else "")
        if interrupted and not self._environment.process_exit_code:
            self._environment.process_exit_code = EXIT_INTERRUPTED
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
        anyio.run(self._conductor.stop_target, backend_options={"loop_factory": make_loop})

    def collect(self, *, flush: bool) -> tuple[list[Report], list[str]]:
        """Return the last report of whoever holds sockets, and in words who did not answer."""
        runner = self._environment.runner
        if not isinstance(runner, MasterRunner):
            return [self._node.report(flush=flush)], []
        return self._collect(runner, flush=flush, timeout_s=COLLECT_TIMEOUT_S)

    def take_answer(self, msg: Any, **_: object) -> None:
        """Take in a worker's whole report."""
        self._roll.take_answer(msg.node_id, msg.data)

    def take_progress(self, client_id: str, data: dict[str, Any], **_: object) -> None:
        """Take in what came with a worker's regular report."""
        if "onesocket" in data:
            self._roll.take_progress(client_id, data["onesocket"])

    def _collect(self, runner: MasterRunner, *, flush: bool, timeout_s: float) -> tuple[list[Report], list[str]]:
        number = self._roll.ask(_present(runner))
        runner.send_message(POLL, {"number": number, "flush": flush})
        deadline_s = time.monotonic() + timeout_s
        while not self._roll.complete(_present(runner)) and time.monotonic() < deadline_s:
            gevent.sleep(0.02)
        return self._roll.reports(), self._roll.missing()

    def _publish(self) -> None:
        # Spawned is not connected, and what is published before that is owed to nobody.
        runner = self._environment.runner
        deadline_s = time.monotonic() + CONNECT_PATIENCE_S
        while runner is not None and time.monotonic() < deadline_s:
            if self._settled_connections(runner) >= runner.target_user_count:
                break
            gevent.sleep(0.1)
        self._conductor.publish(self)
        while True:
            gevent.sleep(MIRROR_S)
            self._mirror_answers()

    def _settled_connections(self, runner: Runner) -> int:
        if isinstance(runner, MasterRunner):
            reports, _ = self._collect(runner, flush=False, timeout_s=1.0)
        else:
            reports, _ = self.collect(flush=False)
        return sum(each.counters.ready + each.counters.refused for each in reports)

    def _mirror_answers(self) -> None:
        answers = self._conductor.ledger.answer_ms.snapshot()
        self._node.mirror.add("HTTP", f"publish {self._conductor.scenario.kind}", answers)


def make_loop() -> NativeLoop:
    """Return an event loop of unpatched parts, for a thread where no greenlet ever runs."""
    selector = monkey.get_original("selectors", "DefaultSelector")()
    return NativeLoop(selector, resolve=monkey.get_original("socket", "getaddrinfo"))


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


def _start_node(environment: Environment, scenario: Scenario) -> None:
    for name in SILENT:
        logging.getLogger(name).disabled = True
    live = LiveThread(start_thread=monkey.get_original("_thread", "start_new_thread"), make_loop=make_loop)
    bell = gevent.get_hub().loop.async_()
    exchange = Exchange(live, ring=bell.send, new_event=Event)
    bell.start(exchange.open_mail)
    exchange.start()

    def new_mirror() -> Mirror:
        return Mirror(environment.stats, bucket=bucket_response_time, clock=time.time)

    node = Node(exchange, new_mirror=new_mirror, clock=time.monotonic)
    gevent.spawn(_mirror_for_ever, node)
    if isinstance(environment.runner, WorkerRunner):
        _follow(node, environment, environment.runner)
    else:
        _lead(node, environment, scenario)
    _nodes[id(environment)] = node


def _follow(node: Node, environment: Environment, runner: WorkerRunner) -> None:
    def begin(**_: object) -> None:
        options = _options(environment)
        target = msgspec.json.decode(options.harness_target, type=Target)
        node.begin(target, url=options.harness_url, run=options.harness_run, index=max(0, runner.worker_index))

    def poll(msg: Any, **_: object) -> None:
        if node.holds_sockets:
            report = node.report(flush=msg.data["flush"])
            runner.send_message(ANSWER, answer(report, number=msg.data["number"]))

    def add_progress(data: dict[str, Any], **_: object) -> None:
        if node.holds_sockets:
            data["onesocket"] = msgspec.to_builtins(node.sockets.report(whole=False))

    def leave(**_: object) -> None:
        if node.holds_sockets:
            report = node.sockets.report(whole=True, ending=True)
            runner.send_message(ANSWER, answer(report, number=ENDING))
        # The master says how the run ended: what failed here is in its counts.
        environment.process_exit_code = 0

    runner.register_message(POLL, poll, concurrent=True)
    _on(environment.events.test_start, begin)
    _on(environment.events.test_stopping, node.mirror_deliveries)
    _on(environment.events.test_stop, node.end)
    _on(environment.events.report_to_master, add_progress)
    _on(environment.events.quitting, leave)
    # A worker tells its master that it is ready before it fires `init`: the first test may have begun meanwhile.
    if runner.worker_state != STATE_INIT:
        begin()


def _lead(node: Node, environment: Environment, scenario: Scenario) -> None:
    options = _options(environment)
    try:
        conductor = Conductor(scenario, Settings.of(vars(options)))
        anyio.run(conductor.start_target, backend_options={"loop_factory": make_loop})
    except OnesocketError as error:
        sys.stderr.write(f"{error}\n")
        _send_home(environment, processes=options.processes or 0)
        sys.exit(error.exit_code)
    leader = Leader(environment, node, conductor)
    # Every spawn message carries the options: that is how workers learn what their own command line does not say.
    options.harness_url, options.harness_run = conductor.url, ""
    options.harness_target = msgspec.json.encode(conductor.target).decode()
    if isinstance(environment.runner, MasterRunner):
        environment.runner.register_message(ANSWER, leader.take_answer)
        _on(environment.events.worker_report, leader.take_progress)
    _on(environment.events.test_start, leader.begin)
    _on(environment.events.spawning_complete, leader.publish)
    _on(environment.events.test_stopping, leader.conclude)
    _on(environment.events.test_stop, node.end)
    _on(environment.events.quitting, leader.leave)
    _on(environment.events.quit, leader.say_goodbye)
    _on(environment.events.quit, leader.stop_target)


def _wait_for_node(environment: Environment) -> Node:
    with gevent.Timeout(CONNECT_PATIENCE_S):
        while id(environment) not in _nodes:
            gevent.sleep(0.01)
    return _nodes[id(environment)]


def _send_home(environment: Environment, *, processes: int) -> None:
    # Workers that Locust forked would otherwise wait a minute for the heartbeat of a master that is gone.
    runner = environment.runner
    if isinstance(runner, MasterRunner):
        deadline_s = time.monotonic() + CONNECT_PATIENCE_S
        while len(runner.clients) < processes and time.monotonic() < deadline_s:
            gevent.sleep(0.05)
        runner.quit()


def _present(runner: MasterRunner) -> list[str]:
    return [each for each, client in runner.clients.items() if client.state != STATE_MISSING]


def _mirror_for_ever(node: Node) -> None:
    while True:
        gevent.sleep(MIRROR_S)
        node.mirror_deliveries()


def _on(hook: Any, listener: Callable[..., object]) -> None:
    hook.add_listener(listener)


def _options(environment: Environment) -> Any:
    return environment.parsed_options

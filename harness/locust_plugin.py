"""Locust under onesocket: thin users, one live thread per process for the sockets, exact counts merged by the master.

The only module that imports locust or gevent. What is counted and judged is decided in `harness.loading`. The master (or
the only process) starts the target, publishes and keeps the ledger: it holds no sockets of its own when there are workers.
"""

from __future__ import annotations

import logging
import shlex
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import anyio
import gevent
import msgspec
from gevent import monkey
from gevent.event import Event
from locust import User, constant_pacing, events, task
from locust.env import Environment
from locust.runners import STATE_MISSING, LocalRunner, MasterRunner, WorkerRunner
from locust.stats import RequestStats, StatsEntry, StatsError, bucket_response_time

from harness.checks.finding import LoadOutcome
from harness.errors import HarnessError, OnesocketError, TargetUnreachable
from harness.loading.evidence import Report
from harness.loading.histogram import Histogram, difference, upper_bound
from harness.loading.live.conductor import Conductor
from harness.loading.live.sockets import Sockets
from harness.loading.live.thread import LiveThread, NativeLoop
from harness.loading.outcome import exit_code
from harness.loading.roll_call import ENDING, RollCall, answer
from harness.loading.scenario import Scenario, Settings
from harness.loading.table import table
from harness.report.record import RunMeta
from harness.report.run_folder import RunFolder
from harness.targets.file import Target

T = TypeVar("T")

ECHO_PACE_S = 5.0
OPEN_PATIENCE_S = 40.0
MIRROR_S = 1.0
CONNECT_PATIENCE_S = 10.0
COLLECT_TIMEOUT_S = 10.0
POLL, ANSWER = "onesocket_poll", "onesocket_report"

logger = logging.getLogger("onesocket.load")
# Each publish is one line at the level that Locust shows.
logging.getLogger("httpx").setLevel(logging.WARNING)


def install(scenario: Scenario) -> None:
    """Make `locust -f` of the calling file run `scenario`; the file defines a `SocketUser` beside it."""
    events.init_command_line_parser.add_listener(_add_options)
    events.init.add_listener(lambda environment, **_: _start_node(environment, scenario))


class SocketUser(User):
    """A browser with one connection: a guest or one of the target's users in turn. Reconnects when it was disconnected."""

    abstract = True
    wait_time = constant_pacing(ECHO_PACE_S)

    def on_start(self) -> None:
        """Connect, and be ready after an echo round trip."""
        self._node = _nodes[id(self.environment)]
        self._user = self._node.next_user()
        self._connect()

    def on_stop(self) -> None:
        """Disconnect."""
        self._node.disconnect(self._number)

    @task
    def stay(self) -> None:
        """Make an echo round trip, or connect again after a disconnection."""
        if not self._node.sockets.live(self._number):
            self._connect()
            return
        sockets, number = self._node.sockets, self._number
        self._measured("echo", lambda: _expect_answer(self._node.call(lambda: sockets.echo(number))))

    def _connect(self) -> None:
        self._number = next(self._node.numbers)
        self._measured("connect", lambda: self._node.connect(self._number, user=self._user))

    def _measured(self, name: str, what: Callable[[], OnesocketError | None]) -> None:
        started_s = time.perf_counter()
        error = what()
        self.environment.events.request.fire(
            request_type="WS", name=name, response_time=(time.perf_counter() - started_s) * 1000, response_length=0,
            exception=error.what if error else None, context={},
        )  # fmt: skip


class Node:
    """What every process has: the live thread and a way to wait for it, the sockets, the mirror into Locust's statistics."""

    def __init__(self, environment: Environment, scenario: Scenario) -> None:
        self.environment = environment
        self.scenario = scenario
        self.numbers = count(1)
        self.worker = getattr(environment.runner, "client_id", "local")
        self.worker_index = 0
        self._turn = count()
        self._sockets: Sockets | None = None
        self._mirrored: dict[str, Histogram] = {}
        self._mail: deque[Callable[[], object]] = deque()
        self._bell = gevent.get_hub().loop.async_()
        self._bell.start(self._open_mail)
        self.live = LiveThread(start_thread=monkey.get_original("_thread", "start_new_thread"), make_loop=make_loop)
        self._wait(lambda done: self.live.start(on_up=done), timeout_s=10.0)

    @property
    def sockets(self) -> Sockets:
        """The sockets of the test that runs, or ran last."""
        if self._sockets is None:
            raise HarnessError("no test was started", where="locust", todo="report this")
        return self._sockets

    def call(self, work: Callable[[], Awaitable[T]], *, timeout_s: float = OPEN_PATIENCE_S) -> T:
        """Have the live thread do `work` and wait for it; other greenlets go on. Raises what it raises."""
        return self._wait(lambda done: self.live.post(work, on_done=done), timeout_s=timeout_s)

    def post(self, work: Callable[[], Awaitable[object]]) -> None:
        """Have the live thread do `work` without waiting for it."""
        self.live.post(work, on_done=_log_error)

    def begin(self, target: Target, *, url: str, run: str) -> None:
        """Start a test with no connections yet."""
        index = max(0, getattr(self.environment.runner, "worker_index", 0))
        self._sockets = sockets = Sockets(target, base_url=url, run=run, worker=f"worker {index}", clock=time.monotonic)
        self._users = ("", *target.ordinary_users)
        self._turn = count(index)
        self._mirrored = {}
        self.post(sockets.watch_load)

    def forget(self) -> None:
        """Start a test in a process that holds no sockets."""
        self._mirrored = {}

    def end(self) -> None:
        """Close what the test still has open."""
        if self._sockets is not None:
            self.post(_later(self._sockets.close_all))

    def next_user(self) -> str:
        """Return who the next connection belongs to: guests (empty) and the target's ordinary users take turns."""
        return self._users[next(self._turn) % len(self._users)]

    def connect(self, number: int, *, user: str) -> OnesocketError | None:
        """Open a connection; return why it did not become ready, or None."""
        sockets = self.sockets

        def start(done: Callable[[Any], None]) -> None:
            self.post(lambda: sockets.hold(number, user=user, on_ready=lambda error: done((error,))))

        (error,) = self._wait(start, timeout_s=OPEN_PATIENCE_S)
        return error if isinstance(error, OnesocketError) else None

    def disconnect(self, number: int) -> None:
        """Close a connection from our side."""
        self.post(_later(lambda: self.sockets.close(number)))

    def mirror(self, name: str, histogram: Histogram, *, method: str = "WS") -> None:
        """Add to Locust's statistics what `histogram` counted since the last time, as one entry."""
        before = self._mirrored.get(name, Histogram())
        self._mirrored[name] = histogram
        added = difference(histogram.counts, since=before.counts)
        if added:
            _enter(self.environment.stats, method, name, added, histogram, total_ms=histogram.total - before.total)

    def mirror_deliveries(self) -> None:
        """Mirror every kind of delivery."""
        if self._sockets is not None:
            for kind, histogram in self._sockets.latency().items():
                self.mirror(f"{kind} → receiver", histogram)

    def _wait(self, start: Callable[[Callable[[Any], None]], None], *, timeout_s: float) -> Any:
        answered, box = Event(), []

        def deliver(result: Any) -> None:
            box.append(result)
            self._mail.append(answered.set)
            self._bell.send()

        start(deliver)
        if not answered.wait(timeout_s):
            raise HarnessError(f"the live thread did not answer in {timeout_s:g} s", where=self.worker, todo="report this")
        if isinstance(box[0], BaseException):
            raise box[0]
        return box[0]

    def _open_mail(self) -> None:
        while self._mail:
            self._mail.popleft()()


class Leader:
    """Locust's events of the master, or of the only process, handed to the conductor; also its hands (see `Hands`)."""

    def __init__(self, node: Node, conductor: Conductor) -> None:
        self._node = node
        self._conductor = conductor
        self._environment = node.environment
        self._roll = RollCall()
        self._under_way = False
        self._goodbye = ""
        self._publishing: gevent.Greenlet | None = None
        self.call, self.post, self.sleep = node.call, node.post, gevent.sleep

    def begin(self, **_: object) -> None:
        """Begin a test."""
        self._conductor.begin()
        self._under_way = True
        self._publishing = None
        self._roll.begin()
        self._environment.parsed_options.harness_run = self._conductor.run
        if isinstance(self._environment.runner, LocalRunner):
            self._node.begin(self._conductor.target, url=self._conductor.url, run=self._conductor.run)
        else:
            self._node.forget()

    def publish(self, **_: object) -> None:
        """Start publishing once all users are spawned; a later change of their number changes nothing."""
        if self._under_way and self._publishing is None:
            self._publishing = gevent.spawn(self._publish)

    def conclude(self, note: str = "", **_: object) -> None:
        """Conclude the test, write its outcome down, set the exit code."""
        if not self._under_way:
            return
        self._under_way = False
        if self._publishing is not None:
            self._publishing.kill()
        runner = self._environment.runner
        outcome = self._conductor.conclude(self, users=runner.target_user_count if runner else 0, note=note)
        self._node.mirror_deliveries()
        _enter_failures(self._environment.stats, outcome, kind=self._conductor.scenario.kind)
        unusable = self._conductor.unusable
        budgets = self._conductor.settings.budgets
        self._environment.process_exit_code = unusable.exit_code if unusable else exit_code(outcome, budgets=budgets)
        folder = write_outcome(outcome, self._conductor)
        self._goodbye = table(outcome, where=str(folder))
        if self._environment.web_ui is not None:
            self.say_goodbye()

    def leave(self, **_: object) -> None:
        """Conclude a test that was interrupted, while its connections are still open."""
        runner = self._environment.runner
        timed = getattr(self._environment.parsed_options, "run_time", None)
        interrupted = self._under_way and bool(timed)
        self.conclude(note="interrupted before its time was over" if interrupted else "")
        if interrupted and not self._environment.process_exit_code:
            self._environment.process_exit_code = 130
        if self._environment.process_exit_code is None and runner is not None:
            self._environment.process_exit_code = 5 if self._environment.web_ui is None else 0

    def say_goodbye(self, **_: object) -> None:
        """Show the table of the last test, once."""
        sys.stdout.write(self._goodbye)
        sys.stdout.flush()
        self._goodbye = ""

    def stop_target(self, **_: object) -> None:
        """Stop the target if it was started here."""
        self._node.live.stop()
        anyio.run(self._conductor.stop_target, backend_options={"loop_factory": make_loop})

    def collect(self, *, flush: bool) -> tuple[list[Report], list[str]]:
        """Return the last report of whoever holds sockets, and in words who did not answer."""
        runner = self._environment.runner
        if not isinstance(runner, MasterRunner):
            return [answer_poll(self._node, flush=flush)], []
        number = self._roll.ask(_present(runner))
        runner.send_message(POLL, {"number": number, "flush": flush})
        deadline_s = time.monotonic() + COLLECT_TIMEOUT_S
        while not self._roll.complete(_present(runner)) and time.monotonic() < deadline_s:
            gevent.sleep(0.02)
        return self._roll.reports(), self._roll.missing()

    def take_answer(self, environment: Environment, msg: Any, **_: object) -> None:
        """Take in a worker's report that was asked for."""
        self._roll.take_answer(msg.node_id, msg.data)

    def take_progress(self, client_id: str, data: dict[str, Any], **_: object) -> None:
        """Take in what came with a worker's regular report."""
        if "onesocket" in data:
            self._roll.take_progress(client_id, data["onesocket"])

    def _publish(self) -> None:
        # Spawned is not connected: what is published before is owed to nobody and tells nothing.
        runner = self._environment.runner
        deadline_s = time.monotonic() + CONNECT_PATIENCE_S
        while runner is not None and time.monotonic() < deadline_s:
            counters = [each.counters for each in self.collect(flush=False)[0]]
            if sum(each.ready + each.refused for each in counters) >= runner.target_user_count:
                break
            gevent.sleep(0.1)
        self._conductor.publish(self)
        while True:
            gevent.sleep(MIRROR_S)
            self._node.mirror(f"publish {self._conductor.scenario.kind}", self._conductor.ledger.answer_ms.snapshot(), method="HTTP")


_nodes: dict[int, Node] = {}


def make_loop() -> NativeLoop:
    """Return an event loop of unpatched parts, for a thread where no greenlet ever runs."""
    selector = monkey.get_original("selectors", "DefaultSelector")()
    return NativeLoop(selector, resolve=monkey.get_original("socket", "getaddrinfo"))


def answer_poll(node: Node, *, flush: bool) -> Report:
    """Return the whole report of this process, after an echo round trip on each connection when `flush`."""
    sockets = node.sockets
    if flush:
        node.call(sockets.flush, timeout_s=COLLECT_TIMEOUT_S + 30.0)
    return node.call(_later(lambda: sockets.report(whole=True)))


def _present(runner: MasterRunner) -> list[str]:
    return [each for each, client in runner.clients.items() if client.state != STATE_MISSING]


def _start_node(environment: Environment, scenario: Scenario) -> None:
    node = _nodes[id(environment)] = Node(environment, scenario)
    gevent.spawn(_mirror_for_ever, node)
    if isinstance(environment.runner, WorkerRunner):
        _serve_master(node, environment.runner)
    else:
        _lead(node, environment)


def _serve_master(node: Node, runner: WorkerRunner) -> None:
    environment = node.environment

    def begin(**_: object) -> None:
        options = environment.parsed_options
        target = msgspec.json.decode(options.harness_target, type=Target)
        node.begin(target, url=options.harness_url, run=options.harness_run)

    def poll(environment: Environment, msg: Any, **_: object) -> None:
        report = answer_poll(node, flush=msg.data["flush"])
        runner.send_message(ANSWER, answer(report, number=msg.data["number"]))

    def add_progress(client_id: str, data: dict[str, Any], **_: object) -> None:
        if node._sockets is not None:
            data["onesocket"] = msgspec.to_builtins(node.sockets.report(whole=False))

    def end(**_: object) -> None:
        if node._sockets is not None:
            report = node.sockets.report(whole=True, ending=True)
            runner.send_message(ANSWER, answer(report, number=ENDING))
        # The master decides how the run ended; a failed connection of a worker is in its counts.
        environment.process_exit_code = 0

    runner.register_message(POLL, poll, concurrent=True)
    environment.events.test_start.add_listener(begin)
    environment.events.test_stopping.add_listener(lambda **_: node.mirror_deliveries())
    environment.events.test_stop.add_listener(lambda **_: node.end())
    environment.events.report_to_master.add_listener(add_progress)
    environment.events.quitting.add_listener(end)


def _lead(node: Node, environment: Environment) -> None:
    options = environment.parsed_options
    try:
        conductor = Conductor(node.scenario, Settings.of(vars(options)))
        anyio.run(conductor.start_target, backend_options={"loop_factory": make_loop})
    except OnesocketError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    leader = Leader(node, conductor)
    # Every spawn message carries the options, so that is how workers learn what is not on their own command line.
    options.harness_url = conductor.url
    options.harness_target = msgspec.json.encode(conductor.target).decode()
    options.harness_run = ""
    if isinstance(environment.runner, MasterRunner):
        environment.runner.register_message(ANSWER, leader.take_answer)
        environment.events.worker_report.add_listener(leader.take_progress)
    environment.events.test_start.add_listener(leader.begin)
    environment.events.spawning_complete.add_listener(leader.publish)
    environment.events.test_stopping.add_listener(leader.conclude)
    environment.events.test_stop.add_listener(lambda **_: node.end())
    environment.events.quitting.add_listener(leader.leave)
    environment.events.quit.add_listener(leader.say_goodbye)
    environment.events.quit.add_listener(leader.stop_target)


def _add_options(parser: Any, **_: object) -> None:
    group = parser.add_argument_group("onesocket")
    group.add_argument("--target", metavar="FILE", help="the target file; without one the reference is started")
    group.add_argument("--harness-run-dir", metavar="DIR", help="the run folder, in place of a new one in onesocket-runs/")
    group.add_argument("--harness-rate", type=float, default=10.0, metavar="N", help="messages published a second (10)")
    group.add_argument("--harness-size", type=int, default=0, metavar="CHARS", help="fill each message up to this length")
    group.add_argument(
        "--harness-budget", action="append", metavar="NAME=MAX", help="fail above this, e.g. p99_ms=200; may be repeated"
    )
    group.add_argument(
        "--harness-max-lag-ms", type=float, default=250.0, metavar="MS",
        help="a worker later than this (p99) makes the run invalid (250)",
    )  # fmt: skip


def _mirror_for_ever(node: Node) -> None:
    while True:
        gevent.sleep(MIRROR_S)
        node.mirror_deliveries()


def _enter(
    stats: RequestStats, method: str, name: str, added: dict[int, int], histogram: Histogram, *, total_ms: float
) -> None:
    entry = StatsEntry(stats, name, method)
    entry.num_requests = sum(added.values())
    entry.total_response_time = total_ms  # type: ignore[assignment] # Locust adds floats to it as well
    entry.min_response_time = histogram.least  # type: ignore[assignment]
    entry.max_response_time = histogram.greatest  # type: ignore[assignment]
    entry.last_request_timestamp = time.time()
    entry.num_reqs_per_sec[int(entry.last_request_timestamp)] = entry.num_requests
    for number, many in added.items():
        entry.response_times[bucket_response_time(upper_bound(number))] += many
    stats.entries[(name, method)].extend(entry)
    stats.total.extend(entry)


def _enter_failures(stats: RequestStats, outcome: LoadOutcome, *, kind: str) -> None:
    name, counts = f"{kind} → receiver", outcome.counts
    for what in ("lost", "duplicate", "reordered", "misdelivered", "corrupt"):
        many = getattr(counts, what)
        if many:
            key = StatsError.create_key("WS", name, what)
            stats.errors[key] = StatsError("WS", name, what, occurrences=many)
            for entry in (stats.entries[(name, "WS")], stats.total):
                entry.num_failures += many
                entry.num_fail_per_sec[int(time.time())] += many


def write_outcome(outcome: LoadOutcome, conductor: Conductor) -> Path:
    """Write the outcome into the run folder of the settings, or into a new one; return the folder."""
    given, target = conductor.settings.run_dir, conductor.target
    scope = {name: ("load",) for name in conductor.scenario.requirements}
    meta = RunMeta(
        what=f"load {outcome.scenario}", target=target.name, target_file=str(conductor.settings.target_file or ""),
        url=conductor.url, command=shlex.join(["locust", *sys.argv[1:]]),
    )  # fmt: skip
    if given is None:
        folder = RunFolder.create(Path("onesocket-runs"), what=meta.what, meta=meta)
    else:
        given.mkdir(parents=True, exist_ok=True)
        folder = RunFolder(given)
    folder.add_scope(scope)
    folder.add_load(outcome)
    if given is None:
        folder.finish(interrupted=False)
    return folder.path


def _later(what: Callable[[], T]) -> Callable[[], Awaitable[T]]:
    async def do() -> T:
        return what()

    return do


def _expect_answer(answered: bool) -> OnesocketError | None:
    if answered:
        return None
    return TargetUnreachable("an echo was not answered", where="[echo]", todo="check the target's log")


def _log_error(result: object) -> None:
    if isinstance(result, BaseException):
        logger.error("the live thread failed", exc_info=result)

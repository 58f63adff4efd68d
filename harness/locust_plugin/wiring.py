"""Joins Locust and the load modules: options, one node a process, and a leader or a follower behind it."""

from __future__ import annotations

import logging
import sys
import time

import anyio
import gevent  # type: ignore[import-untyped] # it ships no types
import msgspec
from gevent.event import Event  # type: ignore[import-untyped] # it ships no types
from locust import events
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner
from locust.stats import bucket_response_time

from harness.errors import OnesocketError
from harness.loading.live.conductor import Conductor
from harness.loading.live.exchange import Exchange
from harness.loading.live.node import Node
from harness.loading.mirror import Mirror
from harness.loading.scenario import Scenario, Settings, add_options
from harness.locust_plugin.follower import Follower
from harness.locust_plugin.leader import Leader
from harness.locust_plugin.loop import make_loop, make_selector, make_thread
from harness.locust_plugin.shared import CONNECT_PATIENCE_S, listen, options_of, remember, remember_scenario

MIRROR_S = 1.0

# Logging takes green locks: two threads that wait for one can wait for ever, so the live thread must not log at all.
SILENT = ("asyncio", "httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy", "websockets.client")


def install(scenario: Scenario) -> None:
    """Make `locust -f` of the calling file run `scenario`; the file defines a `SocketUser` beside it."""
    listen(events.init_command_line_parser, lambda parser, **_: add_options(parser))
    listen(events.init, lambda environment, **_: _start_node(environment, scenario))


def _start_node(environment: Environment, scenario: Scenario) -> None:
    for name in SILENT:
        logging.getLogger(name).disabled = True
    bell = gevent.get_hub().loop.async_()
    exchange = Exchange(make_thread(), ring=bell.send, new_event=Event)
    bell.start(exchange.open_mail)
    exchange.start()

    def new_mirror() -> Mirror:
        return Mirror(environment.stats, bucket=bucket_response_time, clock=time.time)

    node = Node(exchange, new_mirror=new_mirror, new_selector=make_selector, clock=time.monotonic)
    gevent.spawn(_mirror_for_ever, node)
    if isinstance(environment.runner, WorkerRunner):
        Follower(node, environment, environment.runner).attach()
    else:
        _lead(node, environment, scenario)
    remember(environment, node)


def _lead(node: Node, environment: Environment, scenario: Scenario) -> None:
    options = options_of(environment)
    try:
        conductor = Conductor(scenario, Settings.of(vars(options)))
        anyio.run(conductor.start_target, backend_options={"loop_factory": make_loop})
    except OnesocketError as error:
        sys.stderr.write(f"{error}\n")
        _send_home(environment, processes=options.processes or 0)
        sys.exit(error.exit_code)
    remember_scenario(environment, scenario, conductor.knobs)
    # Every spawn message carries the options: that is how workers learn what their own command line does not say.
    options.harness_urls, options.harness_run = " ".join(conductor.urls), ""
    options.harness_target = msgspec.json.encode(conductor.target).decode()
    options.harness_knobs = msgspec.json.encode(conductor.knobs).decode()
    options.harness_returns, options.harness_seats = scenario.returns, None
    Leader(environment, node, conductor).attach()


def _send_home(environment: Environment, *, processes: int) -> None:
    # Workers that Locust forked would otherwise wait a minute for the heartbeat of a master that is gone.
    runner = environment.runner
    if isinstance(runner, MasterRunner):
        deadline_s = time.monotonic() + CONNECT_PATIENCE_S
        while len(runner.clients) < processes and time.monotonic() < deadline_s:
            gevent.sleep(0.05)
        runner.quit()


def _mirror_for_ever(node: Node) -> None:
    while True:
        gevent.sleep(MIRROR_S)
        node.mirror_deliveries()

"""What the parts of this plugin know of one Locust environment: its node, its scenario, its options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent  # type: ignore[import-untyped] # it ships no types
from locust.env import Environment

from harness.loading.knobs import Knobs
from harness.loading.live.node import Node
from harness.loading.scenario import Scenario

CONNECT_PATIENCE_S = 10.0

_nodes: dict[int, Node] = {}
_scenarios: dict[int, tuple[Scenario, Knobs]] = {}


def remember(environment: Environment, node: Node) -> None:
    """Let the users of `environment` find their node."""
    _nodes[id(environment)] = node


def remember_scenario(environment: Environment, scenario: Scenario, knobs: Knobs) -> None:
    """Let the shape of `environment` find what it is to grow."""
    _scenarios[id(environment)] = (scenario, knobs)


def wait_for_node(environment: Environment) -> Node:
    """Return the node of this process, which users of a worker may be quicker than."""
    with gevent.Timeout(CONNECT_PATIENCE_S):
        while id(environment) not in _nodes:
            gevent.sleep(0.01)
    return _nodes[id(environment)]


def scenario_of(environment: Environment) -> tuple[Scenario, Knobs]:
    """Return what the leader of `environment` runs, and its knobs."""
    return _scenarios[id(environment)]


def listen(hook: Any, listener: Callable[..., object]) -> None:
    """Have `listener` called when Locust fires `hook`."""
    hook.add_listener(listener)


def options_of(environment: Environment) -> Any:
    """Return the parsed command line."""
    return environment.parsed_options

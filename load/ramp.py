"""Ramp: up to all connections in even steps, with broadcasts from the first on; latency is told beside their number.

locust -f load/ramp.py --target FILE --headless -u 5000 -r 200 -t 120s --harness-set steps=10
"""

from harness.loading.scenario import Scenario
from harness.locust_plugin import Growth, SocketUser, install

install(Scenario(name="ramp", kind="broadcast", shape="steps", knobs={"steps": 5}, users=200))


class Watcher(SocketUser):
    """Somebody with the page open: guests and signed-in users in turn."""


class Steps(Growth):
    """Even steps; each holds as long as the others."""

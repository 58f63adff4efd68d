"""Fan-out: a message a moment to everybody, and every connection held to having got it once, in order, unchanged.

locust -f load/fanout.py --target FILE --headless -u 500 -r 50 -t 60s
"""

from harness.loading.scenario import Scenario
from harness.locust_plugin import SocketUser, install

install(Scenario(name="fanout", kind="broadcast"))


class Watcher(SocketUser):
    """Somebody with the page open: guests and signed-in users in turn."""

"""Slow readers: some stop reading while large messages go to everybody; the others must not notice.

What becomes of the slow ones is told and not judged: a server may wait for them, drop them or what they missed.

locust -f load/slow_readers.py --target FILE --headless -u 100 -r 50 -t 30s --harness-budget p99_ms=500
"""

from harness.loading.scenario import Scenario
from harness.locust_plugin import SocketUser, install

install(Scenario(name="slow readers", kind="broadcast", knobs={"slow_share": 0.1, "size_chars": 16_000, "rate": 20.0}))


class Watcher(SocketUser):
    """Somebody with the page open, on a good line or on none."""

"""Reconnect storm: the target is killed and started again, and everybody comes back at the same moment, and stays.

It needs a target that onesocket starts. What was under way is no loss; whoever does not come back breaks the budget.

locust -f load/reconnect_storm.py --target FILE --headless -u 500 -r 100 -t 30s --harness-budget return_p99_ms=5000
"""

from harness.loading.scenario import Scenario
from harness.locust_plugin import SocketUser, install

install(Scenario(name="reconnect storm", kind="broadcast", returns=True, knobs={"kills": 1}, budgets=("unreturned=0",)))


class Watcher(SocketUser):
    """Somebody whose browser connects again as soon as it can."""

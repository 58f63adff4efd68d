"""Soak: hours of a little of everything; whatever a server keeps of those who left shows in its memory, told over time.

locust -f load/soak.py --target FILE --headless -u 200 -r 20 -t 8h --harness-budget memory_growth_mb=20
"""

from harness.loading.scenario import Scenario
from harness.locust_plugin import SocketUser, install

MIX = {"come_share": 0.5, "sign_share": 0.1, "stay_s": 10.0, "rate": 5.0}

install(Scenario(name="soak", kind="mixed", knobs=MIX, duration_s=600.0))


class Visitor(SocketUser):
    """Somebody who stays, or comes and goes."""

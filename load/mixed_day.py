"""Mixed day: a day's rise and fall of visitors who stay, come and go, sign in and out, talk, or stop reading.

Broadcasts and private messages take turns. -t is how long the day is.

locust -f load/mixed_day.py --target FILE --headless -u 500 -t 10m
"""

from harness.loading.scenario import Scenario
from harness.locust_plugin import Growth, SocketUser, install

MIX = {"come_share": 0.2, "sign_share": 0.1, "talk_share": 0.1, "slow_share": 0.02, "stay_s": 5.0}

install(Scenario(name="mixed day", kind="mixed", shape="day", knobs=MIX, users=100, duration_s=60.0))


class Visitor(SocketUser):
    """Somebody with a habit, dealt by the shares."""


class Day(Growth):
    """Night, morning, noon, evening."""

"""Echo: every connection asks and asks, whether or not the last answer has come; each answer goes to who asked, once.

locust -f load/echo.py --target FILE --headless -u 200 -r 50 -t 60s --harness-set echo_s=0.1
"""

from harness.loading.scenario import Scenario
from harness.locust_plugin import SocketUser, install

install(Scenario(name="echo", kind="echo", knobs={"talk_share": 1.0, "echo_s": 0.5}))


class Talker(SocketUser):
    """Somebody who sends messages of their own."""

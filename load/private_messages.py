"""Private messages: one user after the other is written to, and nobody else's connection, and no guest's, may see it.

Some visitors leave and come back as somebody else all the while.

locust -f load/private_messages.py --target FILE --headless -u 500 -r 50 -t 60s
"""

from harness.loading.scenario import Scenario
from harness.locust_plugin import SocketUser, install

install(Scenario(name="private messages", kind="private", knobs={"come_share": 0.2, "stay_s": 5.0}))


class Reader(SocketUser):
    """Somebody with the page open: a guest or one of the users, each on many browsers."""

"""Locust under onesocket: thin users, one live thread a process for the sockets, exact counts merged by the master.

Only this package imports locust or gevent; what is counted and judged is decided in `harness.loading`. A locustfile
calls `install` and names a `SocketUser`, and a `Growth` where the number of users is not a plain ramp.
"""

from harness.locust_plugin.growth import Growth
from harness.locust_plugin.user import SocketUser
from harness.locust_plugin.wiring import install

__all__ = ["Growth", "SocketUser", "install"]

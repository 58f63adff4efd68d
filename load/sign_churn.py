"""Sign-in and sign-out: each browser becomes a user and a guest again, over and over, while users are written to.

When signed out, half of the time the old socket is kept: the server has `[promises] sign_out_s` to end its privileges.

locust -f load/sign_churn.py --target FILE --headless -u 100 -r 20 -t 60s --harness-set stay_s=2
"""

from harness.loading.scenario import Scenario
from harness.locust_plugin import SocketUser, install

install(Scenario(name="sign churn", kind="private", knobs={"sign_share": 0.8, "stay_s": 2.0}))


class Visitor(SocketUser):
    """Somebody who signs in and out, or a user who just stays and must get every message."""

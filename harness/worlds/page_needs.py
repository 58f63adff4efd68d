"""What the steps of a plan ask of a page, so that a page that offers less is not put to it."""

from __future__ import annotations

from harness.plan import Echo, EchoLarge, Plan, SendOn, SendOnNearMisses, SignIn, SignOut
from harness.targets.page import ANY_CHANNEL, SEND, SIGN_IN, SIGN_OUT


def asked_of_page(plan: Plan) -> tuple[str, ...]:
    """Return it by the names of hooks, each once."""
    asked: dict[str, None] = {}
    for step in plan.each_step:
        if isinstance(step, Echo | EchoLarge | SendOn | SendOnNearMisses):
            asked[SEND] = None
        elif isinstance(step, SignIn | SignOut):
            asked[SIGN_IN if isinstance(step, SignIn) else SIGN_OUT] = None
        if isinstance(step, SendOn | SendOnNearMisses):
            asked[ANY_CHANNEL] = None
    return tuple(asked)

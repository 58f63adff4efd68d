"""Plans: an ordered list of steps, as data, with one sentence a step as its only written form.

References are abstract (browser "a", tab "a/2", user "ada"), so that leaving any step out keeps a plan valid. Knows
nothing of how a step is carried out. The sentences are the same in scenarios/*.toml, repro files and reports.
"""

from harness.plan.document import Plan, dump_plan, load_plans, read_plan
from harness.plan.grammar import EXAMPLES, Step, parse_step
from harness.plan.instances import (
    BrokerStep,
    OnInstance,
    PlacedStep,
    PublishElsewhere,
    PublishGarbage,
    StartBroker,
    StopBroker,
)
from harness.plan.messages import Broadcast, Echo, SendOn, SendOnNearMisses, SendToLookAlikes, SendToUser, Settle
from harness.plan.people import Close, Drop, Open, Reload, SignIn, SignOut
from harness.plan.server import Restart
from harness.plan.together import AtOnce, TogetherStep
from harness.plan.words import ROLES, BrowserId, Form, Tab, TabId, Words

__all__ = [
    "EXAMPLES",
    "ROLES",
    "AtOnce",
    "Broadcast",
    "BrokerStep",
    "BrowserId",
    "Close",
    "Drop",
    "Echo",
    "Form",
    "OnInstance",
    "Open",
    "PlacedStep",
    "Plan",
    "PublishElsewhere",
    "PublishGarbage",
    "Reload",
    "Restart",
    "SendOn",
    "SendOnNearMisses",
    "SendToLookAlikes",
    "SendToUser",
    "Settle",
    "SignIn",
    "SignOut",
    "StartBroker",
    "Step",
    "StopBroker",
    "Tab",
    "TabId",
    "TogetherStep",
    "Words",
    "dump_plan",
    "load_plans",
    "parse_step",
    "read_plan",
]

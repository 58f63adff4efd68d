"""All forms of sentences: from a sentence to its step. A new family of steps is listed here, once."""

from __future__ import annotations

from typing import TypeAlias, get_args

from harness.errors import PlanError, did_you_mean
from harness.plan import (
    frames,
    full_load,
    handshakes,
    identity,
    instances,
    limits,
    malformed,
    messages,
    network,
    outages,
    pages,
    people,
    places,
    server,
    sizes,
    streams,
    views,
)
from harness.plan.frames import FrameStep
from harness.plan.full_load import FullLoadStep
from harness.plan.handshakes import HandshakeStep
from harness.plan.identity import IdentityStep
from harness.plan.instances import BrokerStep, OnInstance, PlacedStep
from harness.plan.limits import LimitStep
from harness.plan.malformed import MalformedStep
from harness.plan.messages import MessageStep
from harness.plan.network import NetworkStep
from harness.plan.outages import OutageStep
from harness.plan.pages import LifeStep
from harness.plan.people import PeopleStep
from harness.plan.places import PlaceStep
from harness.plan.server import ServerStep
from harness.plan.sizes import SizeStep
from harness.plan.streams import StreamStep
from harness.plan.together import AtOnce, TogetherStep, pieces
from harness.plan.views import ViewStep
from harness.plan.words import Form, Words

Step: TypeAlias = (
    FrameStep
    | HandshakeStep
    | PeopleStep
    | IdentityStep
    | MessageStep
    | ServerStep
    | NetworkStep
    | OutageStep
    | FullLoadStep
    | ViewStep
    | SizeStep
    | LimitStep
    | StreamStep
    | MalformedStep
    | LifeStep
    | PlaceStep
    | AtOnce
    | OnInstance
    | BrokerStep
)


def _at_once(words: Words) -> AtOnce:
    steps = []
    for sentence in pieces(words["steps"]):
        step = _read(sentence)
        if not isinstance(step, get_args(TogetherStep)):
            raise ValueError(sentence)
        steps.append(step)
    return AtOnce(tuple(steps))


def _on_instance(words: Words) -> OnInstance:
    step = _read(words["step"])
    if not isinstance(step, get_args(PlacedStep)):
        raise ValueError(words["step"])
    return OnInstance(step, int(words["number"]))


FORMS: tuple[Form[Step], ...] = (
    Form(r"at once: (?P<steps>.+)", _at_once, "at once: sign a/1 in as ada; send_to_user ada 3 times"),
    Form(r"(?P<step>.+) on instance (?P<number>[1-9])", _on_instance, "open a/1 on instance 2"),
    *views.FORMS,
    *sizes.FORMS,
    *people.FORMS,
    *frames.FORMS,
    *handshakes.FORMS,
    *malformed.FORMS,
    *messages.FORMS,
    *server.FORMS,
    *network.FORMS,
    *outages.FORMS,
    *full_load.FORMS,
    *limits.FORMS,
    *streams.FORMS,
    *instances.FORMS,
    *identity.FORMS,
    *pages.FORMS,
    *places.FORMS,
)
EXAMPLES = tuple(form.example for form in FORMS)
"""One sentence of each form."""


def parse_step(sentence: str, *, where: str = "a plan") -> Step:
    """Return the step that `sentence` says.

    Raises:
        PlanError: no form fits; the nearest is named.
    """
    step = _read(sentence)
    if step is None:
        raise PlanError("this is not a step", where=f"{where}: {sentence!r}", todo=did_you_mean(sentence, EXAMPLES))
    return step


def _read(sentence: str) -> Step | None:
    return next((step for form in FORMS if (step := form.read(sentence)) is not None), None)

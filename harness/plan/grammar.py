"""All forms of sentences: from a sentence to its step. A new family of steps is listed here, once."""

from __future__ import annotations

from typing import TypeAlias

from harness.errors import PlanError, did_you_mean
from harness.plan import messages, people, server
from harness.plan.messages import MessageStep
from harness.plan.people import PeopleStep
from harness.plan.server import ServerStep
from harness.plan.words import Form

Step: TypeAlias = PeopleStep | MessageStep | ServerStep
FORMS: tuple[Form[Step], ...] = (*people.FORMS, *messages.FORMS, *server.FORMS)
EXAMPLES = tuple(form.example for form in FORMS)
"""One sentence of each form."""


def parse_step(sentence: str, *, where: str = "a plan") -> Step:
    """Return the step that `sentence` says.

    Raises:
        PlanError: no form fits; the nearest is named.
    """
    for form in FORMS:
        step = form.read(sentence)
        if step is not None:
            return step
    raise PlanError("this is not a step", where=f"{where}: {sentence!r}", todo=did_you_mean(sentence, EXAMPLES))

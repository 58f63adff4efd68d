"""Steps of several instances: any step of a person or a publisher on one of them, and what befalls their broker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from harness.plan.messages import MessageStep
from harness.plan.people import PeopleStep
from harness.plan.words import Form, Tab

PlacedStep: TypeAlias = PeopleStep | MessageStep
"""What can be done on an instance of one's choice."""


@dataclass(frozen=True, slots=True)
class OnInstance:
    """Carry a step out on instance `number`, from 1; numbers go round where there are fewer.

    A tab stays on the instance that it was opened on. A step that says none is carried out on the first.
    """

    step: PlacedStep
    number: int

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"instances"})

    @property
    def tab(self) -> Tab | None:
        """The tab of the step, where it has one."""
        tab = getattr(self.step, "tab", None)
        return tab if isinstance(tab, Tab) else None

    @property
    def user(self) -> str | None:
        """The user of the step, where it has one."""
        user = getattr(self.step, "user", None)
        return user if isinstance(user, str) else None

    def __str__(self) -> str:
        return f"{self.step} on instance {self.number}"


@dataclass(frozen=True, slots=True)
class StopBroker:
    """Take away the broker that the instances share."""

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"instances", "broker"})

    def __str__(self) -> str:
        return "stop the broker"


@dataclass(frozen=True, slots=True)
class StartBroker:
    """Bring the broker back, and wait until messages cross from each instance to each other again."""

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"instances", "broker"})

    def __str__(self) -> str:
        return "start the broker"


@dataclass(frozen=True, slots=True)
class PublishGarbage:
    """Put malformed and foreign messages on every channel of the broker that the instances listen to."""

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"instances", "broker_traffic"})

    def __str__(self) -> str:
        return "publish garbage on the broker"


@dataclass(frozen=True, slots=True)
class PublishElsewhere:
    """Have another application on the same broker publish a broadcast, and a message to each user it knows."""

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"instances", "apps"})

    def __str__(self) -> str:
        return "publish in another application"


BrokerStep: TypeAlias = StopBroker | StartBroker | PublishGarbage | PublishElsewhere
FORMS: tuple[Form[BrokerStep], ...] = (
    Form(r"stop the broker", lambda _: StopBroker(), "stop the broker"),
    Form(r"start the broker", lambda _: StartBroker(), "start the broker"),
    Form(r"publish garbage on the broker", lambda _: PublishGarbage(), "publish garbage on the broker"),
    Form(r"publish in another application", lambda _: PublishElsewhere(), "publish in another application"),
)

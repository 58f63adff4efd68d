"""Who visits: each role's life in a few lines, told to the node that holds the connections. Blocks like its caller.

Knows neither Locust nor sockets; a role never judges anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from harness.errors import OnesocketError
from harness.loading.knobs import Knobs

if TYPE_CHECKING:
    from harness.loading.live.node import Node

Measure: TypeAlias = Callable[[str, Callable[[], OnesocketError | None]], None]
"""Does something and tells how long it took, and the error that came of it, under a name."""


class Visitor:
    """Has the page open: a guest or one of the users. Makes an echo round trip at each turn; comes back if dropped."""

    def __init__(self, node: Node, *, user: str, measure: Measure) -> None:
        self.node = node
        self.user = user
        self.number = 0
        self.measure = measure

    @property
    def pause_s(self) -> float:
        """How long it is from one turn to the next."""
        return self.node.knobs.echo_s

    def arrive(self) -> None:
        """Come, and be ready after an echo round trip."""
        self.number = self.node.next_number()
        self.measure("connect", lambda: self.node.connect(self.number, user=self.user))

    def act(self) -> None:
        """Do what is done at each turn."""
        if not self.node.live(self.number):
            self.arrive()
        else:
            self.measure("echo", lambda: self.node.echo(self.number))

    def leave(self) -> None:
        """Go for good."""
        self.node.disconnect(self.number)
        self.node.seats.give_back(self.user)


class Comer(Visitor):
    """Leaves at each turn and comes back as somebody else."""

    @property
    def pause_s(self) -> float:
        return self.node.knobs.stay_s

    def act(self) -> None:
        self.leave()
        self.user = self.node.seats.take()
        self.arrive()


class Talker(Visitor):
    """Asks for an echo every so often, however long the answers take."""

    def arrive(self) -> None:
        super().arrive()
        self.node.talk(self.number)

    def act(self) -> None:
        if not self.node.live(self.number):
            self.arrive()


class Signer(Visitor):
    """Signs in and out in a browser of its own: on a new socket when in; when out, every other time on the old one."""

    def __init__(self, node: Node, *, user: str, measure: Measure) -> None:
        super().__init__(node, user=user, measure=measure)
        self._sign_outs = 0
        self._browser = node.new_browser()

    @property
    def pause_s(self) -> float:
        return self.node.knobs.stay_s

    def arrive(self) -> None:
        self.number = self.node.next_number()
        self.measure("connect", lambda: self.node.connect(self.number, user=self._browser.user, browser=self._browser))

    def act(self) -> None:
        if not self._browser.user:
            self.node.seats.give_back(self.user)
            self.user = self.node.seats.take_user()
            if self.user:
                self.measure("sign in", lambda: self.node.sign_in(self._browser, user=self.user))
                self._come_again()
            return
        self.measure("sign out", lambda: self.node.sign_out(self._browser, number=self.number))
        self._sign_outs += 1
        # Every other time the old socket stays, and is a guest's from the server's promise on, until the next turn.
        if self._sign_outs % 2 == 0:
            self._come_again()

    def leave(self) -> None:
        super().leave()
        self.node.close_browser(self._browser)

    def _come_again(self) -> None:
        self.node.disconnect(self.number)
        if self._browser.unsure:
            # Nobody knows whose such cookies are.
            self.node.close_browser(self._browser)
            self._browser = self.node.new_browser()
        self.arrive()


class SlowReader(Visitor):
    """Stops reading once it is ready. Comes back to do the same when the target ends it."""

    def arrive(self) -> None:
        self.number = self.node.next_number()
        self.measure("connect", lambda: self.node.connect(self.number, user=self.user, narrow=True))
        self.node.stall(self.number)

    def act(self) -> None:
        if not self.node.live(self.number):
            self.arrive()


class Returner(Visitor):
    """Comes back as soon as it can when it is dropped, and tries again and again, as everybody else does just then."""

    def arrive(self) -> None:
        self.number = self.node.next_number()
        self.measure("connect", lambda: self.node.connect(self.number, user=self.user, returns=True))

    def act(self) -> None:
        if self.node.live(self.number):
            self.measure("echo", lambda: self.node.echo(self.number))


_ROLES: Mapping[str, type[Visitor]] = {
    "slow_share": SlowReader,
    "sign_share": Signer,
    "talk_share": Talker,
    "come_share": Comer,
}


class Deal:
    """Deals roles so that after any number of visitors each role has its share of them, as nearly as it can."""

    def __init__(self, knobs: Knobs, *, others: type[Visitor]) -> None:
        self._shares = {role: float(getattr(knobs, name)) for name, role in _ROLES.items() if getattr(knobs, name) > 0}
        self._others = others
        self._dealt = dict.fromkeys(self._shares, 0)
        self._number = 0

    def next(self) -> type[Visitor]:
        """Return the role of the next visitor."""
        self._number += 1
        for role, share in self._shares.items():
            if self._dealt[role] < int(self._number * share + 0.5):
                self._dealt[role] += 1
                return role
        return self._others

"""People and publishers on two instances, in any order: whatever one of them does, both act as one.

Each example is a plan; the instances are those of the whole session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from harness.plan import (
    ROLES,
    Broadcast,
    BrowserId,
    Close,
    OnInstance,
    Open,
    PlacedStep,
    Plan,
    SendToUser,
    Settle,
    SignIn,
    SignOut,
    Step,
    Tab,
)
from harness.searching import quick

if TYPE_CHECKING:
    from harness.pytest_plugin import Conform

PROVES = ("MI-1", "MI-2", "MI-3")
TABS = st.sampled_from([Tab(BrowserId(name)) for name in "abc"])
NUMBERS = st.integers(1, 2)
GUEST, CONTROL = Tab(BrowserId("g")), Tab(BrowserId("z"))
BEGINNING: tuple[Step, ...] = (
    OnInstance(Open(GUEST), 2),
    SignIn(CONTROL, "ada"),
    OnInstance(Open(CONTROL), 1),
    Settle(),
)


def test_whatever_is_done_on_either_instance_both_act_as_one(conform: Conform) -> None:
    roles = st.sampled_from(ROLES[: min(3, len(conform.laboratory.target.ordinary_users))])

    @quick(conform.examples(4))
    @given(st.lists(_scene(roles), min_size=4, max_size=9))
    def example(scenes: list[tuple[Step, ...]]) -> None:
        steps = (*BEGINNING, *(step for scene in scenes for step in scene))
        conform(Plan("instances", steps, str(__doc__).splitlines()[0], ("wire",), PROVES))

    example()


@st.composite
def _scene(draw: st.DrawFn, roles: st.SearchStrategy[str]) -> tuple[Step, ...]:
    """Some steps that belong together, each on an instance of its own."""
    tab, role = draw(TABS), draw(roles)
    steps: list[PlacedStep | Settle] = []
    match draw(st.sampled_from(["said", "came", "left", "closed"])):
        case "said":
            steps += [Broadcast(draw(NUMBERS)), SendToUser(role, draw(NUMBERS)), Settle()]
        case "came":
            steps += [SignIn(tab, role, draw(st.booleans())), Open(tab)]
        case "left":
            keep = draw(st.booleans())
            steps += [SignIn(tab, role), Open(tab), SignOut(tab, keep), Settle(), SendToUser(role), SendToUser(role)]
        case _:
            steps += [Close(tab)]
    return tuple(step if isinstance(step, Settle) else OnInstance(step, draw(NUMBERS)) for step in steps)

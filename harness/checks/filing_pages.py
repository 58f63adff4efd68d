"""One cause is filed once, where it is about tabs, views and coming back: what another finding explains. Pure.

Who hears on after a plain unmount does so after quick ones too; what is missed beside another's unmount, or after a
plain mount, is missed whenever it was mounted. Who tries without end when refused does so however it is turned away.
What tabs that were left in peace miss, or send twice or never, they do also beside one that is away, and with views.
Tabs that nobody leads once one was closed are led by nobody beside one that hangs, or after a loss; those with
sockets of their own do little together, and come back each by itself. Who does not follow a sign-in where tabs share
a connection does not where each has its own, or there is one. Who never comes back after a loss does not where the
server, silence or the end of a session ended the connection.
"""

from __future__ import annotations

from collections.abc import Collection

from harness.checks.filing_tabs import (
    CROWD,
    CROWDED,
    DEAF,
    DOWN,
    GONE,
    GONE_WHILE_DOWN,
    LOST,
    LOST_AFTER_CHANGE,
    ORDER,
    STORM,
    TWICE,
    UNANSWERED,
    UNHEARD,
    UNSENT,
)

HEARD, MISSED, DOUBLE = "heard", "missed", "double"
"""What befell a view: handed something when it was gone, not handed something, or twice."""
HOT, STEADY = "hot", "steady"
"""How a browser comes back: without a pause, or always after the same one."""
_BESIDE = ("TAB-4", "TAB-9", "TAB-10")
"""What asks the same of tabs beside one that is away or gone, or that cannot share, as TAB-2 and TAB-3 do of all."""
_VIEWS = ("SUB-1", "SUB-2", "SUB-3", "SUB-4")


def _each(names: tuple[str, ...], *kinds: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, kind) for name in names for kind in kinds)


_EXPLAINED: tuple[tuple[tuple[str, str], tuple[tuple[str, str], ...]], ...] = (
    (
        ("TAB-1", CROWD),
        (
            ("TAB-5", CROWDED),
            ("TAB-7", STORM),
            ("TAB-2", DOUBLE),
            ("TAB-3", TWICE),
            ("TAB-3", DOUBLE),
            ("TAB-3", UNSENT),
            *_each(_BESIDE[:2], LOST, DEAF, UNHEARD, UNANSWERED, DOUBLE),
            *_each(("LC-3", "LC-4", "LC-7"), HOT),
        ),
    ),
    (("TAB-2", LOST), (*_each(_BESIDE, LOST, LOST_AFTER_CHANGE, DEAF, UNHEARD, UNANSWERED), *_each(_VIEWS, MISSED))),
    (("TAB-2", DOUBLE), _each((*_BESIDE, *_VIEWS, "TAB-3"), DOUBLE)),
    (("ORD-1", ORDER), (("TAB-9", ORDER),)),
    (("TAB-3", UNSENT), _each((*_BESIDE, "TAB-12"), UNSENT)),
    (("TAB-3", UNANSWERED), _each(_BESIDE, UNANSWERED)),
    (("TAB-3", TWICE), (("TAB-12", TWICE),)),
    (
        ("TAB-4", GONE),
        (
            *_each(("TAB-9", "TAB-10"), DEAF, GONE, GONE_WHILE_DOWN, LOST, UNSENT, UNANSWERED),
            *_each(("LC-2", "LC-4", "LC-6"), GONE_WHILE_DOWN),
        ),
    ),
    (("TAB-4", UNHEARD), _each(("TAB-9", "TAB-10"), DEAF, UNHEARD, LOST, UNSENT, UNANSWERED)),
    (("LC-2", DOWN), (*_each(("LC-4", "LC-6", "TAB-7", "ID-1"), DOWN), ("TAB-4", GONE_WHILE_DOWN))),
    (("TAB-7", LOST_AFTER_CHANGE), _each(_BESIDE, LOST_AFTER_CHANGE)),
    (("TAB-7", DEAF), (("TAB-10", LOST_AFTER_CHANGE), ("ID-1", DEAF))),
    (("TAB-7", DOWN), (("ID-1", DOWN),)),
    (("SUB-1", HEARD), (("SUB-3", HEARD), *_each(("SUB-1", "SUB-3", "SUB-4"), DOUBLE))),
    (("SUB-2", MISSED), (("SUB-1", MISSED), ("SUB-3", MISSED), ("SUB-4", MISSED))),
    (("SUB-1", MISSED), (("SUB-3", MISSED), ("SUB-4", MISSED))),
    (("SUB-3", DOUBLE), (("SUB-1", DOUBLE), ("SUB-4", DOUBLE))),
    (("LC-3", HOT), (("LC-7", HOT), ("LC-4", HOT), ("LC-7", STEADY))),
    (("LC-7", HOT), (("LC-4", HOT),)),
)
MOVES = {
    "TAB-1": ("TAB-2", "TAB-3", "TAB-4", "TAB-5", "TAB-7", "TAB-9", "LC-3", "LC-4", "LC-7"),
    "TAB-2": (*_BESIDE, *_VIEWS, "TAB-3"),
    "TAB-3": (*_BESIDE, "TAB-12"),
    "TAB-4": ("TAB-9", "TAB-10", "LC-2", "LC-4", "LC-6"),
    "ORD-1": ("TAB-9",),
    "TAB-7": (*_BESIDE, "ID-1"),
    "SUB-1": ("SUB-3", "SUB-4"),
    "SUB-2": ("SUB-1", "SUB-3", "SUB-4"),
    "SUB-3": ("SUB-1", "SUB-4"),
    "LC-2": ("LC-4", "LC-6", "TAB-7", "ID-1", "TAB-4"),
    "LC-7": ("LC-4",),
    "LC-3": ("LC-4", "LC-7"),
}


def page_moves(kept: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return (requirement, kind) pairs with the requirement that explains them, given all pairs of a run."""
    moves: dict[tuple[str, str], str] = {}
    for root, explained in reversed(_EXPLAINED):
        if root in kept:
            moves |= dict.fromkeys(explained, root[0])
    return moves

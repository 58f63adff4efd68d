"""One cause is filed once, where it is about views and about coming back: what another finding explains. Pure.

Who hears on after a plain unmount does so after quick ones too; what is missed beside another's unmount, or after a
plain mount, is missed whenever it was mounted. Who tries without end when refused does so however it is turned away.
"""

from __future__ import annotations

from collections.abc import Collection

HEARD, MISSED, DOUBLE = "heard", "missed", "double"
"""What befell a view: handed something when it was gone, not handed something, or twice."""
HOT, STEADY = "hot", "steady"
"""How a browser comes back: without a pause, or always after the same one."""
_EXPLAINED: tuple[tuple[tuple[str, str], tuple[tuple[str, str], ...]], ...] = (
    (("SUB-1", HEARD), (("SUB-3", HEARD), ("SUB-3", DOUBLE))),
    (("SUB-2", MISSED), (("SUB-1", MISSED), ("SUB-3", MISSED), ("SUB-4", MISSED))),
    (("SUB-1", MISSED), (("SUB-3", MISSED), ("SUB-4", MISSED))),
    (("LC-3", HOT), (("LC-7", HOT), ("LC-4", HOT), ("LC-7", STEADY))),
    (("LC-7", HOT), (("LC-4", HOT),)),
)
MOVES = {
    "SUB-1": ("SUB-3", "SUB-4"),
    "SUB-2": ("SUB-1", "SUB-3", "SUB-4"),
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

"""One cause is filed once, where it is about who one is: which findings of a run another one explains.

Pure; the plainer requirement explains the finer one. `filing.classify` does the moving.
"""

from __future__ import annotations

from collections.abc import Collection

LEAKS = ("leak", "leak:look-alike")
FORMER = ("ID-2", "ID-3", "ID-5", "ID-6", "ID-8", "ID-9", "ID-11")
"""What a leak to a browser's former user may be a matter of."""
LOSSES = ("ID-6", "ID-7", "ID-8", "ID-10", "ID-11")
"""What a private message that is missing may be a matter of, besides ISO-1 and ID-1."""
_LEAKED_IN: dict[str, tuple[str, ...]] = {
    # Who was there all along sees it too: the place that a connection took has nothing to do with it.
    "ISO-2": ("ISO-8", "ID-6"),
    "ISO-5": ("ISO-8", *FORMER),
    "ISO-3": ("ID-6",),
    # Browsers that never were the user see it in the place of one that was: so do those that were.
    "ISO-8": FORMER,
    # The session goes on: whoever comes with its cookie, and whenever.
    "ID-2": ("ID-5", "ID-11"),
    "ID-5": ("ID-8", "ID-9", "ID-11"),
    # Sockets keep whom they were opened as, however that ended.
    "ID-3": ("ID-8", "ID-9", "ID-11"),
}
MOVES: dict[str, tuple[str, ...]] = {
    **_LEAKED_IN,
    "ID-3": (*_LEAKED_IN["ID-3"], "ID-4"),
    "ISO-1": LOSSES,
    "ID-1": LOSSES,
    "ORD-2": ("ID-10",),
}
"""Each requirement that explains others here, with those that it explains."""


def identity_moves(kept: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return (requirement, kind) pairs with the requirement that explains them, given all pairs of a run."""
    leaked = {name for name, kind in kept if kind in LEAKS}
    lost = {name for name, kind in kept if kind.startswith("loss")}
    moves: dict[tuple[str, str], str] = {}
    for root, explained in _LEAKED_IN.items():
        if root in leaked and not any((root, kind) in moves for kind in LEAKS):
            moves = {(name, kind): root for name in explained for kind in LEAKS} | moves
    if "ID-3" in leaked:
        moves["ID-4", "context"] = "ID-3"
    for root in ("ID-1", "ISO-1"):
        if root in lost:
            moves |= {(name, kind): root for name, kind in kept if name in LOSSES and kind.startswith("loss")}
    if ("ORD-2", "") in kept:
        moves["ID-10", "double"] = "ORD-2"
    return moves

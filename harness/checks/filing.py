"""One cause is filed once, which one history is too short to tell: findings under the requirement that explains a run.

A message lost on a connection that got others is ORD-3; one sort of message that never gets through is the routing
requirement itself. Pure; knows no status.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from harness.checks.filing_across import file_across, kin_across
from harness.checks.filing_faults import file_faulted, kin_faulted
from harness.checks.filing_identity import FORMER, LEAKS, LOSSES, identity_moves
from harness.checks.filing_identity import MOVES as IDENTITY_MOVES
from harness.checks.filing_pages import MOVES as PAGE_MOVES
from harness.checks.filing_pages import page_moves
from harness.checks.filing_tabs import file_tabs, kin_tabs
from harness.checks.finding import Finding, Outcome

LEAKED = ("ISO-2", "ISO-3", "ISO-5", "ISO-6", "ISO-8", *FORMER, "HS-4", "HS-5", "HS-7")
LOST = ("BC-1", "ISO-1", "ID-1", *LOSSES)
ENDED = {"ID-7": "closed", "ORD-3": "talked:ended"}
"""What shows as well of a server that ends connections for no reason, by the kind that it has."""
MOVES = {
    **IDENTITY_MOVES,
    **PAGE_MOVES,
    "ORD-3": (*LOST, "EN-1"),
    "ISO-1": ("ID-1", *LOSSES, *ENDED),
    "ISO-2": tuple(each for each in LEAKED if each != "ISO-2"),
    "ISO-5": tuple(each for each in LEAKED if each != "ISO-5"),
    "ISO-3": ("HS-7", "ISO-6", "ID-6"),
    "LC-5": ("BC-1", "ISO-1", *ENDED),
    "HS-4": ("HS-5",),
    "ISO-7": (*LEAKED, *LOST),
    "RT-5": ("RT-2", "RT-4", "RT-6", "EN-3"),
    "RT-3": ("EN-3", "EN-5", "BC-1"),
    "RT-6": ("EN-3", "EN-4", "EN-6"),
    "EN-3": ("EN-4", "BC-1"),
    "EN-6": ("BC-1",),
    **dict.fromkeys(("RT-7", "EN-1"), ("EN-3", "EN-5", "EN-6", "RT-3", "LIM-6")),
    "BC-1": ("EN-3", "EN-5", "EN-6", "RT-3", "LIM-6", "ISO-1", *ENDED),
}
"""Each requirement that a finding may be moved to, with those from which it may come."""


def kin(requirement: str) -> frozenset[str]:
    """Return the requirements under which the fault of a finding may be filed when more or less of a run is known."""
    further = (name for name, sources in MOVES.items() if requirement in sources)
    return (
        frozenset({requirement, *MOVES.get(requirement, ()), *further})
        | kin_across(requirement)
        | kin_faulted(requirement)
        | kin_tabs(requirement)
    )


def classify(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes with each finding under the one requirement that explains the run.

    - Losses of one sort (broadcast, private, echo): where connections got some and missed some, and none missed three
      in a row of all, every loss is the exception: ORD-3. Else those that missed all are the routing requirement; and
      where connections miss nothing but their first broadcasts, that is it too.
    - A private message missed after a sign-in is ID-1 only if browsers that never changed user get theirs.
    - A leak between users whose ids look alike is ISO-3 only if nothing leaks between others.
    - A leak of messages that were asked for at the same time is ISO-7 only if nothing leaks one after the other; where
      guests or users see the others' in any case, it is that.
    - A leak to who is a guest after a sign-out or from a foreign page, is its own only if guests see nothing.
    - A leak to a page whose origin looks like the site's is its own only if those of plainly foreign ones get nothing,
      and one to a forged cookie or a claim only if nothing leaks between users.
    - A server that passes on what it is not to, forged private messages too, does one thing: RT-5. One that a message
      on an unknown channel harms is not blamed for what a forged one did, which is on such a channel too.
    - What shows of an odd message to others is its own only where the replies to right ones do not.
    - Broadcasts that are lost once an odd message has ended them for good are what it did.
    - Whom a server ends for no reason is told once: where it ends the living beside the dead, as LC-5.
    - A single message that was lost after an odd one is no harm of that one, where messages are lost anyway.
    """
    outcomes = _file_races(file_faulted(file_tabs(outcomes)))
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    moves: dict[tuple[str, str], str] = {}
    for group in (("BC-1",), ("ISO-1", "ID-1", *LOSSES), ("EN-1",)):
        kinds = {finding.kind for finding in findings if finding.requirement in group}
        if "loss:some" in kinds:
            exceptions = ("loss:some", "loss:first", *(() if "loss:all" in kinds else ("loss:few",)))
            moves |= {(name, kind): "ORD-3" for name in group for kind in exceptions}
    found = {(each.requirement, each.kind) for each in findings}
    kept = found - set(moves)
    if any(name == "ISO-1" and kind.startswith("loss") for name, kind in kept):
        moves |= {("ID-1", kind): "ISO-1" for kind in ("loss:all", "loss:few") if ("ID-1", kind) in kept}
    moves |= identity_moves(kept)
    moves |= page_moves(kept)
    if any(name == "ISO-2" for name, _ in kept):
        moves |= {("ISO-3", kind): "ISO-2" for kind in LEAKS}
    if any(name == "HS-4" for name, _ in kept):
        moves |= {("HS-5", kind): "HS-4" for kind in LEAKS}
    for root in ("ISO-3", "ISO-2"):
        if any(name == root for name, _ in kept):
            moves |= {(name, "leak"): root for name in ("HS-7", "ISO-6")}
    if any(name == "ISO-5" for name, _ in kept):
        moves |= {(name, kind): "ISO-5" for name in ("ID-2", "ID-3", "HS-4", "HS-5", "HS-7", "ISO-6") for kind in LEAKS}
    if ("EN-3", "relay") in kept:
        moves[("EN-4", "spread")] = "EN-3"
    if any(name == "RT-6" for name, _ in kept):
        moves |= dict.fromkeys((("EN-3", "relay"), ("EN-4", "spread"), ("EN-6", "spread")), "RT-6")
    ends = next((name for name in ("LC-5", "BC-1", "ISO-1") if (name, "ended") in kept), "")
    ended = (("ISO-1", "ended"), ("BC-1", "ended"), *ENDED.items())
    moves |= dict.fromkeys((each for each in ended if ends), ends)
    if ("RT-5", "relay") in kept:
        moves |= {(name, "relay"): "RT-5" for name in MOVES["RT-5"]}
    if any(name == "RT-3" and not kind.startswith("once") for name, kind in kept):
        moves |= {(name, kind): "RT-3" for name, kind in kept if kind.startswith(("harm:forged", "silence:forged"))}
    silenced = next((moves.get(pair, pair[0]) for pair in sorted(kept) if pair[1].startswith("silence:")), "")
    if silenced:
        moves |= {(name, kind): silenced for name, kind in found if name == "BC-1" and kind.startswith("loss")}
    lossy = next((name for name in ("RT-7", "EN-1", "BC-1") if any(each == name for each, _ in kept)), "")
    lossy = "ORD-3" if "ORD-3" in moves.values() else lossy
    if lossy:
        moves |= {(name, kind): lossy for name, kind in kept if kind.startswith("once:")}

    def filed(finding: Finding) -> Finding:
        return _move(finding, moves.get((finding.requirement, finding.kind), finding.requirement))

    return _refile(outcomes, filed)


def _file_races(outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
    leaks = [each for outcome in outcomes for each in outcome.findings if each.requirement in LEAKED]
    if not any(each.race for each in leaks):
        return outcomes
    steady = {each.requirement for each in leaks if not each.race}
    # Who changes user just then may be told for either; the leak that needs no race says which it is.
    root = next((name for name in ("ISO-5", "ISO-2") if name in steady), "" if steady else "ISO-7")
    racing = LEAKED if steady else (*LEAKED, *LOST)

    def filed(finding: Finding) -> Finding:
        moved = root and finding.race and finding.requirement in racing and finding.requirement not in steady
        return _move(finding, root) if moved else finding

    return _refile(outcomes, filed)


def _refile(outcomes: Sequence[Outcome], filed: Callable[[Finding], Finding]) -> list[Outcome]:
    return file_across(
        [
            msgspec.structs.replace(outcome, findings=tuple(filed(each) for each in outcome.findings))
            for outcome in outcomes
        ]
    )


def _move(finding: Finding, requirement: str) -> Finding:
    if requirement == finding.requirement:
        return finding
    return msgspec.structs.replace(finding, requirement=requirement, told_as=finding.told_as or finding.requirement)

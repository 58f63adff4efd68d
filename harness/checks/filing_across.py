"""One cause is filed once, also where it shows on several instances: what one instance alone shows too is not theirs.

And where nothing crosses at all, that is the one thing to say. Pure; the first filing is `checks.instances.across`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from harness.checks.finding import Finding, Outcome
from harness.checks.instances import FILED

AREA = "MI-"
_LOSSES = ("BC-1", "ISO-1", "ID-1", "ORD-3")
_LEAKS = ("ISO-5", "ISO-2", "ISO-3", "ISO-7")
_ENDS = ("ID-3", "ID-2", "ID-5", "ID-8")
EXPLAINED_BY: dict[str, tuple[str, ...]] = {
    "ORD-2": ("ORD-2",),
    "EN-2": ("EN-2",),
    **{name: (name, *_LOSSES) for name in _LOSSES},
    **{name: (name, *_LEAKS) for name in _LEAKS},
    **{name: (name, *_ENDS, *_LEAKS) for name in _ENDS},
}
"""For what a check named before `across`: the requirements of one instance that explain it, best first."""


def kin_across(requirement: str) -> frozenset[str]:
    """Return the requirements under which a finding may be filed once it is known what one instance alone shows."""
    sources = {name for name, filed in FILED.items() if filed == requirement}
    found = {FILED[requirement]} if requirement in FILED else set[str]()
    for name in sources:
        found |= set(EXPLAINED_BY[name])
    if requirement in {"MI-1", "MI-2", "MI-3"}:
        found |= {"MI-1"}
    return frozenset(found)


def file_across(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes with what one instance alone shows given back to it.

    - A finding of several instances goes to the requirement that explains it among those broken on one instance.
    - Where broadcasts of one instance do not reach another, private messages and ends of sessions cannot either: MI-1.
    """
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    alone = {each.requirement for each in findings if not each.requirement.startswith(AREA)}
    silent = any(
        each.requirement == "MI-1" and _root(each) in _LOSSES and _explanation(each, alone) is None for each in findings
    )

    def filed(finding: Finding) -> Finding:
        name = _explanation(finding, alone)
        if name is None and silent and finding.requirement in {"MI-2", "MI-3"} and _root(finding) not in _LEAKS:
            name = "MI-1"
        if name is None:
            return finding
        return msgspec.structs.replace(finding, requirement=name, told_as=finding.told_as or finding.requirement)

    return [
        msgspec.structs.replace(outcome, findings=tuple(filed(each) for each in outcome.findings))
        for outcome in outcomes
    ]


def _root(finding: Finding) -> str:
    """What a check named before `across` filed it under several instances."""
    return finding.kind.rpartition(":")[2]


def _explanation(finding: Finding, alone: set[str]) -> str | None:
    if not finding.requirement.startswith(AREA):
        return None
    return next((name for name in EXPLAINED_BY.get(_root(finding), ()) if name in alone), None)

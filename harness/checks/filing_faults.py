"""One cause is filed once, also where faults of the network were about: what is lost without any is not theirs.

Pure; the first filing is `checks.network.under_fault`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from harness.checks.finding import DIED, FAULTED, Finding, Outcome
from harness.checks.network import FAULTED_EACH_TIME

_LOST = ("BC-1", "ISO-1", "ID-1", "ORD-3")
_UNDER = ("BC-3", "ORD-4", "LIM-3")
_SINGLE = ("loss:some", "loss:few", "loss:first")
_REPLAYED, _TWICE = "LC-8", ("ORD-2", "BC-2")


def kin_faulted(requirement: str) -> frozenset[str]:
    """Return the requirements under which a finding may be filed once it is known what no fault is needed for."""
    if requirement in _UNDER or requirement in _LOST:
        return frozenset((*_LOST, *_UNDER))
    return frozenset({_REPLAYED, *_TWICE}) if requirement in {_REPLAYED, *_TWICE} else frozenset()


def file_faulted(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes with what shows without faults given back to the requirement it had before.

    - A loss that others have after a failure too is BC-3, also at a browser that was disconnected itself.
    - Where each failure costs others the next message, and nothing else does, single losses elsewhere are its too: not
      every connection that fails is known there.
    - Where connections get none of a sort with no fault about, that others get none after each failure is no more.
    - A process that ends when a mere connection fails does so whatever a plan was about.
    """
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    plain = {each.requirement for each in findings if not each.kind.startswith(FAULTED)}
    lost, doubled = not plain.isdisjoint(_LOST), not plain.isdisjoint(_TWICE)
    stops = [each for each in findings if each.requirement == "BC-3"]
    routing = any(each.requirement in _LOST and each.kind == "loss:all" for each in findings)
    each_times = [each.kind for each in stops if each.kind.startswith(FAULTED_EACH_TIME)]
    each_time = any(kind.endswith("loss:some") for kind in each_times) or (bool(each_times) and not routing)
    dies = any(each.kind == DIED for each in stops)

    def filed(finding: Finding) -> Finding:
        kind = finding.kind
        if (kind == DIED and dies) or (each_time and finding.requirement in _LOST and kind in _SINGLE):
            return _moved(finding, "BC-3")
        if not kind.startswith(FAULTED):
            return finding
        if doubled if finding.requirement == _REPLAYED else lost and not each_time:
            kind = kind.removeprefix(FAULTED_EACH_TIME).removeprefix(FAULTED)
            return msgspec.structs.replace(finding, requirement=finding.told_as, kind=kind, told_as="")
        return _moved(finding, "BC-3") if stops and finding.requirement == "ORD-4" else finding

    return [
        msgspec.structs.replace(outcome, findings=tuple(filed(each) for each in outcome.findings))
        for outcome in outcomes
    ]


def _moved(finding: Finding, requirement: str) -> Finding:
    return msgspec.structs.replace(
        finding, requirement=requirement, told_as=finding.told_as or finding.requirement, kind=finding.kind or FAULTED
    )

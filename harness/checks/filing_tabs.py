"""One cause is filed once, also where tabs share a connection badly: it shows after sign-ins and sends as well.

Pure; the kinds that it tells apart are given by `checks.tabs` and `checks.single_connection`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from harness.checks.finding import Finding, Outcome

LOST = "tab:lost"
"""A tab was not handed what its browser's connection got."""
LOST_AFTER_CHANGE = "tab:lost after a change"
"""The same in a browser whose user had changed."""
UNANSWERED = "tab:unanswered"
"""The reply to what a tab sent came on the connection and not to the tab."""
CROWD, CROWDED = "tab:sockets", "tab:sockets meanwhile"
"""A browser has more than one socket at rest; and more than two while its tabs open."""
STORM = "storm"
"""A sign-in costs a browser a connection a tab."""
DEAF, GONE, UNHEARD = "tab:deaf", "tab:gone", "tab:unheard"
"""After something happened to a tab, the others have no connection or hear nothing.

Where it went for good, that they have no connection is GONE, that they hear nothing on it UNHEARD.
"""
ORDER = "tab:order"
"""Messages came in another order than they were published in."""
DOWN, GONE_WHILE_DOWN = "tab:down", "tab:gone while down"
"""There is no connection after what happened to the last one, or to the user; WHILE: nor when a tab went."""
UNSENT, TWICE = "tab:unsent", "tab:twice"
"""What a tab sent never reached the server, or more than once."""
UNSENT_AFTER_CHANGE = "tab:unsent after a change"
"""What a tab sent never went to the server, in a browser whose user had changed."""
SHUT_AFTER_CHANGE = "tab:shut after a change"
"""A tab does not show as open a connection that is from before its browser's user changed."""
SHOWN = "shown"
"""A tab says that its user is another known one than the browser's."""
_LOSSES = (LOST, LOST_AFTER_CHANGE)
_UNFOLLOWED = (("TAB-7", LOST_AFTER_CHANGE), ("TAB-7", ""), ("TAB-7", SHOWN))
_OF_IT = (("TAB-3", UNSENT_AFTER_CHANGE), ("TAB-11", SHUT_AFTER_CHANGE))
"""What else shows where tabs and their connection do not follow a sign-in or sign-out together."""
_TABS = ("TAB-1", "TAB-2", "TAB-3", "TAB-7")


def kin_tabs(requirement: str) -> frozenset[str]:
    """Return the requirements under which a finding may be filed once it is known what tabs miss anyway."""
    kin = frozenset(_TABS) if requirement in _TABS else frozenset[str]()
    return kin | {"TAB-7", "TAB-11"} if requirement in {"TAB-7", "TAB-11"} else kin


def file_tabs(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes with what tabs miss under the requirement that explains it.

    - A browser that has several sockets has tabs that get a message when others do not: where it shows, that is TAB-1.
    - Where tabs miss messages though nobody signed in or out, that they do after a sign-in is no more: TAB-2. Where
      they only do after one, it is what they do not follow, broadcasts too: TAB-7, if private messages are among them
      or a tab says that its user is the former one, or the connection still is that one's.
    - A tab that misses messages misses replies: TAB-3 is for those that miss nothing else, there or anywhere.
    - A tab that knows of another user than the connection does not show it as open and sends nothing on it: where what
      is missed says that a sign-in was not followed, that is the same.
    """
    found = {(each.requirement, each.kind) for outcome in outcomes for each in outcome.findings}
    lost = ("TAB-2", LOST), ("TAB-7", LOST_AFTER_CHANGE), ("TAB-2", LOST_AFTER_CHANGE)
    root = "TAB-1" if ("TAB-1", CROWD) in found else next((pair[0] for pair in lost if pair in found), "")
    if root == "TAB-2" and ("TAB-2", LOST) not in found and any(("TAB-7", each) in found for each in (SHOWN, DEAF)):
        root = "TAB-7"
    unfollowed = root in {"", "TAB-7"} and any(pair in found for pair in _UNFOLLOWED)
    return [_filed(outcome, root, unfollowed=unfollowed) for outcome in outcomes]


def _filed(outcome: Outcome, root: str, *, unfollowed: bool) -> Outcome:
    # What else explains a miss, of a tab that could not hear just then, explains the reply that it missed too.
    elsewhere = (each.requirement for each in outcome.findings if each.kind in _LOSSES)
    reply = root or next(elsewhere, "TAB-3")

    def filed(finding: Finding) -> Finding:
        name = reply if finding.kind == UNANSWERED else root
        if unfollowed and (finding.requirement, finding.kind) in _OF_IT:
            return msgspec.structs.replace(finding, requirement="TAB-7", told_as=finding.told_as or finding.requirement)
        movable = finding.requirement in _TABS and finding.kind in (*_LOSSES, UNANSWERED)
        if not movable or name in {"", finding.requirement}:
            return finding
        return msgspec.structs.replace(finding, requirement=name, told_as=finding.told_as or finding.requirement)

    return msgspec.structs.replace(outcome, findings=tuple(filed(each) for each in outcome.findings))

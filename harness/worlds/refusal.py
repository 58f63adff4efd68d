"""Why a target cannot be put to a plan: what its file does not declare, the engine cannot, the page does not offer."""

from __future__ import annotations

from harness.errors import CapabilityMissing
from harness.plan import PUBLISHER, ROLES, Plan
from harness.targets.capability import NEEDS, lack
from harness.targets.file import Target
from harness.targets.page import lack_of_page
from harness.worlds.engine import EngineName, lack_of
from harness.worlds.page_needs import asked_of_page


def refusal(target: Target, plan: Plan, *, world: str, engine: EngineName) -> CapabilityMissing | None:
    """Return why `target` cannot be put to `plan` in `world`, None when it can."""
    if "restart" in plan.needs and not target.can_restart:
        what, todo = "onesocket may not restart the target", "give its `start` command"
    elif world == "page" and (lacking_engine := lack_of(engine, plan)):
        what, todo = lacking_engine, "nothing: the other engines are put to it"
    elif world == "page" and engine == "webkitgtk" and target.page and target.page.driver:
        what, todo = "the page's driver is a class, for a page of Playwright's", "offer hooks, or leave out this engine"
    elif world == "page" and target.page is None:
        what, todo = "the target file declares no [page]", "add a [page] table"
    elif world == "page" and target.page and (why := lack_of_page(target.page, *asked_of_page(plan))):
        what, todo = why, "offer hooks or selectors for it in [page]"
    elif missing := [role for role in plan.users if not _has(target, role)]:
        what, todo = f"the target file has no user for {', '.join(missing)}", "declare more ordinary users in [users]"
    elif lacking := [why for name in sorted(plan.needs & set(NEEDS)) if (why := lack(target, name))]:
        what, todo = lacking[0], "declare it, if the target offers it"
    else:
        return None
    return CapabilityMissing(what, where=f"plan {plan.name!r}", todo=todo)


def _has(target: Target, role: str) -> bool:
    if role in ROLES:
        return ROLES.index(role) < len(target.ordinary_users)
    return role in target.users or (role == PUBLISHER and target.publisher is not None)

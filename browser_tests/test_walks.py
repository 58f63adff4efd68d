"""Seeded walks over tabs, browsers and users: whatever comes after whatever, each tab is handed what it must, once.

How far a walk gets is a matter of time; what was done of it is the plan that a finding is told with, and that
`onesocket replay` shows again.
"""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING

from harness.plan import ROLES
from harness.worlds.page_walk import PROVES, launch_of, page_walk, words_for

if TYPE_CHECKING:
    from harness.pytest_plugin import Conform

LONGEST = 200
ENOUGH_S = 8
"""How long a walk goes on, before it settles a last time."""
LEAST, AT_MOST = 15, 4
"""So many steps it goes all the same where a machine is busy, unless they take so many times as long."""


def test_walks_over_tabs(conform: Conform) -> None:
    roles = ROLES[: min(3, len(conform.laboratory.target.ordinary_users))]
    words = words_for(lambda plan: conform.laboratory.refusal(plan, world="page") is None)
    for number in range(conform.examples(1)):
        name = f"page walk {number} of seed {conform.seed}"
        with conform.laboratory.stage(name, world="page", launch=launch_of(words)) as stage:
            begun_s, enough_s = time.monotonic(), conform.steps(ENOUGH_S)
            steps = islice(page_walk(conform.seed, number, roles=roles, words=words), LONGEST)
            for done, step in enumerate(steps, start=1):
                stage.perform(step)
                if time.monotonic() - begun_s > (enough_s if done >= LEAST else enough_s * AT_MOST) or stage.lost:
                    break
            trial = stage.finish(summary="Tabs and users come and go in any order.", proves=PROVES)
        conform.judge(trial)

"""Long seeded walks over browsers, users, guests and ghosts, with much at the same time: ISO-7, and all of delivery.

The seed is the session's; `onesocket replay` shows a finding's smallest plan again, which never draws anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.plan import ROLES
from harness.worlds.walk import draw_walk

if TYPE_CHECKING:
    from harness.pytest_plugin import Conform


def test_long_walks(conform: Conform) -> None:
    roles = ROLES[: len(conform.laboratory.target.ordinary_users)]
    for number in range(conform.examples(10)):
        conform(draw_walk(conform.seed, number, steps=conform.steps(80), roles=roles))

"""Pages whose tabs are led by libraries of others: the suite finds what they truly fail, as their lists say, no more.

Here with some scenarios; a list is of them all: `onesocket tabs --target FILE.toml --known-failing FILE.failing`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.implementations.right import HERE, Implementation
from tests.implementations.test_suites import ONE_JOB, onesocket

PAGES = Implementation("pages", HERE / "pages")
WHICH = "sign_in_follower or leader_bfcache"


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.node
@pytest.mark.skipif(bool(PAGES.missing), reason=PAGES.missing)
@pytest.mark.parametrize("name", ["broadcast_channel", "tab_election"])
def test_the_tabs_suite_finds_in_a_library_of_others_what_is_listed_and_no_more(name: str, tmp_path: Path) -> None:
    target, known = (str(HERE / "pages" / f"{name}.{ending}") for ending in ("toml", "failing"))
    done = onesocket("tabs", *ONE_JOB, "--target", target, "--known-failing", known, "-k", WHICH, out=tmp_path)
    assert done.returncode == 0, done.stdout[-4000:]

"""The examination of a page: what a file leaves open is found out as a run would, before anything is called wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from harness.cli.advice import Line
from harness.cli.page_examination import examine_page
from harness.targets.page import Page
from harness.targets.process import running
from tests.worlds.test_page import DOUBLE

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


MUST_MOUNT = Page(path="/?mode=must_mount")


@pytest.mark.parametrize(
    ("page", "mark", "said"),
    [
        (MUST_MOUNT, "ok", "the echo's reply is in received(), with its channel mounted"),
        (replace(MUST_MOUNT, mounted=True), "wrong", "no reply to the echo is in received()"),
    ],
    ids=["open", "mounted"],
)
async def test_a_page_that_must_be_told_to_mount_is(page: Page, mark: str, said: str) -> None:
    lines: list[Line] = []
    async with running(DOUBLE, folder=Path(__file__).parents[1] / "worlds") as live:
        await examine_page(live, page, headed=False, tell=lines.append)
    (line,) = [each for each in lines if each.part == "page send"]
    assert (line.mark, line.said) == (mark, said)
    assert ("mounted = false" in line.todo) == (mark == "wrong")

"""What a driver said when a browser did not start."""

from __future__ import annotations

import pytest

from harness.worlds.program import said

BOXED = """BrowserType.launch:
╔══════════════════════════╗
║ Host system lacks a lib. ║
╚══════════════════════════╝"""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BOXED, "Host system lacks a lib."),
        ("BrowserType.launch: Target closed\nmore", "BrowserType.launch: Target closed"),
        ("BrowserType.launch: \n", "no reason given"),
    ],
)
def test_the_first_line_that_gives_a_reason_is_taken(text: str, reason: str) -> None:
    assert said(Exception(text)) == reason

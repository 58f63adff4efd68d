"""A trial on frames is two lines of the wire log: what was sent, and what it led to."""

from __future__ import annotations

import pytest

from harness.history import AnyEvent, FramesEnded, FramesSending, SeenFrame
from harness.report.wire_log import event_line
from harness.wire.token import make_token

TOKEN = make_token("0" * 8, 1)
SENDING = FramesSending(at_s=0.0, observer="a/1!1", what="opcode 3", requirement="FR-2", asks="end", allowed_s=5.0)
CLOSE = SeenFrame(at_s=0.0, opcode=8, size_bytes=2, code=1002)
PONG = SeenFrame(at_s=0.0, opcode=10, size_bytes=4)
ODD = SeenFrame(at_s=0.0, opcode=5, size_bytes=0)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (SENDING, "→ sends opcode 3"),
        (
            FramesSending(
                at_s=0.0, observer="a/1!1", what="x", requirement="", asks="", allowed_s=1.0, tokens=(TOKEN,), answers=1
            ),
            f"→ sends x  {TOKEN}",
        ),
        (FramesEnded(at_s=0.0, observer="a/1!1", waited_s=5.0), "← nothing came; TCP stays open, after 5.00 s"),
        (
            FramesEnded(at_s=0.0, observer="a/1!1", frames=(PONG, ODD, CLOSE), tcp="eof"),
            "← pong of 4 bytes, opcode 5 of 0 bytes, close 1002; TCP ended, after 0.00 s",
        ),
        (
            FramesEnded(
                at_s=0.0, observer="a/1!1", frames=(PONG,) * 8, tcp="reset", others="ended", newcomer="refused"
            ),
            "and 2 more; TCP reset, after 0.00 s; another connection: ended, a new one: refused",
        ),
    ],
)
def test_a_line_says(event: AnyEvent, words: str) -> None:
    assert words in event_line(event)

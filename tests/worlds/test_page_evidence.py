"""The log of what the proxy saw: one line an event, harmless and bounded."""

from __future__ import annotations

from harness.faults.socket_event import RequestAnswered, SocketClosed, SocketOpening, SocketText
from harness.worlds.page_evidence import CUT_CHARS, MOST_LINES, FrameLog


def test_each_event_is_a_line_with_its_time_and_socket() -> None:
    log = FrameLog()
    log.add(SocketOpening(1, None, 4711), at_s=0.5)
    log.add(SocketText(1, "client", '{"id":"x"}'), at_s=1.0)
    log.add(SocketText(1, "server", "two\nlines\x1b[2J"), at_s=1.25)
    log.add(RequestAnswered("POST", "/api/posts", 201), at_s=1.5)
    log.add(SocketClosed(1, 1001, "", "server"), at_s=2.0)
    assert log.text.splitlines() == [
        "   0.500  #1   . opening",
        '   1.000  #1   > {"id":"x"}',
        "   1.250  #1   < two\\nlines\\x1b[2J",
        "   1.500       POST /api/posts -> 201",
        "   2.000  #1   . closed code=1001 by=server",
    ]


def test_a_huge_message_is_cut() -> None:
    log = FrameLog()
    log.add(SocketText(1, "server", "x" * 1_000_000), at_s=0.0)
    assert len(log.text) < CUT_CHARS + 100
    assert "1,000,000 characters" in log.text


def test_the_last_lines_are_kept_and_the_others_counted() -> None:
    log = FrameLog()
    for number in range(MOST_LINES + 3):
        log.add(SocketText(1, "server", str(number)), at_s=0.0)
    lines = log.text.splitlines()
    assert lines[0] == "(3 earlier lines are left out)"
    assert lines[1].endswith("< 3")
    assert len(lines) == MOST_LINES + 1

"""How a trial on frames reads in the wire log: what was sent, and everything that came back for it in one line."""

from __future__ import annotations

from harness.history import FramesEnded, FramesSending, SeenFrame
from harness.report.wording import one_line

SHOWN_FRAMES = 6
_NAMES = {0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}


def frame_line(event: FramesSending | FramesEnded) -> tuple[str, str, str]:
    """Return observer, direction and words."""
    if isinstance(event, FramesSending):
        tokens = f"  {' '.join(event.tokens)}" if event.answers else ""
        return event.observer, "→", one_line(f"sends {event.what}") + tokens
    seen = [_frame(frame) for frame in event.frames[:SHOWN_FRAMES]]
    more = len(event.frames) - len(seen)
    came = ", ".join(seen) + (f" and {more} more" if more else "")
    ended = {"open": "TCP stays open", "eof": "TCP ended", "reset": "TCP reset"}.get(event.tcp, event.tcp)
    others = "" if event.others == "answered" else f"; another connection: {event.others}, a new one: {event.newcomer}"
    return event.observer, "←", f"{came or 'nothing came'}; {ended}, after {event.waited_s:.2f} s{others}"


def _frame(frame: SeenFrame) -> str:
    name = _NAMES.get(frame.opcode, f"opcode {frame.opcode}")
    return f"{name} {frame.code}" if frame.code is not None else f"{name} of {frame.size_bytes} bytes"

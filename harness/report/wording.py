"""How the report words things: statuses, counts, durations; and how foreign text is kept from acting on a screen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from harness.checks.verdict import Status

T = TypeVar("T")
CUT_CHARS = 2000


@dataclass(frozen=True, slots=True)
class StatusWords:
    """A status for people: its `sign` and `label`, so that colour is never alone, and what it means."""

    sign: str
    label: str
    meaning: str


STATUS_WORDS = {
    Status.PASS: StatusWords("✓", "pass", "put to the test, and held every time"),
    Status.FAIL: StatusWords("✕", "fail", "seen broken: a MUST of the core, or what the target promises"),
    Status.WARN: StatusWords(
        "!", "warn", "seen broken: a SHOULD, a MAY, or good practice that the target does not promise"
    ),
    Status.LATE: StatusWords("~", "late", "came true, but only after its promise had run out"),
    Status.KNOWN_FAILING: StatusWords("×", "known failing", "seen broken, and on the list of what is known to be"),
    Status.UNKNOWN: StatusWords("?", "unknown", "meant to be checked, but nothing in this run exercised it"),
    Status.UNSUPPORTED: StatusWords(
        "–", "unsupported", "needs what the target file does not declare, or this machine does not have"
    ),
    Status.HARNESS_ERROR: StatusWords("#", "harness error", "onesocket itself broke while checking it"),
    Status.UNCHECKED: StatusWords("·", "unchecked", "not among the things that this run set out to check"),
}
"""Every status, in the order in which a report lists them after the findings."""

EXIT_MEANINGS = {
    0: "everything that was checked holds",
    1: "a requirement is broken, or a budget is",
    2: "the command or the target file is wrong",
    3: "the target cannot be used",
    4: "onesocket itself broke",
    5: "nothing was verified, or not all that must be",
    130: "the run was interrupted",
}

HEADLINES = {0: "Holds", 1: "Broken", 2: "Not run", 3: "Target unusable", 4: "Harness error", 130: "Interrupted"}

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\ud800-\udfff]"
)


def plain(text: str) -> str:
    """Return `text` with all that is invisible or would act (control characters, escapes, bidi marks) written out."""
    return _UNSAFE.sub(lambda hit: _written_out(hit[0]), text.replace("\r\n", "\n"))


def harmless(value: T) -> T:
    """Return a struct with every string in it made `plain`, so that no report has to think of it."""
    return msgspec.convert(_plain_throughout(msgspec.to_builtins(value)), type(value))


def one_line(text: str, *, cut_chars: int = CUT_CHARS) -> str:
    """Return `text` as one harmless line of at most `cut_chars` characters."""
    return cut(plain(text).replace("\n", "\\n").replace("\t", " "), chars=cut_chars)


def cut(text: str, *, chars: int) -> str:
    """Return the beginning of `text`, which says how much was left out."""
    return text if len(text) <= chars else f"{text[:chars]}… ({len(text) - chars:,} more characters)"


def counted(number: int, word: str, *, plural: str = "") -> str:
    """Return "1 test", "3 tests"."""
    return f"{number:,} {word if number == 1 else plural or word + 's'}"


def duration(seconds: float) -> str:
    """Return a duration as a person would say it: "340 ms", "12.3 s", "4 min 05 s"."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def milliseconds(value: float) -> str:
    """Return a latency with three digits that matter: "0.84", "12.4", "1,240"."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def moment(iso: str) -> str:
    """Return an ISO 8601 time as "22 Nov 2026, 13:40:05 UTC", or as it is when it is something else."""
    try:
        when = datetime.fromisoformat(iso)
        return f"{when.day} {when:%b %Y, %H:%M:%S} UTC"
    except ValueError:
        return iso


def seconds_between(started: str, ended: str) -> float | None:
    """Return the seconds between two ISO 8601 times, None when one is missing."""
    try:
        return (datetime.fromisoformat(ended) - datetime.fromisoformat(started)).total_seconds()
    except (ValueError, TypeError):
        return None


def _plain_throughout(value: Any) -> Any:
    match value:
        case str():
            return plain(value)
        case dict():
            return {_plain_throughout(key): _plain_throughout(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain_throughout(each) for each in value]
        case _:
            return value


def _written_out(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"

"""The head of an HTTP/1.1 request or answer, as it came.

Sans-I/O; judges nothing. Header lines keep their order and spelling, so that what is written again is what was read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

LIMIT_BYTES = 64 * 1024
HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Head:
    """First line and headers, in order; text is Latin-1, so that every byte survives."""

    first: str
    headers: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """Return the values of a header, joined with commas as HTTP does; empty without one."""
        return values_of(self.headers, name)

    @property
    def method(self) -> str:
        """What a request asks to have done."""
        return self.first.split(" ")[0]

    @property
    def path(self) -> str:
        """The path that a request asks for, without its query."""
        words = self.first.split(" ")
        return urlsplit(words[1]).path if len(words) > 1 else ""

    @property
    def status(self) -> int:
        """The status of an answer, 0 when there is none to read."""
        words = self.first.split(" ")
        return int(words[1]) if len(words) > 1 and words[1].isdecimal() else 0

    @property
    def upgrade(self) -> str:
        """What a request asks to upgrade to, in lower case; empty when it does not."""
        asks = "upgrade" in self.get("connection").lower()
        return self.get("upgrade").strip().lower() if asks else ""

    def replaced(self, name: str, value: str) -> Head:
        """Return the head with each header called `name`, in lower case, saying `value`; none is added."""
        return Head(self.first, tuple((key, value if key.lower() == name else old) for key, old in self.headers))

    def without(self, *names: str) -> Head:
        """Return the head without the headers called `names`, in lower case."""
        return Head(self.first, tuple(each for each in self.headers if each[0].lower() not in names))

    def with_header(self, name: str, value: str) -> Head:
        """Return the head with one header more."""
        return Head(self.first, (*self.headers, (name, value)))

    def dump(self) -> bytes:
        """Return the bytes of the head, up to and with its blank line."""
        lines = [self.first, *(f"{name}: {value}" for name, value in self.headers), "", ""]
        return "\r\n".join(lines).encode("latin-1")


def values_of(headers: Iterable[tuple[str, str]], name: str) -> str:
    """Return the values of the header `name`, whatever its case, joined with commas; empty without one."""
    return ", ".join(value for each, value in headers if each.strip().lower() == name.lower())


def split_head(data: bytes) -> tuple[Head, bytes] | None:
    """Return the head at the beginning of `data` and what follows it, or None while it is incomplete.

    Raises:
        ValueError: it is longer than `LIMIT_BYTES` or has a line that is no header.
    """
    block, end, rest = data.partition(HEAD_END)
    if not end:
        if len(data) > LIMIT_BYTES:
            raise ValueError("the head is too long")
        return None
    first, *lines = block.decode("latin-1").split("\r\n")
    wrong = next((line for line in lines if ":" not in line), None)
    if wrong is not None:
        raise ValueError(f"not a header: {wrong[:80]!r}")
    return Head(first, tuple(_header(line) for line in lines)), rest


def read_answer(data: bytes) -> Head | None:
    """Return the head of the answer that `data` begins with, whatever its lines are.

    None when its end is not there yet, or it is not HTTP.
    """
    block, end, _ = data.partition(HEAD_END)
    first, *lines = block.decode("latin-1").split("\r\n")
    head = Head(first, tuple(_header(line) for line in lines))
    return head if end and first.startswith("HTTP/") and head.status else None


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name, value.strip()

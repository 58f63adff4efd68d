"""The head of an HTTP/1.1 request or answer: read, and rewritten so that a proxy in between goes unnoticed.

Sans-I/O. Keeps header lines as they came, order and spelling included; changes only what is named here.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

LIMIT_BYTES = 64 * 1024
_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Head:
    """First line and headers, in order; text is Latin-1, so that every byte survives."""

    first: str
    headers: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str | None:
        """Return the value of the first header called `name`, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

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
        return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0

    @property
    def upgrade(self) -> str:
        """What a request asks to upgrade to, in lower case; empty when it does not."""
        asks = "upgrade" in (self.get("connection") or "").lower()
        return (self.get("upgrade") or "").strip().lower() if asks else ""

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


def split_head(data: bytes) -> tuple[Head, bytes] | None:
    """Return the head at the beginning of `data` and what follows it, or None while it is incomplete.

    Raises:
        ValueError: it is longer than `LIMIT_BYTES` or has a line that is no header.
    """
    end = data.find(_END)
    if end < 0:
        if len(data) > LIMIT_BYTES:
            raise ValueError("the head is too long")
        return None
    first, *lines = data[:end].decode("latin-1").split("\r\n")
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError(f"not a header: {line[:80]!r}")
        headers.append((name, value.strip()))
    return Head(first, tuple(headers)), data[end + len(_END) :]


@dataclass(frozen=True, slots=True)
class Disguise:
    """Two origins ("http://host:port") and how a head that speaks of one is made to speak of the other.

    `front` is the proxy's, which the browser knows; `back` the target's.
    """

    front: str
    back: str

    def request(self, head: Head) -> Head:
        """Return a request as the target would have been sent it directly; a foreign Origin stays."""
        front, back = urlsplit(self.front).netloc, urlsplit(self.back).netloc
        if (head.get("host") or "").lower() == front.lower():
            head = head.replaced("host", back)
        if (head.get("origin") or "").lower() == self.front.lower():
            head = head.replaced("origin", self.back)
        referer = head.get("referer")
        if referer and _is_under(referer, self.front):
            head = head.replaced("referer", self.back + referer[len(self.front) :])
        return head

    def answer(self, head: Head) -> Head:
        """Return an answer whose redirects lead back through the proxy."""
        location = head.get("location")
        if location and _is_under(location, self.back):
            return head.replaced("location", self.front + location[len(self.back) :])
        return head


def _is_under(url: str, origin: str) -> bool:
    return url == origin or url.startswith((origin + "/", origin + "?", origin + "#"))

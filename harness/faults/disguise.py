"""How the heads that pass a proxy are rewritten, so that it goes unnoticed.

Sans-I/O. Changes only what is named here; header lines stay as they came, order and spelling included.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from harness.wire.head import Head


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
        if head.get("host").lower() == front.lower():
            head = head.replaced("host", back)
        if head.get("origin").lower() == self.front.lower():
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

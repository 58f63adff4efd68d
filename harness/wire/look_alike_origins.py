"""Origins that a careless comparison takes for the site's own, made from it. Pure; judges nothing.

Each is one that a browser may send from somebody else's page, but for those that only tell a careless parser ("warn").
Left out on purpose, since a right server may accept them and no foreign page can send them: the own host in upper
case, with a trailing dot or with a user's name in front, which URL parsers fold into the same host.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

FOREIGN = "evil.example"
_CYRILLIC = str.maketrans(
    {"a": "а", "c": "с", "e": "е", "o": "о", "p": "р", "x": "х", "y": "у"}
)  # letters of another script


@dataclass(frozen=True, slots=True)
class LookAlike:
    """One look-alike. `make` gives the Origin headers, mostly one; `level` is that of a finding about it."""

    name: str
    make: Callable[[SplitResult], tuple[str, ...]]
    level: str = "fail"

    def of(self, own: str) -> tuple[str, ...]:
        """Return the Origin headers that look like `own`, an origin like http://127.0.0.1:8080."""
        return self.make(urlsplit(own))


def _host(own: SplitResult) -> str:
    return own.hostname or ""


def _port(own: SplitResult) -> str:
    return f":{own.port}" if own.port else ""


def _other_port(own: SplitResult) -> str:
    used = own.port or (443 if own.scheme == "https" else 80)
    return f"{own.scheme}://{_host(own)}:{used - 1 if used > 1024 else used + 8000}"


def _homograph(own: SplitResult) -> str:
    """Return it with a letter of another script, as browsers write it; for a number, with a letter for a digit."""
    host = _host(own)
    swapped = host.translate(_CYRILLIC)
    if swapped == host:
        return f"{own.scheme}://{host.replace('1', 'l', 1).replace('0', 'o', 1)}{_port(own)}"
    labels = [label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in swapped.split(".")]
    return f"{own.scheme}://{'.'.join(labels)}{_port(own)}"


LOOK_ALIKES = {
    each.name: each
    for each in (
        LookAlike("own origin as prefix", lambda own: (f"{own.geturl()}.{FOREIGN}",)),
        LookAlike("own host as prefix", lambda own: (f"{own.scheme}://{_host(own)}.{FOREIGN}{_port(own)}",)),
        LookAlike("own host as suffix", lambda own: (f"{own.scheme}://evil{own.netloc}",)),
        LookAlike("own host inside", lambda own: (f"{own.scheme}://evil-{_host(own)}.{FOREIGN}{_port(own)}",)),
        LookAlike("own host as user", lambda own: (f"{own.scheme}://{own.netloc}@{FOREIGN}",)),
        LookAlike("null", lambda _: ("null",)),
        LookAlike("file", lambda _: ("file://",)),
        LookAlike("other port", lambda own: (_other_port(own),)),
        LookAlike("homograph", lambda own: (_homograph(own),)),
        # Trusted on purpose by some sites.
        LookAlike("sub-domain", lambda own: (f"{own.scheme}://evil.{own.netloc}",), level="warn"),
        # Common libraries compare the host and the port only: the scheme alone is no other site's to choose.
        LookAlike(
            "other scheme",
            lambda own: (f"{'http' if own.scheme == 'https' else 'https'}://{own.netloc}",),
            level="warn",
        ),
        # No browser sends two.
        LookAlike("own, then foreign", lambda own: (own.geturl(), f"{own.scheme}://{FOREIGN}"), level="warn"),
        LookAlike("foreign, then own", lambda own: (f"{own.scheme}://{FOREIGN}", own.geturl()), level="warn"),
    )
}

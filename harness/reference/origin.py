"""Decides whether a request comes from this site's own pages. Pure: header values in, answer out.

- Browsers name the page's origin on every WebSocket handshake and every POST; it must be this host, spelled
  exactly as in the Host header, or be on the allow list. No substring, no case folding, no normalising.
- `null`, another port or scheme, look-alikes, and more than one Origin or Host header are refused.
- No Origin at all is allowed: such a client is not a browser and carries no victim's cookies.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a client said when it asked for a socket; only `cookie` ever decides who it is."""

    scheme: str
    """http or https, the scheme of a page of this site."""
    hosts: tuple[str, ...]
    origins: tuple[str, ...]
    cookie: str
    query: str


def same_site(
    origins: tuple[str, ...], *, hosts: tuple[str, ...], scheme: str, allowed: Set[str] = frozenset()
) -> bool:
    """Say whether a request with these Origin and Host headers may act for the signed-in user."""
    if not origins:
        return True
    if len(origins) > 1 or len(hosts) != 1:
        return False
    return origins[0] == f"{scheme}://{hosts[0]}" or origins[0] in allowed


def header_values(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> tuple[str, ...]:
    """Return every value of one header, in order; ASGI gives names in lower case."""
    return tuple(value.decode("latin-1") for key, value in headers if key == name)

"""How a target set the cookies of a jar: the attributes that decide who may read and send them. Never their values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from http.cookiejar import Cookie


@dataclass(frozen=True, slots=True)
class SetCookie:
    """The attributes of one cookie; `same_site` is in lower case, empty where it was not given."""

    http_only: bool
    same_site: str
    secure: bool


def attributes_of(jar: Iterable[Cookie]) -> dict[str, SetCookie]:
    """Return the attributes of each cookie of a jar, by its name."""
    found = {}
    for cookie in jar:
        # http.cookiejar keeps what it does not know as it was spelled.
        rest: dict[str, str | None] = {name.lower(): value for name, value in vars(cookie).get("_rest", {}).items()}
        found[cookie.name] = SetCookie("httponly" in rest, (rest.get("samesite") or "").lower(), bool(cookie.secure))
    return found

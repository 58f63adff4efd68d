"""Cookie headers that stand for nobody, or for nobody new, made from a browser's real ones. Pure; judges nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

Pairs: TypeAlias = list[tuple[str, str]]
OVERSIZED_CHARS = 4_000
"""About the largest cookie that a browser keeps."""


@dataclass(frozen=True, slots=True)
class Forgery:
    """One way to forge. `make` returns None where it makes no sense; `own`: the real cookie is in it too."""

    name: str
    make: Callable[[Pairs], str | None]
    own: bool = False


def read_cookies(header: str) -> Pairs:
    """Return the names and values of a Cookie header."""
    pairs = [each.strip().partition("=") for each in header.split(";") if each.strip()]
    return [(name, value) for name, _, value in pairs]


def write_cookies(pairs: Pairs) -> str:
    """Return the Cookie header that says `pairs`."""
    return "; ".join(f"{name}={value}" for name, value in pairs)


def _all(value: Callable[[str], str]) -> Callable[[Pairs], str | None]:
    return lambda pairs: write_cookies([(name, value(each)) for name, each in pairs])


def _next_letter(letter: str) -> str:
    for first, last in (("0", "9"), ("a", "z"), ("A", "Z")):
        if first <= letter <= last:
            return first if letter == last else chr(ord(letter) + 1)
    return letter


def _unknown(value: str) -> str:
    return "".join(_next_letter(each) for each in value)


def _unsigned(value: str) -> str | None:
    """Return a JSON Web Token with its signature taken off, and a head that says so; None when it is none."""
    parts = value.split(".")
    if len(parts) != 3:
        return None
    try:
        head = json.loads(base64.urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
    except ValueError:
        return None
    if not isinstance(head, dict) or "alg" not in head:
        return None
    unsigned = base64.urlsafe_b64encode(json.dumps({**head, "alg": "none"}).encode()).decode().rstrip("=")
    return f"{unsigned}.{parts[1]}."


def _all_unsigned(pairs: Pairs) -> str | None:
    changed = [(name, _unsigned(value)) for name, value in pairs]
    if all(token is None for _, token in changed):
        return None
    return write_cookies([(name, token or value) for (name, value), (_, token) in zip(pairs, changed, strict=True)])


def _oversized(pairs: Pairs) -> str:
    return write_cookies([(name, "x" * (OVERSIZED_CHARS // len(pairs))) for name, _ in pairs])


FORGERIES = {
    each.name: each
    for each in (
        Forgery("none", lambda _: ""),
        Forgery("garbage", _all(lambda _: "garbage")),
        Forgery("empty", _all(lambda _: "")),
        Forgery("a name alone", lambda pairs: "; ".join(name for name, _ in pairs)),
        Forgery("broken escapes", _all(lambda _: "%E0%A4%A")),
        Forgery("a lone quote", _all(lambda _: '"')),
        Forgery("words of a script", _all(lambda _: "__proto__")),
        Forgery("null", _all(lambda _: "null")),
        Forgery("unknown", _all(_unknown)),
        Forgery("half of it", _all(lambda value: value[: len(value) // 2])),
        Forgery("unsigned", _all_unsigned),
        Forgery("oversized", _oversized),
        Forgery(
            "garbage, then its own",
            lambda pairs: write_cookies([*((name, "garbage") for name, _ in pairs), *pairs]),
            own=True,
        ),
        Forgery(
            "its own, then garbage",
            lambda pairs: write_cookies([*pairs, *((name, "garbage") for name, _ in pairs)]),
            own=True,
        ),
    )
}
BOTH = "both"
"""The cookies of two browsers in one header."""

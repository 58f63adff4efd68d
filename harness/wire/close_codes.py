"""The close codes by which a server gives a reason (RFC 6455 section 7.4), and how the end of a connection is told."""

from __future__ import annotations

GOING_AWAY = frozenset({1001, 1012})
TOO_MUCH = frozenset({1008, 1013})
OWN_CODES = 3000
"""From here on close codes mean what the server says they mean."""


def in_words(code: int | None) -> str:
    """Return how a connection ended: "with 1006", or what a code of None stands for."""
    return "without a close frame" if code is None else f"with {code}"

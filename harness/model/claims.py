"""Connections that claim to be somebody without a sign-in: a server may refuse to serve them, so nothing is owed."""

from __future__ import annotations

from harness.history import IdentityClaimed
from harness.model.model import Model


def claimed(model: Model, connection: str) -> bool:
    """Whether the connection claims an identity by other means than its cookies."""
    return any(claim.connection == connection for _, claim in model.facts(IdentityClaimed))

"""How the tests of the pure core draw examples: the same ones on every run, and as slowly as the machine likes."""

from __future__ import annotations

from hypothesis import settings


def drawn(examples: int = 30) -> settings:
    """Return settings for `examples` examples, drawn from the test alone."""
    return settings(max_examples=examples, derandomize=True, deadline=None, database=None)

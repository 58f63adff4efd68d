"""Long texts in a history: their beginning, length and digest stand for them, so that megabytes need not be kept.

What was asked for and what arrived are shortened alike, so that they are equal when the texts are.
"""

from __future__ import annotations

from hashlib import sha256

from harness.wire.template import Json

LONGEST_CHARS = 16_384
BEGINNING_CHARS = 80


def abbreviated(data: Json) -> Json:
    """Return `data` with each text of more than LONGEST_CHARS shortened."""
    if isinstance(data, str):
        if len(data) <= LONGEST_CHARS:
            return data
        digest = sha256(data.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return f"{data[:BEGINNING_CHARS]}… ({len(data)} characters, {digest})"
    if isinstance(data, list):
        return [abbreviated(each) for each in data]
    if isinstance(data, dict):
        return {key: abbreviated(each) for key, each in data.items()}
    return data

"""Tokens: the unique mark that every message of a run carries, so that each delivery names its message.

A token is fixed in width and alphanumeric: it survives HTML, URLs and JSON unchanged and none is a prefix of another.
"""

from __future__ import annotations

import re
from typing import NewType

Token = NewType("Token", str)

TOKEN_CHARS = 20
"""The length of every token."""

_PATTERN = re.compile(r"osk[0-9a-f]{8}n[0-9]{7}z")


def make_token(run_mark: str, number: int) -> Token:
    """Return token `number` of the run marked `run_mark` (8 hexadecimal digits); `number` is below ten million."""
    token = f"osk{run_mark}n{number:07d}z"
    if not _PATTERN.fullmatch(token):
        raise ValueError(f"not a token: {token!r}")
    return Token(token)


def find_tokens(text: str) -> tuple[Token, ...]:
    """Return the distinct tokens in `text`, in order of first appearance."""
    return tuple(Token(each) for each in dict.fromkeys(_PATTERN.findall(text)))

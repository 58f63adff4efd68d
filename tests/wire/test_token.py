"""Tokens are found again in whatever carried them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire.token import find_tokens, make_token
from tests.wire.drawing import drawn

tokens = st.builds(make_token, st.integers(0, 2**32 - 1).map("{:08x}".format), st.integers(0, 9_999_999))
around = st.text(max_size=10)


@drawn()
@given(st.lists(tokens, max_size=4), around)
def test_tokens_are_found_in_order_and_once(made: list[str], between: str) -> None:
    text = between.join(["", *made, *made[:1], ""])
    assert find_tokens(text) == tuple(dict.fromkeys(made))


@drawn()
@given(tokens, around)
def test_a_token_survives_json(token: str, words: str) -> None:
    assert find_tokens(json.dumps({"note": [f"{words}{token}{words}"]})) == (token,)


@drawn()
@given(tokens, tokens)
def test_no_token_is_part_of_another(one: str, other: str) -> None:
    assert (one in other) == (one == other)


@pytest.mark.parametrize(
    ("mark", "number"), [("0000cafe", 10_000_000), ("0000cafe", -1), ("CAFECAFE", 1), ("cafe", 1), ("0000cafe0", 1)]
)
def test_what_is_no_token_is_never_made(mark: str, number: int) -> None:
    with pytest.raises(ValueError, match="not a token"):
        make_token(mark, number)


def test_what_only_looks_like_a_token_is_not_found() -> None:
    token = make_token("0000cafe", 1)
    assert find_tokens(f"{token[:-1]} {token.upper()} {token[1:]}") == ()

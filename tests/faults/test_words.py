"""Faults on the command line, in the words of plans."""

from __future__ import annotations

import pytest

from harness.errors import UsageError
from harness.faults.words import FAULT_EXAMPLES, parse_fault
from harness.plan import Slice


@pytest.mark.parametrize("example", FAULT_EXAMPLES)
def test_every_example_is_read(example: str) -> None:
    assert parse_fault(example).on("every connection") == example


def test_a_fault_of_every_connection() -> None:
    assert parse_fault("slice the bytes to every connection") == Slice("to")


@pytest.mark.parametrize(
    "words", ["slice the bites of every connection", "reset every connection", "slice the bytes of a"]
)
def test_what_is_no_fault_for_every_connection_is_told_with_the_nearest(words: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_fault(words)
    assert words in raised.value.where
    assert raised.value.todo

"""Long texts are told apart by what stands for them; short ones and everything else stay."""

from __future__ import annotations

from harness.wire.abbreviation import LONGEST_CHARS, abbreviated
from harness.wire.template import Json

LONG = "x" * LONGEST_CHARS


def test_what_is_short_or_no_text_stays() -> None:
    data: Json = {"a": [LONG, 1, None, True, 0.5], "b": ""}
    assert abbreviated(data) == data


def test_long_texts_are_shortened_wherever_they_are() -> None:
    short = abbreviated({"a": [LONG + "y"]})
    assert len(str(short)) < 200
    assert f"({LONGEST_CHARS + 1} characters" in str(short)


def test_texts_that_differ_anywhere_still_differ() -> None:
    assert abbreviated(LONG + "y") != abbreviated(LONG + "z")
    assert abbreviated(LONG + "\ud800") != abbreviated(LONG + "\ud801")

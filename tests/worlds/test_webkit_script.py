"""What is run in a WebKitGTK page, and what its answers say."""

from __future__ import annotations

import json

import msgspec
import pytest

from harness.worlds.webkit_script import Answer, answer_of, evaluation, once_more


def test_an_expression_stands_in_the_script_as_it_is() -> None:
    assert "(x => x + 1\n  )" in evaluation("x => x + 1")
    assert "{ pending: true }" in once_more()


def test_an_answer_tells_value_place_and_what_was_logged() -> None:
    told = json.dumps({"value": [1, None], "href": "http://a/", "logged": [["pageerror", "boom"]]})
    assert answer_of(told) == Answer("http://a/", [1, None], logged=(("pageerror", "boom"),))


def test_an_answer_that_a_dialog_kept_back_is_still_to_come() -> None:
    assert answer_of(None).pending


@pytest.mark.parametrize("told", ["", "{", 7, '{"href": 1}'])
def test_an_answer_of_a_page_with_other_builtins_is_none(told: str | int) -> None:
    with pytest.raises(msgspec.MsgspecError):
        answer_of(told)

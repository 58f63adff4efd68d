"""What is no id is nobody's, and other forms of one may be read as that one alone."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire.odd_ids import odd_ids
from tests.wire.drawing import drawn

ids = st.integers(-50, 10**20) | st.text(max_size=8) | st.from_regex(r"[0-9]{1,4}", fullmatch=True)


@drawn()
@given(ids, st.frozensets(ids.map(str), max_size=4))
def test_nothing_odd_is_anothers_id(user_id: str | int, taken: frozenset[str]) -> None:
    found = odd_ids(user_id, taken=taken | {str(user_id)})
    assert len({each.name for each in found}) == len(found)
    texts = {each.value for each in found if isinstance(each.value, str)}
    assert texts.isdisjoint(taken - {str(user_id)})
    for each in found:
        json.dumps(each.value)
        assert each.left_out or each.reads


def test_null_and_what_programs_take_for_nothing_or_for_everything_are_among_them() -> None:
    values = [each.value for each in odd_ids("ada", taken=frozenset({"ada"})) if not each.left_out]
    assert values[:6] == [None, "", True, False, [], {}]
    assert [each.left_out for each in odd_ids("ada", taken=frozenset({"ada"}))].count(True) == 1


@pytest.mark.parametrize(
    ("user_id", "forms"),
    [
        (1, ["1", 1.0, "01", " 1", [1]]),
        ("1", [1, "01", " 1", ["1"]]),
        ("u-1", [" u-1", ["u-1"]]),
        ("9007199254740993", [" 9007199254740993", ["9007199254740993"]]),
        ("\u0661", [" \u0661", ["\u0661"]]),
    ],
)
def test_other_forms_of_an_id_may_be_read_as_it(user_id: str | int, forms: list[object]) -> None:
    found = [each for each in odd_ids(user_id, taken=frozenset({str(user_id)})) if each.reads == (str(user_id),)]
    assert [each.value for each in found] == forms
    assert [type(each.value) for each in found] == [type(each) for each in forms]


def test_a_form_that_is_somebodys_id_is_left_out() -> None:
    assert "01" not in [each.value for each in odd_ids("1", taken=frozenset({"1", "01"}))]

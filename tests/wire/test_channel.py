"""Ids that look like one are never it, nor the same number, nor anybody's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire.channel import ChannelId, look_alikes, near_misses, resemble, unknown_id
from tests.wire.drawing import drawn

ids = st.integers(-50, 10**6) | st.text(max_size=8) | st.from_regex(r"[0-9]{1,4}", fullmatch=True)


@drawn()
@given(st.text(max_size=20).map(ChannelId))
def test_a_near_miss_is_never_the_channel_itself(channel: ChannelId) -> None:
    found = near_misses(channel)
    assert channel not in found
    assert len(found) == len(set(found)) > 5


def test_near_misses_differ_in_case_space_accent_prefix_and_suffix() -> None:
    found = near_misses(ChannelId("site_chat_echo"))
    assert {"SITE_CHAT_ECHO", "site_chat_echo ", " site_chat_echo", "site_chat_ech", "ite_chat_echo"} <= set(found)
    assert {"site.chat_echo", "s\u0301ite_chat_echo", "site_cha\u030at_echo", "", "*", "__proto__"} <= set(found)


@drawn()
@given(ids, st.frozensets(ids.map(str), max_size=4))
def test_a_look_alike_is_nobodys_id_nor_the_same_number(user_id: str | int, taken: frozenset[str]) -> None:
    known = taken | {str(user_id)}
    found = look_alikes(user_id, taken=taken)
    assert "" not in found
    assert len(found) == len(set(found))
    assert known.isdisjoint(found)
    numbers = {int(each) for each in known if each.isdecimal()}
    assert numbers.isdisjoint(int(each) for each in found if each.isdecimal())


@pytest.mark.parametrize(
    ("user_id", "taken", "expected"),
    [
        (1, {"1", "2"}, ["11", "91", "0", "null", "undefined", "guest", "*"]),
        (10, {"10", "1"}, ["101", "1010", "110", "910", "null", "undefined", "guest", "*"]),
        ("007", {"007", "0"}, ["0071", "007007", "1007", "9007", "00", "null"]),
        ("ada", {"ada"}, ["ada1", "adaada", "ad", "da", "adax", "xada", "ada-1", "null"]),
    ],
)
def test_look_alikes_begin_or_end_like_the_id(user_id: str | int, taken: set[str], expected: list[str]) -> None:
    found = look_alikes(user_id, taken=frozenset(taken))
    assert set(expected) - {"00"} <= set(found)
    assert "00" not in found


@pytest.mark.parametrize(
    ("one", "other"), [("1", "11"), ("21", "1"), ("Ada", "ada"), ("straße", "STRASSE"), ("a", "ab")]
)
def test_ids_that_a_sloppy_comparison_confuses_resemble_each_other(one: str, other: str) -> None:
    assert resemble(one, other)
    assert resemble(other, one)


@pytest.mark.parametrize(("one", "other"), [("1", "1"), ("1", "2"), ("", "1"), ("", ""), ("121", "2"), ("ada", "bob")])
def test_other_ids_do_not(one: str, other: str) -> None:
    assert not resemble(one, other)
    assert not resemble(other, one)


@pytest.mark.parametrize(
    ("taken", "unknown"),
    [
        (["1", "2", "7", "11"], "300003"),
        (["100001", "200002"], "300003"),
        (["u-1", "u-12"], "xnobodyx"),
        (["x", "y"], "znobodyz"),
        (["550e8400-e29b-41d4-a716-446655440000", "b"], "661e9511-e30b-52d5-a827-557766551111"),
        (["a-rather-long-name-of-somebody"], "xnobodyx"),
    ],
)
def test_an_unknown_id_has_the_form_of_the_others_and_resembles_none(taken: list[str], unknown: str) -> None:
    assert unknown_id(taken) == unknown
    assert not any(resemble(unknown, each) for each in taken)


def test_where_every_id_of_the_form_resembles_another_the_unknown_one_is_at_least_none_of_them() -> None:
    assert unknown_id(list("123456789")) == "100001"
    assert unknown_id([f"{letter}nobody{letter}" for letter in "xyz"]) == "xnobodyx-ynobodyy-znobodyz"

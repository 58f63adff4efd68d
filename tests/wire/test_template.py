"""What a template was filled with is what matching it gives back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire.template import Json, UnknownPlaceholder, fill, match, placeholders, without
from tests.wire.drawing import drawn

# A brace in the text would be a placeholder itself.
words = st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"]), max_size=8)
scalars: st.SearchStrategy[Json] = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words
)
values: st.SearchStrategy[Json] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=6
)
names = st.sampled_from(["a", "b", "user.id", "login.x_Y9"])
templates: st.SearchStrategy[Json] = st.recursive(
    scalars
    | names.map(lambda name: f"{{{name}}}")
    | st.builds(lambda before, name, after: f"{before}{{{name}}}{after}", words, names, words),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)


@drawn()
@given(templates, st.fixed_dictionaries(dict.fromkeys(("a", "b", "user.id", "login.x_Y9"), words)))
def test_matching_what_was_filled_gives_the_values_back(template: Json, texts: dict[str, Json]) -> None:
    found = match(template, fill(template, texts))
    assert found == {name: texts[name] for name in placeholders(template)}


@drawn()
@given(values)
def test_a_placeholder_that_stands_alone_keeps_the_type_of_its_value(value: Json) -> None:
    template: Json = {"data": "{data}", "list": ["{data}", 1]}
    filled = fill(template, {"data": value})
    assert filled == {"data": value, "list": [value, 1]}
    assert match(template, filled) == {"data": value}


@drawn()
@given(values)
def test_a_template_without_placeholders_matches_itself_alone(value: Json) -> None:
    assert placeholders(value) == set()
    assert fill(value, {}) == value
    assert match(value, value) == {}
    assert match(value, [value, value]) is None


def test_a_placeholder_in_a_longer_string_becomes_text() -> None:
    assert fill("user {id}: {ok}", {"id": 7, "ok": None}) == "user 7: None"


def test_keys_are_taken_as_they_are() -> None:
    assert placeholders({"{key}": ["{a}", {"x": "{b.c}"}], "n": 1}) == {"a", "b.c"}
    assert fill({"{key}": "{a}"}, {"a": 1}) == {"{key}": 1}


@pytest.mark.parametrize("template", ["{A}", "{}", "{a.}", "{ a }", "{a-b}", "{0}"])
def test_other_things_in_braces_are_text(template: str) -> None:
    assert placeholders(template) == set()
    assert fill(template, {}) == template


@pytest.mark.parametrize("template", ["{text}", "hello {text}", [{"a": "{text}"}]])
def test_a_placeholder_without_a_value_is_named_with_those_that_have_one(template: Json) -> None:
    with pytest.raises(UnknownPlaceholder) as caught:
        fill(template, {"channel": 1, "data": 2})
    assert caught.value.args == ("text", ("channel", "data"))


@pytest.mark.parametrize(
    ("template", "value", "found"),
    [
        ({"a": "{x}"}, {"a": 1, "more": 2}, {"x": 1}),
        ({"a": {"b": "{x}"}}, {"a": {"b": [], "c": 1}}, {"x": []}),
        ("You said: {x}", "You said: one\ntwo", {"x": "one\ntwo"}),
        ("{x}.{y}", "1.2", {"x": "1", "y": "2"}),
        ("({x})", "()", {"x": ""}),
        ("a+ {x}", "a+ b", {"x": "b"}),
        ("{x} {x}", "one two one two", {"x": "one two"}),
        ("{x}{x}1", "abab1", {"x": "ab"}),
        (["{x}", {"y": "{x}"}], [True, {"y": True}], {"x": True}),
        (1, 1.0, {}),
        (None, None, {}),
    ],
)
def test_a_value_of_the_templates_shape_matches(template: Json, value: Json, found: dict[str, Json]) -> None:
    assert match(template, value) == found


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ({"a": "{x}"}, {"b": 1}),
        ({"a": "{x}"}, [1]),
        ({"a": 1}, {"a": 2}),
        (["{x}"], ["a", "b"]),
        (["{x}"], "a"),
        (["{x}", "{x}"], [1, 2]),
        ("{x} {x}", "one two"),
        ("You said: {x}", "you said: a"),
        ("You said: {x}", 3),
        ("text", None),
        (True, 1),
        (1, True),
        (0, False),
        (None, False),
    ],
)
def test_a_value_of_another_shape_does_not_match(template: Json, value: Json) -> None:
    assert match(template, value) is None


@drawn()
@given(st.text(max_size=10), st.text(max_size=10))
def test_whatever_a_text_holds_it_is_itself(before: str, after: str) -> None:
    text = f"{before}{{a}}{{b}}{{a}}{after}"
    assert match(text, text) is not None


def test_keys_that_are_a_placeholder_and_nothing_else_can_be_left_out() -> None:
    template: Json = {
        "to": "{user.id}",
        "text": "for {user.id}",
        "deep": [{"to": "{user.id}", "n": 1}],
        "list": ["{user.id}"],
    }
    assert without(template, "user.id") == {"text": "for {user.id}", "deep": [{"n": 1}], "list": ["{user.id}"]}
    assert without(template, "text") == template
    assert without(None, "user.id") is None

"""A history is written as one line an event and read back the same."""

from __future__ import annotations

from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.history import AnyEvent, History, Lag, Received, RunEnded, RunStarted, Settled, dump_event
from harness.wire.template import Json
from tests.wire.drawing import drawn

numbers = st.floats(0, 1e6, allow_nan=False)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


def any_event(kind: type[AnyEvent]) -> st.SearchStrategy[AnyEvent]:
    """Every field drawn from its type; what a server may send is data of any form."""
    return st.builds(kind, **_fields(kind))


def _fields(kind: type[msgspec.Struct]) -> dict[str, st.SearchStrategy[object]]:
    return {name: _drawn(hint) for name, hint in get_type_hints(kind).items() if name in kind.__struct_fields__}


def _drawn(hint: object) -> st.SearchStrategy[object]:
    if hint is Any:
        return values
    if hint is float:
        return numbers
    if get_origin(hint) is tuple:
        return st.lists(_drawn(get_args(hint)[0]), max_size=3).map(tuple)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return st.builds(hint, **_fields(hint))
    return st.from_type(hint)  # type: ignore[arg-type]  # any other annotation


@pytest.mark.slow
@pytest.mark.parametrize("kind", get_args(AnyEvent), ids=lambda kind: kind.__name__)
def test_every_kind_of_event_comes_back_as_it_was(kind: type[AnyEvent]) -> None:
    @drawn(10)
    @given(any_event(kind))
    def example(event: AnyEvent) -> None:
        (back,) = History.load([dump_event(event)])
        assert back == event
        assert type(back) is kind

    example()


@drawn()
@given(values, words)
def test_data_of_any_form_comes_back_as_it_was(data: Json, raw: str) -> None:
    event = Received(at_s=0.5, observer=raw, channel=raw, data=data)
    assert list(History.load(History([event]).dump().split("\n"))) == [event]


def test_a_history_is_one_line_an_event_in_order() -> None:
    history = History([Settled(at_s=1.0, waited_s=0.5, complete=True)])
    history.record(RunEnded(at_s=2.0))
    assert len(history) == 2
    assert history[1] == RunEnded(at_s=2.0)
    assert [line.partition(",")[0] for line in history.dump().splitlines()] == [
        '{"event":"settled"',
        '{"event":"run_ended"',
    ]


def test_a_line_break_in_data_does_not_break_the_line() -> None:
    history = History([Received(at_s=0.0, observer="a#1", channel="c", data="one\ntwo\u2028three")])
    assert list(History.load(history.dump().split("\n"))) == list(history)


def test_those_who_listen_hear_each_event_after_it_was_recorded() -> None:
    history = History()
    heard: list[tuple[AnyEvent, int]] = []
    history.on_event.append(lambda event: heard.append((event, len(history))))
    history.record(Lag(at_s=0.0, lag_s=0.1))
    assert heard == [(Lag(at_s=0.0, lag_s=0.1), 1)]


def test_a_last_line_that_was_cut_is_left_out() -> None:
    history = History([Lag(at_s=0.0, lag_s=0.1), Lag(at_s=1.0, lag_s=0.2)])
    for length in range(1, len(dump_event(history[1]))):
        cut = history.dump()[: len(dump_event(history[0])) + 1 + length]
        assert list(History.load(cut.split("\n"))) == [history[0]]


def test_blank_lines_are_left_out() -> None:
    assert list(History.load(["", dump_event(RunEnded(at_s=0.0)), "  "])) == [RunEnded(at_s=0.0)]


def test_a_field_that_has_a_default_may_be_missing() -> None:
    line = '{"event":"run_started","at_s":0,"plan":"p","world":"wire","target":"t","users":{}}'
    (event,) = History.load([line])
    assert event == RunStarted(at_s=0.0, plan="p", world="wire", target="t", users={})

"""Stamps: what is written is read back, and any change is noticed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.loading.stamp import Mark, Stamp, find_marks, find_stamp, read_stamp, write_stamp

RUN = "0a1b2"
STAMP = Stamp(mark=Mark(stream=3, seq=42), due_us=123_456_789, after=41)


@given(
    stream=st.integers(0, 4095),
    seq=st.integers(1, 9_999_999),
    due_us=st.integers(0, 10**15),
    after=st.integers(0, 9_999_999),
    size=st.integers(0, 300),
)
def test_a_stamp_is_read_back_as_it_was_written(stream: int, seq: int, due_us: int, after: int, size: int) -> None:
    stamp = Stamp(mark=Mark(stream, seq), due_us=due_us, after=after)
    text = write_stamp(stamp, run=RUN, size_chars=size)
    assert read_stamp(text) == stamp
    assert find_stamp(f'{{"note":"{text}"}}') == text
    assert find_marks(f"[{text}]", run=RUN) == [stamp.mark]


def test_a_stamp_is_filled_up_to_its_size() -> None:
    assert len(write_stamp(STAMP, run=RUN, size_chars=500)) == 500


@given(st.data())
def test_a_changed_stamp_is_not_read(data: st.DataObject) -> None:
    text = write_stamp(STAMP, run=RUN, size_chars=80)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda each: each != text[place]))
    assert read_stamp(text[:place] + other + text[place + 1 :]) is None


def test_other_runs_and_texts_without_a_stamp_are_none_of_ours() -> None:
    assert find_marks(write_stamp(STAMP, run="fffff"), run=RUN) == []
    assert find_stamp("nothing here") is None
    assert read_stamp("nothing here") is None

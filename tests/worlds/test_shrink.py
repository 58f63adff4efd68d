"""From a plan that shows a finding to the smallest one that still does."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from harness.plan import AtOnce, Plan, parse_step
from harness.worlds.shrink import shrink
from tests.wire.drawing import drawn


def plan(*sentences: str) -> Plan:
    return Plan("p", tuple(parse_step(each) for each in sentences), "It holds.", ("wire",), ("BC-1",))


def needs(*sentences: str) -> Callable[[Plan], bool]:
    """Fail whenever these steps are there, in this order, whatever stands between them."""
    wanted = tuple(parse_step(each) for each in sentences)

    def fails(candidate: Plan) -> bool:
        left = iter(candidate.steps)
        return all(step in left for step in wanted)

    return fails


def smallest(large: Plan, fails: Callable[[Plan], bool]) -> list[str]:
    return shrink(large, fails=fails, may_go_on=lambda: True).words


LONG = plan(*(f"open {name}" for name in "abcdefgh"), "broadcast", *(f"close {name}" for name in "abcdefgh"), "settle")


def test_one_step_that_is_to_blame_is_left_alone() -> None:
    assert smallest(LONG, needs("broadcast")) == ["broadcast"]


def test_steps_that_are_far_apart_are_found() -> None:
    assert smallest(LONG, needs("open c/1", "broadcast", "settle")) == ["open c/1", "broadcast", "settle"]


def test_all_else_about_the_plan_stays() -> None:
    found = shrink(LONG, fails=needs("broadcast"), may_go_on=lambda: True)
    assert (found.name, found.summary, found.worlds, found.proves) == ("p", "It holds.", ("wire",), ("BC-1",))


def test_a_plan_that_does_not_fail_again_stays_whole() -> None:
    assert smallest(LONG, lambda _: False) == LONG.words


def test_a_plan_of_one_step_stays_whole() -> None:
    assert smallest(plan("settle"), lambda _: True) == ["settle"]


def test_of_steps_that_each_show_it_the_first_is_kept() -> None:
    assert smallest(plan(*(f"open {name}" for name in "abcde")), lambda _: True) == ["open a/1"]
    assert smallest(LONG, needs_any("close")) == ["close a/1"]


def test_times_become_as_few_as_still_fail() -> None:
    def many(candidate: Plan) -> bool:
        return any(getattr(step, "times", 0) >= 10 for step in candidate.steps)

    assert smallest(plan("open a", "broadcast 80 times", "settle"), many) == ["broadcast 20 times"]
    assert smallest(plan("open a", "broadcast 80 times", "settle"), needs_any("broadcast")) == ["broadcast"]
    assert smallest(plan("send_to_user ada 2 times"), needs_any("send_to_user")) == ["send_to_user ada"]
    assert smallest(plan("echo a 3 times"), lambda _: False) == ["echo a/1 3 times"]


def needs_any(word: str) -> Callable[[Plan], bool]:
    return lambda candidate: any(sentence.startswith(word) for sentence in candidate.words)


def test_what_need_not_happen_at_the_same_time_is_left_out() -> None:
    def fails(candidate: Plan) -> bool:
        together = [step for step in candidate.steps if isinstance(step, AtOnce)]
        return any({"sign a/1 out", "send_to_user ada"} <= {*map(str, step.steps)} for step in together)

    large = plan("open a", "at once: open b; sign a out; broadcast; send_to_user ada; echo b", "settle")
    assert smallest(large, fails) == ["at once: sign a/1 out; send_to_user ada"]


def test_what_needs_no_company_stands_alone() -> None:
    large = plan("open a", "at once: open b; broadcast; echo b", "settle")
    assert smallest(large, lambda candidate: "broadcast" in str(candidate.words)) == ["broadcast"]


def test_nothing_is_tried_once_the_time_is_over() -> None:
    tried: list[Plan] = []

    def fails(candidate: Plan) -> bool:
        tried.append(candidate)
        return True

    assert shrink(LONG, fails=fails, may_go_on=lambda: False) == LONG
    assert tried == []


def test_what_was_found_before_the_time_was_over_is_kept() -> None:
    left = itertools.count()
    found = shrink(LONG, fails=needs("broadcast"), may_go_on=lambda: next(left) < 2)
    assert 1 < len(found.steps) < len(LONG.steps)
    assert "broadcast" in found.words


def test_no_candidate_is_tried_twice_nor_without_steps() -> None:
    tried: list[tuple[object, ...]] = []

    def fails(candidate: Plan) -> bool:
        tried.append(candidate.steps)
        return needs("open a/1", "close h/1")(candidate)

    smallest(LONG, fails)
    assert len(tried) == len(set(tried))
    assert () not in tried


@drawn(8)
@given(st.sets(st.integers(0, len(LONG.steps) - 1), min_size=1))
def test_the_smallest_plan_fails_and_none_of_its_steps_can_be_left_out(places: set[int]) -> None:
    wanted = needs(*(LONG.words[place] for place in sorted(places)))
    assert smallest(LONG, wanted) == [LONG.words[place] for place in sorted(places)]

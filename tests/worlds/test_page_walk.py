"""One seed is one walk, however far one goes; each is a plan that its sentences give back."""

from __future__ import annotations

from itertools import islice

from harness.plan import ROLES, Open, Plan, Settle, SignIn, dump_plan, read_plan
from harness.worlds.page_walk import CONTROL, NEEDED, WORDS, page_walk


def steps(seed: str, number: int, many: int) -> tuple[object, ...]:
    return tuple(islice(page_walk(seed, number, roles=ROLES[:3]), many))


def test_one_seed_gives_the_same_walk_and_another_seed_another() -> None:
    assert steps("7", 0, 60) == steps("7", 0, 60)
    assert steps("7", 0, 60)[:20] == steps("7", 0, 20)
    assert steps("8", 0, 60) != steps("7", 0, 60)
    assert steps("7", 1, 60) != steps("7", 0, 60)


def test_a_walk_can_be_written_and_read_back() -> None:
    plan = Plan("walk", tuple(islice(page_walk("7", 1, roles=ROLES[:2]), 80)))
    assert read_plan(dump_plan(plan), where="a test") == plan


def test_every_walk_shares_settles_and_has_a_control_that_stays_signed_in() -> None:
    for number in range(6):
        walk = steps("7", number, 120)
        assert SignIn(CONTROL, "ada") in walk
        assert not any(getattr(step, "tab", None) == CONTROL for step in walk[2:])
        assert Settle() in walk[5:]
        assert any(isinstance(step, Open) for step in walk[5:])


def test_every_word_is_taken_by_some_walk() -> None:
    taken = {type(step) for number in range(10) for step in steps("7", number, 200)}
    assert len(taken) == len(WORDS)
    assert WORDS.keys() >= NEEDED

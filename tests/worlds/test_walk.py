"""One seed is one walk; two seeds are two; each is a plan that its sentences give back."""

from __future__ import annotations

from harness.plan import ROLES, AtOnce, Settle, SignIn, dump_plan, read_plan
from harness.worlds.walk import CONTROL, draw_walk


def test_one_seed_gives_the_same_plan_and_another_seed_another() -> None:
    first = draw_walk("7", 0, steps=60, roles=ROLES[:4])
    assert draw_walk("7", 0, steps=60, roles=ROLES[:4]) == first
    assert draw_walk("8", 0, steps=60, roles=ROLES[:4]).steps != first.steps
    assert draw_walk("7", 1, steps=60, roles=ROLES[:4]).steps != first.steps


def test_a_longer_walk_begins_like_the_shorter_one() -> None:
    long, short = (draw_walk("7", 3, steps=steps, roles=ROLES[:4]).steps for steps in (50, 20))
    assert long[: len(short) - 1] == short[:-1]


def test_a_walk_can_be_written_and_read_back() -> None:
    plan = draw_walk("7", 1, steps=60, roles=ROLES[:2])
    assert read_plan(dump_plan(plan), where="a test") == plan


def test_every_walk_has_races_settles_and_a_control_that_stays_signed_in() -> None:
    for number in range(6):
        plan = draw_walk("7", number, steps=80, roles=ROLES[:4])
        assert any(isinstance(step, Settle) for step in plan.steps[4:-1])
        assert SignIn(CONTROL, "ada") in plan.steps
        assert not any(getattr(step, "tab", None) == CONTROL for step in plan.each_step[4:])
    assert any(isinstance(step, AtOnce) for step in draw_walk("7", 0, steps=80, roles=ROLES[:4]).steps)

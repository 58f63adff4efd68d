"""One seed is one walk, however far one goes; each is a plan that its sentences give back."""

from __future__ import annotations

from itertools import islice

from harness.plan import ROLES, Freeze, KillBrowser, Open, Plan, Settle, SignIn, Step, dump_plan, read_plan
from harness.worlds.engine import lack_of
from harness.worlds.launch import Launch, launch_for
from harness.worlds.page_walk import CONTROL, NATURAL, NEEDED, WORDS, launch_of, page_walk, words_for


def steps(seed: str, number: int, many: int) -> tuple[Step, ...]:
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


def test_an_engine_s_walk_has_the_words_that_it_can_be_made_to_do() -> None:
    assert words_for(lambda plan: not lack_of("chromium", plan)) == WORDS
    firefox = words_for(lambda plan: not lack_of("firefox", plan))
    assert WORDS.keys() - firefox.keys() == {"crash", "freeze", "hang", "kill"}
    assert launch_of(firefox) == Launch(cached=True)


def test_a_page_that_offers_no_sign_in_is_walked_over_by_guests() -> None:
    silent = words_for(lambda plan: not any(isinstance(step, SignIn) for step in plan.steps))
    assert not any(isinstance(step, SignIn) for step in islice(page_walk("7", 0, roles=ROLES[:2], words=silent), 60))


def test_a_walk_is_carried_out_as_the_plan_that_it_becomes() -> None:
    walk = Plan("walk", steps("7", 0, 300))
    assert {type(step) for step in walk.steps} >= {Freeze, KillBrowser}
    assert launch_for(walk) == launch_of(WORDS) == Launch(natural=frozenset({NATURAL}), cached=True)

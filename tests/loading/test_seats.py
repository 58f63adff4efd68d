"""Who is next, and that nobody has more connections than the target lets a user have."""

from __future__ import annotations

import pytest

from harness.loading.seats import Seats, seats_of


def test_guests_and_users_take_turns_from_where_the_worker_begins() -> None:
    assert [Seats(("ada", "bob"), first=1).take() for _ in range(1)] == ["ada"]
    seats = Seats(("ada", "bob"))
    assert [seats.take() for _ in range(7)] == ["", "ada", "bob", "", "ada", "bob", ""]


def test_who_has_all_that_are_allowed_is_a_guest_instead_until_one_is_given_back() -> None:
    seats = Seats(("ada", "bob"), limit=1)
    assert [seats.take() for _ in range(6)] == ["", "ada", "bob", "", "", ""]
    seats.give_back("ada")
    assert [seats.take() for _ in range(3)] == ["", "ada", ""]


def test_a_user_is_found_as_long_as_one_may_have_more() -> None:
    seats = Seats(("ada", "bob"), limit=1)
    assert [seats.take_user() for _ in range(3)] == ["ada", "bob", ""]


@pytest.mark.parametrize(("allowed", "workers", "each"), [(None, 2, None), (32, 1, 24), (32, 3, 8), (2, 4, 0)])
def test_workers_share_what_a_user_may_have_and_leave_some_free(
    allowed: int | None, workers: int, each: int | None
) -> None:
    assert seats_of(allowed, workers=workers) == each

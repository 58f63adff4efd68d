"""The account: exactly what a connection is owed, and what counts apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.loading.account import Account, draw_up
from harness.loading.evidence import EXAMPLES, Connection
from harness.loading.ledger import Ledger

DELIVERY_S = 1.0


def ledger_of(*, broadcasts: int, accepted: bool = True) -> Ledger:
    """Message n of the broadcasts is started at second n and answered a tenth later."""
    ledger = Ledger(("ada", "bob"))
    for number in range(1, broadcasts + 1):
        ledger.streams[0].start(float(number))
        ledger.streams[0].finish(number, at_s=number + 0.1, accepted=accepted)
    return ledger


def connection(
    *spans: tuple[int, int], user: str = "", ready_s: float = 0.5, closed_s: float | None = None, stream: int = 0
) -> Connection:
    return Connection(
        name="w/1", user=user, opening_s=ready_s - 0.2, ready_s=ready_s, closed_s=closed_s, spans={stream: spans}
    )


def account_of(ledger: Ledger, *connections: Connection) -> Account:
    return draw_up(ledger, connections, delivery_s=DELIVERY_S)


def test_everything_arrived() -> None:
    account = account_of(ledger_of(broadcasts=9), connection((1, 9)), connection((1, 9), user="ada"))
    assert (account.expected, account.delivered, account.lost, account.outside_window) == (18, 18, 0, 0)


@pytest.mark.parametrize(
    ("spans", "lost"), [([(2, 9)], 1), ([(1, 8)], 1), ([(1, 3), (6, 9)], 2), ([(1, 1), (3, 3)], 7), ([], 9)]
)
def test_each_missing_message_is_a_loss(spans: list[tuple[int, int]], lost: int) -> None:
    account = account_of(ledger_of(broadcasts=9), connection(*spans))
    assert (account.expected, account.lost, account.delivered) == (9, lost, 9 - lost)
    assert len(account.examples) == min(lost, EXAMPLES)
    assert "broadcast" in account.examples[0]


def test_what_was_refused_is_owed_to_nobody() -> None:
    account = account_of(ledger_of(broadcasts=9, accepted=False), connection((1, 4)))
    assert (account.expected, account.delivered, account.lost) == (0, 0, 0)


def test_what_was_published_before_a_connection_was_ready_is_not_owed_to_it() -> None:
    account = account_of(ledger_of(broadcasts=9), connection((6, 9), ready_s=5.5))
    assert (account.expected, account.lost, account.outside_window) == (4, 0, 0)


def test_a_message_under_way_while_a_connection_opened_counts_apart() -> None:
    account = account_of(ledger_of(broadcasts=9), connection((5, 9), ready_s=5.2))
    assert (account.expected, account.lost, account.outside_window) == (4, 0, 1)


def test_a_message_that_a_closing_connection_did_not_get_in_time_counts_apart() -> None:
    account = account_of(ledger_of(broadcasts=9), connection((1, 4), closed_s=5.5))
    assert (account.expected, account.delivered, account.lost, account.outside_window) == (4, 4, 0, 1)


def test_a_message_whose_deadline_had_passed_when_the_connection_closed_is_lost() -> None:
    account = account_of(ledger_of(broadcasts=9), connection((1, 2), closed_s=5.5))
    assert (account.expected, account.lost, account.outside_window) == (4, 2, 1)


def test_what_arrived_before_the_close_is_delivered_even_if_its_answer_came_later() -> None:
    account = account_of(ledger_of(broadcasts=9), connection((1, 5), closed_s=5.05))
    assert (account.expected, account.delivered, account.outside_window) == (5, 5, 0)


def test_a_connection_that_was_over_before_the_first_message_is_owed_nothing() -> None:
    account = account_of(ledger_of(broadcasts=3), connection(closed_s=0.7))
    assert (account.expected, account.outside_window) == (0, 0)


def test_private_messages_are_owed_to_their_user_and_kept_from_everybody_else() -> None:
    ledger = Ledger(("ada", "bob"))
    for number in range(1, 4):
        ledger.streams[1].start(float(number))
        ledger.streams[1].finish(number, at_s=number + 0.1, accepted=True)
    ada, bob = connection((1, 3), user="ada", stream=1), connection(user="bob", closed_s=2.5)
    account = account_of(ledger, ada, bob, connection(ready_s=2.5))
    assert (account.expected, account.private_delivered, account.lost) == (3, 3, 0)
    assert (account.kept_from_users, account.kept_from_guests) == (2, 1)


def test_numbers_that_never_were_change_nothing() -> None:
    account = account_of(ledger_of(broadcasts=3), connection((1, 3), (77, 77)), connection((1, 9)))
    assert (account.expected, account.delivered, account.lost) == (6, 6, 0)


def test_only_a_few_examples_are_kept() -> None:
    account = account_of(ledger_of(broadcasts=50), connection())
    assert account.lost == 50
    assert len(account.examples) == EXAMPLES


@given(
    accepted=st.lists(st.booleans(), min_size=1, max_size=12),
    arrived=st.sets(st.integers(1, 12)),
    ready_s=st.floats(0, 13),
)
def test_expected_is_what_was_accepted_after_it_was_ready(
    accepted: list[bool], arrived: set[int], ready_s: float
) -> None:
    ledger = Ledger(("ada", "bob"))
    for number, each in enumerate(accepted, start=1):
        ledger.streams[0].start(float(number))
        ledger.streams[0].finish(number, at_s=number + 0.1, accepted=each)
    arrived = {each for each in arrived if each <= len(accepted)}
    owed = {number for number, each in enumerate(accepted, start=1) if each and number >= ready_s}
    account = account_of(ledger, connection(*((each, each) for each in sorted(arrived)), ready_s=ready_s))
    assert (account.expected, account.delivered) == (len(owed), len(owed & arrived))

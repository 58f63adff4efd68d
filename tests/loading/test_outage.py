"""Who was cut off by a restart, and who came back."""

from __future__ import annotations

from harness.loading.evidence import Connection
from harness.loading.outage import Outage, returns_after

DOWN = Outage(10.0, 12.0)


def life(name: str, *, ready_s: float = 1.0, closed_s: float | None = None, torn: bool = True) -> Connection:
    return Connection(
        name=name, user="", opening_s=ready_s - 0.1, ready_s=ready_s, closed_s=closed_s, spans={}, torn=torn
    )  # fmt: skip


def test_who_comes_back_is_measured_from_when_the_target_answered_again() -> None:
    found = returns_after([DOWN], [life("w/1", closed_s=10.1), life("w/1.7", ready_s=12.5), life("w/2")])
    assert (found.cut, found.back, found.missing) == (1, 1, 0)
    assert 500 <= found.return_ms.percentile(100) <= 516


def test_who_does_not_is_missing() -> None:
    found = returns_after([DOWN], [life("w/1", closed_s=10.1), life("w/10", ready_s=12.5)])
    assert (found.cut, found.back, found.missing) == (1, 0, 1)


def test_what_ended_before_or_long_after_or_from_our_side_is_none_of_it() -> None:
    ends = [life("w/1", closed_s=9.0), life("w/2", closed_s=14.0), life("w/3", closed_s=11.0, torn=False)]
    assert returns_after([DOWN], ends).cut == 0
    assert returns_after([], [life("w/1", closed_s=10.1)]).cut == 0


def test_who_was_back_before_the_target_answered_elsewhere_took_no_time() -> None:
    found = returns_after([DOWN], [life("w/1", closed_s=10.1), life("w/1.1", ready_s=11.9)])
    assert found.return_ms.greatest < 0.01

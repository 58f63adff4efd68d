"""An outcome says whether anything could be judged at all."""

from __future__ import annotations

import pytest

from harness.checks.finding import Finding, Outcome

BROKEN = Finding(requirement="BC-1", check="c", expected="e", seen="s")


@pytest.mark.parametrize(
    ("outcome", "nothing"),
    [
        (Outcome(test="t", world="wire"), True),
        (Outcome(test="t", world="wire", held={"BC-1": 1}), False),
        (Outcome(test="t", world="wire", findings=(BROKEN,)), False),
        (Outcome(test="t", world="wire", status="skipped"), False),
    ],
)
def test_a_test_that_neither_held_nor_found_anything_judged_nothing(outcome: Outcome, *, nothing: bool) -> None:
    assert outcome.judged_nothing == nothing

"""An outcome says whether it showed anything of what its test is there for."""

from __future__ import annotations

import pytest

from harness.checks.finding import Finding, Outcome

BROKEN = Finding(requirement="BC-1", check="c", expected="e", seen="s")


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (Outcome(test="t", world="wire"), "nothing could be judged by what was recorded"),
        (Outcome(test="t", world="wire", held={"BC-1": 1}), ""),
        (Outcome(test="t", world="wire", held={"BC-1": 1}, proves=("BC-1", "BC-3")), ""),
        (
            Outcome(test="t", world="wire", held={"BC-1": 1}, proves=("BC-3", "FR-8")),
            "nothing of BC-3, FR-8 was put to the test",
        ),
        (Outcome(test="t", world="wire", findings=(BROKEN,)), ""),
        (Outcome(test="t", world="wire", status="skipped"), ""),
    ],
)
def test_a_test_that_neither_held_what_it_is_there_for_nor_found_anything_showed_nothing(
    outcome: Outcome, why: str
) -> None:
    assert outcome.showed_nothing == why

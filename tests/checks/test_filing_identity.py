"""One cause is filed once, where it is about who one is."""

from __future__ import annotations

import pytest

from harness.checks.filing import classify, kin
from harness.checks.finding import Finding, Outcome


def filed(*findings: tuple[str, str]) -> list[str]:
    """Return the requirements under which findings, each a requirement and a kind, are filed in one run."""
    made = tuple(Finding(requirement=name, kind=kind, check="c", expected="e", seen="s") for name, kind in findings)
    (outcome,) = classify([Outcome(test="t", world="wire", findings=made)])
    return [each.requirement for each in outcome.findings]


@pytest.mark.parametrize("name", ["ID-2", "ID-3", "ID-5", "ID-6", "ID-8", "ID-9", "ID-11", "ISO-8"])
def test_a_leak_of_its_own_stays_what_it_is(name: str) -> None:
    assert filed((name, "leak:look-alike")) == [name]


@pytest.mark.parametrize(
    ("root", "name"),
    [
        ("ISO-2", "ISO-8"),
        ("ISO-2", "ID-6"),
        ("ISO-3", "ID-6"),
        ("ISO-5", "ISO-8"),
        ("ISO-5", "ID-9"),
        ("ISO-8", "ID-2"),
        ("ID-2", "ID-5"),
        ("ID-5", "ID-11"),
        ("ID-3", "ID-8"),
        ("ID-3", "ID-9"),
        ("ID-3", "ID-11"),
    ],
)
def test_a_plainer_leak_explains_a_finer_one(root: str, name: str) -> None:
    assert filed((root, "leak"), (name, "leak")) == [root, root]
    assert root in kin(name)
    assert name in kin(root)


def test_what_was_explained_explains_nothing_itself() -> None:
    assert filed(("ISO-2", "leak"), ("ISO-8", "leak"), ("ID-2", "leak")) == ["ISO-2", "ISO-2", "ID-2"]


def test_a_socket_that_keeps_its_user_keeps_the_context_too() -> None:
    assert filed(("ID-3", "leak"), ("ID-4", "context")) == ["ID-3", "ID-3"]
    assert filed(("ID-4", "context")) == ["ID-4"]


@pytest.mark.parametrize("name", ["ID-6", "ID-7", "ID-8", "ID-10", "ID-11"])
@pytest.mark.parametrize("root", ["ISO-1", "ID-1"])
def test_a_loss_that_needs_no_cause_explains_one_that_had_one(root: str, name: str) -> None:
    assert filed((root, "loss:few"), (name, "loss:few")) == [root, root]
    assert filed((name, "loss:few")) == [name]


def test_private_messages_that_are_lost_now_and_then_are_lost_whatever_befell() -> None:
    assert filed(("ISO-1", "loss:some"), ("ID-7", "loss:few")) == ["ORD-3", "ORD-3"]


def test_what_the_server_closed_is_not_explained_by_what_was_lost() -> None:
    assert filed(("ISO-1", "loss:all"), ("ID-7", "closed")) == ["ISO-1", "ID-7"]


def test_what_comes_twice_in_any_case_has_nothing_to_do_with_a_renewal() -> None:
    assert filed(("ORD-2", ""), ("ID-10", "double")) == ["ORD-2", "ORD-2"]
    assert filed(("ID-10", "double")) == ["ID-10"]

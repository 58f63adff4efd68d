"""An error is three lines, and its type says who is to blame."""

from __future__ import annotations

import pytest

from harness import errors
from harness.errors import OnesocketError, did_you_mean

EXIT_CODES = {
    "OnesocketError": 4,
    "UsageError": 2,
    "TargetFileError": 2,
    "PlanError": 2,
    "TargetError": 3,
    "TargetUnreachable": 3,
    "TargetNotReady": 3,
    "ControlFailed": 3,
    "CapabilityMissing": 3,
    "Interrupted": 130,
    "Unfit": 5,
    "HarnessError": 4,
    "EngineLost": 4,
}


def test_an_error_says_what_and_where_and_what_to_do() -> None:
    error = OnesocketError("it is broken", where="here: 3", todo="mend it")
    assert str(error).splitlines() == ["it is broken", "  where: here: 3", "  to do: mend it"]
    assert (error.what, error.where, error.todo) == ("it is broken", "here: 3", "mend it")


def test_what_a_process_printed_stands_below() -> None:
    error = OnesocketError("it died", where="here", todo="look:", printed=("a", "b"))
    assert str(error).splitlines()[2:] == ["  to do: look:", "  | a", "  | b"]


@pytest.mark.parametrize(("name", "exit_code"), EXIT_CODES.items())
def test_the_exit_code_says_who_is_to_blame(name: str, exit_code: int) -> None:
    assert getattr(errors, name).exit_code == exit_code


def test_every_error_is_in_the_tree_that_is_drawn() -> None:
    found = {name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, OnesocketError)}
    assert found == set(EXIT_CODES)
    assert errors.__doc__ is not None
    assert all(name in errors.__doc__ for name in found)


def test_a_near_match_is_named() -> None:
    assert did_you_mean("brodcast", ["echo", "broadcast"]) == "did you mean 'broadcast'?"


def test_without_a_near_match_all_that_is_allowed_is_named() -> None:
    assert did_you_mean("xyz", iter(["echo", "broadcast"])) == "allowed: echo, broadcast"

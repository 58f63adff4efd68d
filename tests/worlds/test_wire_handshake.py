"""Steps of handshakes on the reference: what they record, and where they make no sense."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from harness.errors import TargetError
from harness.history import CookieClaimed, CookieSeen, Knocked, StepFinished
from harness.plan import Plan, parse_step
from harness.targets.file import load_target
from harness.trials import reference_file
from harness.worlds.laboratory import Laboratory, Trial

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    target = load_target(reference_file())
    promises = msgspec.structs.replace(target.promises, handshake_s=None)
    with Laboratory(msgspec.structs.replace(target, promises=promises), tmp_path_factory.mktemp("target")) as found:
        yield found


def carried_out(laboratory: Laboratory, *sentences: str) -> Trial:
    trial = laboratory.run(Plan("p", tuple(parse_step(each) for each in sentences)), world="wire")
    assert trial.error is None
    return trial


def notes(trial: Trial) -> list[str]:
    return [each.note for each in trial.history if isinstance(each, StepFinished) and each.outcome == "skipped"]


def test_a_knock_is_recorded_with_its_answer_and_what_came_after(laboratory: Laboratory) -> None:
    trial = carried_out(laboratory, 'knock as a with "version 99" 2 times')
    knocked = [each for each in trial.history if isinstance(each, Knocked)]
    assert [(each.status, each.versions, each.afterwards) for each in knocked] == [(426, "13", "upgraded")] * 2


def test_what_makes_no_sense_is_left_out_with_a_reason(laboratory: Laboratory) -> None:
    trial = carried_out(
        laboratory,
        "knock as g with every unfinished handshake",
        'open h with cookies of g forged as "garbage"',
        "open h with the cookies of g and a",
        "open h leaving out each cookie of g",
        "sign a in as ada",
        'open h with cookies of a forged as "unsigned"',
    )
    assert notes(trial) == [
        "the target promises no end of an unfinished handshake",
        *["that browser has no cookie"] * 3,
        "its cookies have no such form",
    ]


def test_each_cookie_is_told_with_its_attributes_and_never_its_value(laboratory: Laboratory) -> None:
    trial = carried_out(laboratory, "sign a in as ada", "open h leaving out each cookie of a")
    (seen,) = [each for each in trial.history if isinstance(each, CookieSeen)]
    (claim,) = [each for each in trial.history if isinstance(each, CookieClaimed)]
    assert (seen.http_only, seen.same_site, seen.secure, seen.tls) == (True, "lax", False, False)
    assert (claim.left_out, claim.may_be) == (seen.cookie, ("ada",))


def test_a_target_that_dies_of_a_knock_ends_the_plan_with_a_finding() -> None:
    target = load_target(reference_file())
    start = ("{python}", "-m", "tests.faulty.serve", "--fault", "dies_without_a_key", "--port", "{port}")
    capabilities = msgspec.structs.replace(target.capabilities, instances=())
    target = msgspec.structs.replace(target, start=start, capabilities=capabilities, broker=None)
    with Laboratory(target, Path(__file__).parents[2]) as laboratory:
        plan = Plan("p", (parse_step('knock as a with "no key"'), parse_step("broadcast")), proves=("HS-2",))
        trial = laboratory.run(plan, world="wire")
    assert trial.error is None or isinstance(trial.error, TargetError)
    assert {each.requirement for each in trial.judgement.findings} == {"HS-2"}

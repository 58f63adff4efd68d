"""What a run says of each requirement, and the exit code that follows."""

from __future__ import annotations

import pytest

from harness.checks.finding import Finding, LoadOutcome, Outcome
from harness.checks.verdict import RunVerdict, Status, classify, judge_run
from harness.requirement import Requirement


def requirement(name: str, *, level: str = "MUST", kind: str = "core") -> Requirement:
    return Requirement(id=name, area=name, level=level, set=kind, sentence="s", kinds=("P",), source="S")


def finding(name: str, *, kind: str = "", level: str = "fail") -> Finding:
    return Finding(requirement=name, check="c", expected="e", seen="s", kind=kind, level=level)


def outcome(*findings: Finding, status: str = "judged", reason: str = "", world: str = "wire", **held: int) -> Outcome:
    named = {name.replace("_", "-"): times for name, times in held.items()}
    return Outcome(test="t", world=world, status=status, reason=reason, findings=findings, held=named)


def run(
    *outcomes: Outcome,
    loads: tuple[LoadOutcome, ...] = (),
    catalogue: tuple[Requirement, ...] = (requirement("BC-1"),),
    scope: tuple[str, ...] = ("BC-1",),
    strict: bool = False,
    interrupted: bool = False,
) -> RunVerdict:
    worlds: dict[str, tuple[str, ...]] = dict.fromkeys(scope, ("wire",))
    return judge_run(outcomes, loads, catalogue=catalogue, scope=worlds, strict=strict, interrupted=interrupted)


def status(verdict: RunVerdict) -> Status:
    return verdict.verdicts[0].status


def test_what_held_passes() -> None:
    verdict = run(outcome(BC_1=2), outcome(BC_1=1, world="page"))
    assert (verdict.exit_code, verdict.headline) == (0, "1 requirements hold")
    (only,) = verdict.verdicts
    assert (only.status, only.held, only.worlds) == (Status.PASS, 3, ("wire", "page"))
    assert verdict.failed == ()


def test_a_broken_must_fails_however_often_it_held() -> None:
    verdict = run(outcome(finding("BC-1"), BC_1=9))
    assert (status(verdict), verdict.exit_code) == (Status.FAIL, 1)
    assert verdict.headline == "1 broken: BC-1"
    assert [each.requirement.id for each in verdict.failed] == ["BC-1"]
    assert verdict.verdicts[0].findings == (("t", finding("BC-1")),)


@pytest.mark.parametrize("level", ["SHOULD", "MAY"])
def test_a_broken_should_warns_and_fails_under_strict(level: str) -> None:
    catalogue = (requirement("BC-1", level=level),)
    found = outcome(finding("BC-1"), BC_1=1)
    passed = outcome(ISO_1=1)
    both = (*catalogue, requirement("ISO-1"))
    assert status(run(found, catalogue=catalogue)) is Status.WARN
    assert run(found, passed, catalogue=both).exit_code == 0
    assert run(found, passed, catalogue=both, strict=True).exit_code == 1


def test_what_came_true_too_late_is_late_and_fails_under_strict() -> None:
    both = (requirement("LC-2"), requirement("BC-1"))
    late = outcome(finding("LC-2", level="late"), BC_1=1)
    assert status(run(late, catalogue=both)) is Status.LATE
    assert run(late, catalogue=both).exit_code == 0
    assert run(late, catalogue=both, strict=True).exit_code == 1


def test_one_failure_among_late_ones_fails() -> None:
    assert status(run(outcome(finding("BC-1", level="late"), finding("BC-1")))) is Status.FAIL


def test_what_this_run_did_not_set_out_to_check_is_unchecked_and_leaves_it_whole() -> None:
    verdict = run(outcome(BC_1=1), catalogue=(requirement("FR-1"), requirement("BC-1")))
    assert (status(verdict), verdict.exit_code) == (Status.UNCHECKED, 0)


def test_what_nothing_exercised_is_unknown_and_makes_the_run_partial() -> None:
    verdict = run(outcome(BC_1=1), catalogue=(requirement("ISO-1"), requirement("BC-1")), scope=("ISO-1", "BC-1"))
    assert (status(verdict), verdict.exit_code) == (Status.UNKNOWN, 5)
    assert verdict.headline == "partial: ISO-1 could not be tried"


@pytest.mark.parametrize(("level", "kind"), [("SHOULD", "core"), ("MUST", "ext")])
def test_what_is_no_core_must_leaves_the_run_whole(level: str, kind: str) -> None:
    catalogue = (requirement("ISO-1", level=level, kind=kind), requirement("BC-1"))
    assert run(outcome(BC_1=1), catalogue=catalogue, scope=("ISO-1", "BC-1")).exit_code == 0


def test_what_a_target_does_not_offer_is_unsupported_with_the_reason() -> None:
    skipped = Outcome(test="t", world="wire", status="skipped", reason="no start", skipped_requirements=("LC-2",))
    catalogue = (requirement("LC-2"), requirement("BC-1"))
    verdict = run(skipped, outcome(BC_1=1), catalogue=catalogue, scope=("LC-2", "BC-1"))
    assert (status(verdict), verdict.verdicts[0].reason, verdict.exit_code) == (Status.UNSUPPORTED, "no start", 5)


def test_what_was_skipped_in_one_test_and_held_in_another_passes() -> None:
    skipped = Outcome(test="t", world="wire", status="skipped", skipped_requirements=("BC-1",))
    assert status(run(skipped, outcome(BC_1=1))) is Status.PASS


def test_what_we_broke_ourselves_is_our_error() -> None:
    verdict = run(outcome(status="harness", reason="a bug"))
    assert (status(verdict), verdict.verdicts[0].reason, verdict.exit_code) == (Status.HARNESS_ERROR, "a bug", 4)


def test_a_finding_counts_more_than_our_error() -> None:
    assert run(outcome(status="harness"), outcome(finding("BC-1"))).exit_code == 1


@pytest.mark.parametrize(("reason", "headline"), [("it is gone\n  where: there", "it is gone"), ("", "")])
def test_a_target_that_became_unusable_is_said_in_one_line(reason: str, headline: str) -> None:
    verdict = run(outcome(BC_1=1), outcome(status="target", reason=reason))
    assert (verdict.exit_code, verdict.headline) == (3, headline)


def test_a_load_run_that_is_invalid_verifies_nothing() -> None:
    verdict = run(outcome(BC_1=1), loads=(LoadOutcome(scenario="fanout", status="invalid", reason="no CPU left"),))
    assert (verdict.exit_code, verdict.headline) == (5, "the load run is invalid: no CPU left")


def test_a_valid_load_run_that_broke_its_budget_fails_with_the_reason() -> None:
    verdict = run(outcome(BC_1=1), loads=(LoadOutcome(scenario="fanout", reason="p99 over 100 ms"),))
    assert (verdict.exit_code, verdict.headline) == (1, "p99 over 100 ms")


def test_what_load_found_and_held_counts_too() -> None:
    held = LoadOutcome(scenario="fanout", held={"BC-1": 7})
    assert run(loads=(held,)).verdicts[0].held == 7
    assert run(loads=(held,)).verdicts[0].worlds == ("load",)
    failed = run(loads=(LoadOutcome(scenario="fanout", findings=(finding("BC-1"),)),))
    assert failed.verdicts[0].findings == (("load/fanout", finding("BC-1")),)
    assert (failed.exit_code, failed.verdicts[0].worlds) == (1, ("load",))


def test_a_run_without_any_outcome_verified_nothing() -> None:
    verdict = run()
    assert (verdict.exit_code, verdict.headline) == (5, "nothing was verified")


def test_an_interrupted_run_says_what_is_known_so_far() -> None:
    verdict = run(outcome(finding("BC-1")), interrupted=True)
    assert (verdict.exit_code, verdict.headline) == (130, "interrupted; so far: 1 broken: BC-1")


def filed(*found: tuple[str, str]) -> list[str]:
    """Return where findings with these requirements and kinds are filed, each from a history of its own."""
    outcomes = classify([outcome(finding(name, kind=kind)) for name, kind in found])
    return [each.findings[0].requirement for each in outcomes]


@pytest.mark.parametrize("name", ["BC-1", "ISO-1", "ID-1", "EN-1"])
def test_a_loss_on_a_connection_that_got_others_is_the_exception(name: str) -> None:
    assert filed((name, "loss:some")) == ["ORD-3"]


@pytest.mark.parametrize("name", ["BC-1", "ISO-1", "ID-1", "EN-1"])
@pytest.mark.parametrize("kind", ["loss:few", "loss:all"])
def test_a_sort_of_message_that_never_gets_through_is_the_routing(name: str, kind: str) -> None:
    assert filed((name, kind)) == [name]


def test_a_loss_that_is_too_short_to_tell_follows_the_others_of_its_sort() -> None:
    assert filed(("BC-1", "loss:few"), ("BC-1", "loss:some")) == ["ORD-3", "ORD-3"]
    assert filed(("BC-1", "loss:few"), ("BC-1", "loss:some"), ("BC-1", "loss:all")) == ["BC-1", "ORD-3", "BC-1"]


def test_losses_of_one_sort_say_nothing_about_another() -> None:
    assert filed(("BC-1", "loss:some"), ("EN-1", "loss:few")) == ["ORD-3", "EN-1"]
    assert filed(("ISO-1", "loss:some"), ("ID-1", "loss:few")) == ["ORD-3", "ORD-3"]


def test_what_is_no_loss_stays_where_it_is() -> None:
    assert filed(("BC-1", ""), ("BC-1", "loss:some")) == ["BC-1", "ORD-3"]


def test_a_sign_in_is_not_blamed_when_private_messages_reach_nobody() -> None:
    assert filed(("ID-1", "loss:few")) == ["ID-1"]
    assert filed(("ID-1", "loss:few"), ("ISO-1", "loss:all")) == ["ISO-1", "ISO-1"]


def test_ids_are_not_blamed_when_others_leak_too() -> None:
    assert filed(("ISO-3", "leak:look-alike")) == ["ISO-3"]
    assert filed(("ISO-3", "leak:look-alike"), ("ISO-2", "leak:look-alike")) == ["ISO-2", "ISO-2"]
    assert filed(("ISO-3", "leak"), ("ISO-2", "leak")) == ["ISO-2", "ISO-2"]


@pytest.mark.parametrize("name", ["ID-2", "ID-3", "HS-4"])
def test_a_leak_after_a_sign_out_is_not_its_own_when_every_guest_sees_it(name: str) -> None:
    assert filed((name, "leak:look-alike")) == [name]
    assert filed((name, "leak:look-alike"), ("ISO-5", "leak:look-alike")) == ["ISO-5", "ISO-5"]


@pytest.mark.parametrize("where", ["test", "load"])
def test_a_finding_that_the_catalogue_does_not_know_is_our_error(where: str) -> None:
    found = finding("ZZ-9")
    load = LoadOutcome(scenario="fanout", findings=(found,) if where == "load" else ())
    verdict = run(outcome(*([found] if where == "test" else [])), loads=(load,))
    assert (verdict.exit_code, verdict.headline) == (4, "a finding names 'ZZ-9', which the catalogue does not have")

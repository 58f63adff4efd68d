"""What a run says of each requirement, and the exit code that follows."""

from __future__ import annotations

import msgspec
import pytest

from harness.checks.filing import LEAKED, MOVES, kin
from harness.checks.finding import Finding, LoadOutcome, Outcome
from harness.checks.known_failing import Known
from harness.checks.verdict import RunVerdict, Status, classify, fails_alone, judge_run
from harness.requirement import Requirement, requirements


def requirement(
    name: str, *, level: str = "MUST", kind: str = "core", needs: str = "", elsewhere: str = ""
) -> Requirement:
    return Requirement(
        id=name,
        area=name,
        level=level,
        set=kind,
        sentence="s",
        kinds=("P",),
        source="S",
        needs=needs,
        elsewhere=elsewhere,
    )


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
    declared: tuple[str, ...] = (),
    lacking: dict[str, str] | None = None,
    known: tuple[Known, ...] = (),
) -> RunVerdict:
    worlds: dict[str, tuple[str, ...]] = dict.fromkeys(scope, ("wire",))
    return judge_run(
        outcomes,
        loads,
        catalogue=catalogue,
        scope=worlds,
        declared=declared,
        lacking=lacking,
        known=known,
        strict=strict,
        interrupted=interrupted,
    )


def status(verdict: RunVerdict) -> Status:
    return verdict.verdicts[0].status


def test_what_held_passes() -> None:
    verdict = run(outcome(BC_1=2), outcome(BC_1=1, world="page"))
    assert (verdict.exit_code, verdict.headline) == (0, "1 requirement holds")
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


@pytest.mark.parametrize("level", ["MUST", "SHOULD", "MAY"])
def test_broken_good_practice_warns_and_fails_a_target_that_promises_it(level: str) -> None:
    both = (requirement("EN-4", level=level, kind="ext"), requirement("BC-1"))
    found = outcome(finding("EN-4"), BC_1=1)
    undeclared = run(found, catalogue=both)
    assert (status(undeclared), undeclared.exit_code) == (Status.WARN, 0)
    assert '[promises] meets = ["EN-4"]' in undeclared.verdicts[0].reason
    assert run(found, catalogue=both, strict=True).exit_code == 1
    declared = run(found, catalogue=both, declared=("EN-4",))
    assert (status(declared), declared.verdicts[0].reason, declared.exit_code) == (Status.FAIL, "", 1)


def test_the_lesser_half_of_a_must_warns_and_fails_a_target_that_promises_it() -> None:
    found = outcome(finding("BC-1", level="warn"), finding("BC-1", level="late"))
    assert status(run(found)) is Status.WARN
    assert status(run(found, declared=("BC-1",))) is Status.FAIL
    assert status(run(found, known=(Known(requirement="BC-1"),))) is Status.KNOWN_FAILING


def test_a_should_of_the_core_warns_without_a_word_about_promises() -> None:
    verdict = run(outcome(finding("BC-1")), catalogue=(requirement("BC-1", level="SHOULD"),))
    assert (status(verdict), verdict.verdicts[0].reason) == (Status.WARN, "")


def test_what_needs_something_undeclared_is_unsupported_and_leaves_the_run_whole() -> None:
    both = (requirement("MI-2", needs="instances"), requirement("BC-1"))
    verdict = run(
        outcome(BC_1=1), catalogue=both, scope=("MI-2", "BC-1"), lacking={"MI-2": "no [capabilities] instances"}
    )
    assert (status(verdict), verdict.verdicts[0].reason) == (Status.UNSUPPORTED, "no [capabilities] instances")
    assert (verdict.exit_code, verdict.headline) == (0, "1 requirement holds; 1 not offered by the target")


def test_what_is_declared_and_could_not_be_tried_all_the_same_makes_the_run_partial() -> None:
    both = (requirement("MI-2", needs="instances"), requirement("BC-1"))
    skipped = Outcome(test="t", world="wire", status="skipped", reason="no redis", skipped_requirements=("MI-2",))
    verdict = run(skipped, outcome(BC_1=1), catalogue=both, scope=("MI-2", "BC-1"), declared=("MI-2",))
    assert (status(verdict), verdict.exit_code) == (Status.UNSUPPORTED, 5)


def test_what_cannot_be_judged_on_the_wire_says_why_it_is_unchecked() -> None:
    verdict = run(outcome(BC_1=1), catalogue=(requirement("LC-3", elsewhere="it is the client's"),))
    assert (status(verdict), verdict.verdicts[0].reason) == (Status.UNCHECKED, "not on the wire: it is the client's")


def test_a_headline_names_what_was_not_tried_up_to_a_number() -> None:
    names = tuple(f"X-{number}" for number in range(8))
    catalogue = (requirement("BC-1"), *(requirement(name, kind="ext") for name in names), requirement("Y-1"))
    verdict = run(outcome(BC_1=1), catalogue=catalogue, scope=("BC-1", *names))
    told = "1 requirement holds; not tried: X-0, X-1, X-2, X-3, X-4, X-5 and 2 more; 1 not checked here"
    assert (verdict.exit_code, verdict.headline) == (0, told)


def test_what_is_known_to_fail_does_not_fail_the_run() -> None:
    found = outcome(finding("BC-1"), finding("BC-1", level="late"))
    verdict = run(found, known=(Known(requirement="BC-1", why="ticket 1"),), strict=True)
    assert (status(verdict), verdict.verdicts[0].reason) == (Status.KNOWN_FAILING, "ticket 1")
    assert (verdict.exit_code, verdict.headline) == (0, "0 requirements hold, 1 known to fail")
    assert (verdict.stale, verdict.idle) == ((), ())
    assert run(found, known=(Known(requirement="BC-1"),)).verdicts[0].reason


def test_what_is_found_beyond_the_list_fails_all_the_same() -> None:
    assert run(outcome(finding("BC-1")), known=(Known(requirement="BC-1", match="other"),)).exit_code == 1


def test_what_is_listed_and_holds_fails_the_run_by_its_name() -> None:
    known = (Known(requirement="BC-1"),)
    verdict = run(outcome(BC_1=1), known=known)
    assert (verdict.exit_code, verdict.headline) == (1, "listed as known to fail, but holding now: BC-1")
    assert (status(verdict), verdict.stale) == (Status.PASS, known)


def test_what_is_listed_and_was_not_tried_is_told_and_fails_nothing() -> None:
    both = (requirement("BC-1"), requirement("LC-5", kind="ext"))
    known = (Known(requirement="LC-5"),)
    verdict = run(outcome(BC_1=1), catalogue=both, scope=("BC-1", "LC-5"), known=known)
    assert (verdict.exit_code, verdict.idle) == (0, known)


def test_what_came_true_too_late_is_late_and_fails_under_strict() -> None:
    both = (requirement("LC-2"), requirement("BC-1"))
    late = outcome(finding("LC-2", level="late"), BC_1=1)
    assert status(run(late, catalogue=both)) is Status.LATE
    verdict = run(late, catalogue=both)
    assert (verdict.exit_code, verdict.headline) == (0, "1 requirement holds; late: LC-2")
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
    assert filed(("BC-1", "loss:first"), ("BC-1", "loss:few"), ("BC-1", "loss:all")) == ["BC-1"] * 3
    assert filed(("BC-1", "loss:first"), ("BC-1", "loss:some")) == ["ORD-3", "ORD-3"]
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


def raced(*names: str, steady: tuple[str, ...] = ()) -> list[str]:
    """Return where findings that need a race are filed, beside others that need none."""
    racing = [msgspec.structs.replace(finding(name), race=True) for name in names]
    outcomes = classify([outcome(*racing), outcome(*(finding(name, kind="leak") for name in steady))])
    return [each.requirement for each in outcomes[0].findings]


def test_a_leak_that_needs_a_race_is_its_own_only_where_nothing_leaks_without_one() -> None:
    assert raced("ISO-2", "ISO-5", "BC-1") == ["ISO-7", "ISO-7", "ISO-7"]
    assert raced("ISO-2", "ISO-5", "BC-1", steady=("ISO-5",)) == ["ISO-5", "ISO-5", "BC-1"]
    assert raced("ID-3", "ISO-2", steady=("ISO-2",)) == ["ISO-2", "ISO-2"]
    assert raced("ISO-2", steady=("HS-4",)) == ["ISO-2"]


def test_what_is_relayed_is_its_own_only_where_forged_messages_are_not() -> None:
    other = MOVES["RT-5"][0]
    assert filed((other, "relay")) == [other]
    assert filed((other, "relay"), ("RT-5", "relay")) == ["RT-5", "RT-5"]


def test_the_harm_of_a_forged_message_is_an_unknown_channels_where_those_harm_too() -> None:
    assert filed(("RT-5", "harm:forged broadcast")) == ["RT-5"]
    assert filed(("RT-5", "harm:forged broadcast"), ("RT-3", "")) == ["RT-3", "RT-3"]


def test_what_shows_of_an_odd_message_is_its_own_only_where_replies_and_malformed_ones_do_not() -> None:
    assert filed(("EN-4", "spread")) == ["EN-4"]
    assert filed(("EN-4", "spread"), ("EN-3", "relay")) == ["EN-3", "EN-3"]
    assert filed(("EN-4", "spread"), ("EN-3", "relay"), ("RT-6", "")) == ["RT-6", "RT-6", "RT-6"]


def test_broadcasts_that_an_odd_message_has_ended_are_not_lost_by_themselves() -> None:
    assert filed(("EN-3", "silence:malformed"), ("BC-1", "loss:all")) == ["EN-3", "EN-3"]
    assert filed(("RT-3", "silence:unknown channel"), ("BC-1", "loss:some")) == ["RT-3", "RT-3"]
    assert filed(("EN-3", "once:malformed"), ("BC-1", "loss:all")) == ["BC-1", "BC-1"]


def test_one_message_lost_after_an_odd_one_is_no_harm_where_messages_are_lost_anyway() -> None:
    assert filed(("EN-5", "once:malformed")) == ["EN-5"]
    assert filed(("EN-5", "once:malformed"), ("RT-7", "")) == ["RT-7", "RT-7"]
    assert filed(("EN-3", "once:hostile"), ("BC-1", "loss:some")) == ["ORD-3", "ORD-3"]
    assert filed(("EN-5", "harm:malformed"), ("RT-7", "")) == ["EN-5", "RT-7"]


def test_a_finding_that_is_moved_says_what_it_was_told_as() -> None:
    once = classify([outcome(finding("BC-1", kind="loss:some"))])
    assert [each.findings[0].told_as for each in (*once, *classify(once))] == ["BC-1", "BC-1"]


def test_kin_are_all_under_which_a_fault_may_be_filed() -> None:
    assert kin("EN-8") == {"EN-8"}
    assert kin("EN-1") >= {"EN-1", "ORD-3"}
    assert {"BC-1", "ISO-1", "ORD-3"} <= kin("ORD-3")
    assert all(name in kin(target) and target in kin(name) for target, sources in MOVES.items() for name in sources)
    assert kin("ISO-7") >= {"ISO-7", *LEAKED}


@pytest.mark.parametrize("where", ["test", "load"])
def test_a_finding_that_the_catalogue_does_not_know_is_our_error(where: str) -> None:
    found = finding("ZZ-9")
    load = LoadOutcome(scenario="fanout", findings=(found,) if where == "load" else ())
    verdict = run(outcome(*([found] if where == "test" else [])), loads=(load,))
    assert (verdict.exit_code, verdict.headline) == (4, "a finding names 'ZZ-9', which the catalogue does not have")


@pytest.mark.parametrize(
    ("level", "name", "declared", "fails"),
    [
        ("fail", "BC-1", (), True),
        ("fail", "BC-2", (), False),
        ("fail", "BC-2", ("BC-2",), True),
        ("fail", "OPS-1", (), False),
        ("warn", "BC-1", (), False),
        ("warn", "BC-1", ("BC-1",), True),
        ("late", "BC-1", ("BC-1",), False),
        ("late", "nonsense", (), True),
    ],
)
def test_a_finding_fails_a_run_by_itself_only_where_the_run_would_fail(
    level: str, name: str, declared: tuple[str, ...], *, fails: bool
) -> None:
    one = msgspec.structs.replace(finding(name), level=level)
    assert fails_alone(one, requirements().get(name), declared=declared) is fails

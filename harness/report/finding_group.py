"""The findings, gathered so that one cause is read once: by requirement, the shortest story of each sort first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.checks.filing_identity import LEAKS
from harness.checks.finding import LoadOutcome, Outcome
from harness.checks.verdict import Status
from harness.history import History
from harness.report.story import Story, tell
from harness.report.verdict_table import Row
from harness.report.wording import STATUS_WORDS, StatusWords, one_line

STORIES_A_GROUP = 3
TESTS_A_GROUP = 20

HistoryOf = Callable[[str], History | None]


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """All findings of one requirement: the shortest as a story, a few more, and the names of the tests of the rest.

    `told_as` are other requirements under which some of them were told before the run as a whole was known.
    """

    id: str
    level: str
    sentence: str
    status: Status
    worlds: tuple[str, ...]
    told_as: tuple[str, ...]
    reason: str
    total: int
    stories: tuple[Story, ...]
    also_in: tuple[str, ...]
    more_tests: int

    @property
    def words(self) -> StatusWords:
        return STATUS_WORDS[self.status]

    @property
    def renamed(self) -> str:
        """What to say of the other names that these findings had at first; empty where they had none."""
        if not self.told_as:
            return ""
        names = " and ".join(one_line(name) for name in self.told_as)
        return f"first shown as {names}; all tests together show that {one_line(self.id)} is what is broken"


def load_as_outcome(load: LoadOutcome) -> Outcome:
    """Return the findings of a load run in the form of a test's."""
    return Outcome(test=f"load/{load.scenario}", world="load", findings=load.findings, held=load.held)


def group_findings(
    outcomes: Sequence[Outcome], *, rows: Mapping[str, Row], history_of: HistoryOf, folder: str, target_file: str
) -> tuple[FindingGroup, ...]:
    """Return the groups, those of failed requirements first, of these what reached the wrong person, and then in the
    order of the catalogue: a library's leniency with frames is not to stand above a leak.

    `outcomes` are the classified ones, with those of load among them; `history_of` reads a history by its name.
    """
    places: dict[str, list[tuple[Outcome, int]]] = {}
    for outcome in outcomes:
        for number, finding in enumerate(outcome.findings):
            places.setdefault(finding.requirement, []).append((outcome, number))
    groups = []
    for requirement, found in places.items():
        # What was late tells least of what never came. A long plan is no easier to read for being first; without a plan
        # there is no replay, so it comes last.
        found.sort(key=lambda place: (_is_late(*place), not place[0].plan, len(place[0].plan)))
        # One test may have broken it many times over; its first finding stands for all of them.
        by_test = {outcome.test: (outcome, number) for outcome, number in reversed(found)}
        told = _telling(list(dict.fromkeys(outcome.test for outcome, _ in found)), by_test)
        tests = {outcome.test for outcome, _ in told}
        rest = [test for test in dict.fromkeys(outcome.test for outcome, _ in found) if test not in tests]
        findings = [outcome.findings[number] for outcome, number in found]
        row = rows.get(requirement)
        groups.append(
            FindingGroup(
                id=requirement,
                level=row.level if row else "",
                sentence=row.sentence if row else "This id is not in the catalogue of this version.",
                status=row.status if row else Status.FAIL,
                worlds=tuple(dict.fromkeys(outcome.world for outcome, _ in found)),
                told_as=tuple(dict.fromkeys(each.told_as for each in findings if each.told_as)),
                reason=row.reason if row else "",
                total=len(found),
                stories=tuple(
                    tell(
                        outcome,
                        number,
                        history=history_of(outcome.history),
                        folder=folder,
                        target_file=target_file,
                        pictured=True,
                    )
                    for outcome, number in told
                ),
                also_in=tuple(rest[:TESTS_A_GROUP]),
                more_tests=max(0, len(rest) - TESTS_A_GROUP),
            )
        )
    order = {name: index for index, name in enumerate(rows)}
    severity = {
        status: index for index, status in enumerate((Status.FAIL, Status.WARN, Status.LATE, Status.KNOWN_FAILING))
    }
    leaking = {
        requirement
        for requirement, found in places.items()
        if any(outcome.findings[number].kind in LEAKS for outcome, number in found)
    }
    groups.sort(key=lambda group: (severity.get(group.status, 9), group.id not in leaking, order.get(group.id, -1)))
    return tuple(groups)


def _is_late(outcome: Outcome, number: int) -> bool:
    return outcome.findings[number].level == "late"


def _telling(tests: list[str], by_test: Mapping[str, tuple[Outcome, int]]) -> list[tuple[Outcome, int]]:
    """Return the places whose stories are told: of each world, check and kind the first one before any second one."""
    sorts: dict[tuple[str, str, str], str] = {}
    for test in tests:
        outcome, number = by_test[test]
        sorts.setdefault((outcome.world, outcome.findings[number].check, outcome.findings[number].kind), test)
    ordered = dict.fromkeys([*sorts.values(), *tests])
    return [by_test[test] for test in list(ordered)[:STORIES_A_GROUP]]

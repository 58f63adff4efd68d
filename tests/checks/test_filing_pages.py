"""Findings about views are filed under the plainest requirement that explains them."""

from __future__ import annotations

import pytest

from harness.checks.filing import classify
from harness.checks.filing_tabs import (
    CROWD,
    CROWDED,
    DEAF,
    DOWN,
    GONE,
    GONE_WHILE_DOWN,
    LOST,
    LOST_AFTER_CHANGE,
    ORDER,
    STORM,
    TWICE,
    UNANSWERED,
    UNHEARD,
    UNSENT,
)
from harness.checks.finding import Finding, Outcome

HEARD_1, HEARD_3, DOUBLE_3 = ("SUB-1", "heard"), ("SUB-3", "heard"), ("SUB-3", "double")
DOUBLE_1 = ("SUB-1", "double")
MISSED_1, MISSED_2, MISSED_3, MISSED_4 = (
    ("SUB-1", "missed"), ("SUB-2", "missed"), ("SUB-3", "missed"), ("SUB-4", "missed"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("found", "filed"),
    [
        ([HEARD_3, DOUBLE_3], ["SUB-3", "SUB-3"]),
        ([HEARD_1, HEARD_3, DOUBLE_3], ["SUB-1"] * 3),
        ([DOUBLE_1, DOUBLE_3, ("SUB-4", "double")], ["SUB-3"] * 3),
        ([HEARD_1, DOUBLE_1, DOUBLE_3], ["SUB-1"] * 3),
        ([HEARD_1, DOUBLE_1, DOUBLE_3, ("SUB-4", "double")], ["SUB-1"] * 4),
        ([MISSED_4], ["SUB-4"]),
        ([MISSED_1, MISSED_3, MISSED_4], ["SUB-1"] * 3),
        ([MISSED_2, MISSED_1, MISSED_3], ["SUB-2"] * 3),
        ([HEARD_1, MISSED_3], ["SUB-1", "SUB-3"]),
        ([("TAB-9", DEAF), ("TAB-9", LOST), ("TAB-4", DEAF)], ["TAB-9", "TAB-9", "TAB-4"]),
        ([("TAB-9", DEAF), ("TAB-10", LOST), ("TAB-4", UNANSWERED), MISSED_4, ("TAB-2", LOST)], ["TAB-2"] * 5),
        ([("TAB-9", "double"), DOUBLE_3, ("TAB-3", "double"), ("TAB-2", "double")], ["TAB-2"] * 4),
        ([("TAB-12", UNSENT), ("TAB-9", UNSENT)], ["TAB-12", "TAB-9"]),
        (
            [("TAB-12", UNSENT), ("TAB-9", UNSENT), ("TAB-12", TWICE), ("TAB-3", UNSENT)],
            ["TAB-3", "TAB-3", "TAB-12", "TAB-3"],
        ),
        ([("TAB-12", TWICE), ("TAB-3", TWICE)], ["TAB-3"] * 2),
        ([("TAB-9", UNANSWERED), ("TAB-3", UNANSWERED)], ["TAB-3"] * 2),
        ([("TAB-9", DEAF), ("TAB-9", "double"), ("TAB-4", GONE)], ["TAB-4", "TAB-9", "TAB-4"]),
        ([("TAB-10", DEAF), ("TAB-10", GONE), ("TAB-4", GONE)], ["TAB-4"] * 3),
        ([("TAB-9", DEAF), ("TAB-4", UNHEARD)], ["TAB-4"] * 2),
        ([("TAB-4", UNHEARD), ("TAB-4", GONE), ("TAB-2", LOST)], ["TAB-2", "TAB-4", "TAB-2"]),
        ([("TAB-10", LOST_AFTER_CHANGE), ("TAB-7", DEAF), ("ID-1", DEAF)], ["TAB-7"] * 3),
        ([("TAB-9", LOST_AFTER_CHANGE), ("TAB-9", DEAF), ("TAB-2", LOST)], ["TAB-2"] * 3),
        ([("TAB-9", LOST_AFTER_CHANGE), ("TAB-7", LOST_AFTER_CHANGE)], ["TAB-7"] * 2),
        ([("TAB-9", ORDER), ("ORD-1", ORDER)], ["ORD-1"] * 2),
        ([("TAB-9", ORDER), ("ORD-1", "")], ["TAB-9", "ORD-1"]),
        ([("ID-1", DEAF), ("ID-1", DOWN)], ["ID-1"] * 2),
        ([("ID-1", DOWN), ("TAB-7", DOWN)], ["TAB-7"] * 2),
        ([("TAB-10", LOST_AFTER_CHANGE), ("TAB-10", LOST), ("TAB-7", STORM)], ["TAB-10", "TAB-10", "TAB-7"]),
        ([("LC-6", DOWN), ("ID-1", DOWN), ("TAB-4", GONE_WHILE_DOWN)], ["LC-6", "ID-1", "TAB-4"]),
        ([("LC-6", DOWN), ("ID-1", DOWN), ("TAB-4", GONE_WHILE_DOWN), ("LC-2", DOWN)], ["LC-2"] * 4),
        ([("TAB-4", GONE), ("TAB-7", DEAF), ("LC-2", DOWN)], ["TAB-4", "TAB-7", "LC-2"]),
        ([("TAB-4", GONE), ("LC-2", GONE_WHILE_DOWN), ("TAB-10", GONE_WHILE_DOWN)], ["TAB-4"] * 3),
        ([("TAB-5", CROWDED), ("TAB-7", STORM)], ["TAB-5", "TAB-7"]),
        ([("TAB-3", TWICE), ("TAB-3", UNSENT), ("TAB-1", CROWD)], ["TAB-1"] * 3),
        ([("TAB-5", CROWDED), ("TAB-7", STORM), ("TAB-9", DEAF), ("TAB-1", CROWD)], ["TAB-1"] * 4),
        ([("LC-4", "hot")], ["LC-4"]),
        ([("LC-4", "hot"), ("LC-3", "hot"), ("TAB-1", CROWD)], ["TAB-1"] * 3),
        ([("LC-7", "hot"), ("LC-4", "hot"), ("LC-4", "")], ["LC-7", "LC-7", "LC-4"]),
        ([("LC-7", "hot"), ("LC-4", "hot"), ("LC-3", "hot")], ["LC-3", "LC-3", "LC-3"]),
        ([("LC-7", "steady"), ("LC-3", "hot")], ["LC-3", "LC-3"]),
        ([("LC-7", "steady"), ("LC-4", "hot")], ["LC-7", "LC-4"]),
    ],
)
def test_one_cause_is_filed_once(found: list[tuple[str, str]], filed: list[str]) -> None:
    findings = tuple(Finding(requirement=name, check="views", expected="", seen="", kind=kind) for name, kind in found)
    (outcome,) = classify([Outcome(test="t", world="page", findings=findings)])
    assert [each.requirement for each in outcome.findings] == filed

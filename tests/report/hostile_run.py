"""A run in which every string that a target or a file can bring tries to be more than text."""

from __future__ import annotations

from pathlib import Path

import msgspec

from harness.checks.finding import Finding, LoadCounts, LoadOutcome, Outcome
from harness.report.record import RunMeta
from harness.report.run_folder import RunFolder
from tests.report.rich_run import ENDED, STARTED

SCRIPT = "</style></script><script>alert(1)</script><img src=x onerror=alert(2)>"
NASTY = f"{SCRIPT}\x00\x1b[2J\x07\u202e\ud83d`|*_{{{{7*7}}}}{{% x %}}]]>&amp;\r\n# heading"


def hostile_run(root: Path) -> RunFolder:
    """Write the run under `root` and return its folder."""
    meta = RunMeta(
        target=NASTY,
        target_file=NASTY,
        url=f"javascript:{NASTY}",
        versions={NASTY: NASTY},
        seed=NASTY,
        command=NASTY,
        scope={"BC-1": ("wire",)},
        notes=(NASTY,),
    )
    folder = RunFolder.create(root, what="run", meta=meta, clock=lambda: STARTED)
    finding = Finding(
        requirement="BC-1", check=NASTY, expected=NASTY, seen=NASTY, observer=NASTY, token=NASTY, kind=NASTY
    )
    broken = Outcome(
        test=NASTY,
        world=NASTY,
        summary=NASTY,
        plan=(NASTY,),
        findings=(finding, msgspec.structs.replace(finding, requirement=NASTY)),
        shown=((NASTY,), (f"▶   0.100  {NASTY}",)),
        history=f"javascript:alert(3)//{NASTY}",
        repros={"BC-1": f"../../{NASTY}", NASTY: NASTY},
        seed=NASTY,
    )
    folder.add_outcome(broken)
    folder.add_outcome(msgspec.structs.replace(broken, test="escapes", history="../../../etc/passwd"))
    for status in ("skipped", "target", "harness", NASTY):
        folder.add_outcome(
            Outcome(test=NASTY, world="wire", status=status, reason=NASTY, skipped_requirements=("BC-1",))
        )
    folder.add_load(
        LoadOutcome(
            scenario=NASTY,
            status="invalid",
            reason=NASTY,
            counts=LoadCounts(lost=1),
            percentiles={NASTY: 1.0, "50": 1.0},
            histogram=((0.0, 5), (-1.0, 5), (1.0, 5)),
            timeline=((0.0, 1, 1.0, 1.0),),
            examples=(NASTY,),
            findings=(finding,),
        )
    )
    folder.finish(clock=lambda: ENDED)
    return folder

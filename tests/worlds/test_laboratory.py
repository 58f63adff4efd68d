"""What a laboratory learns from one trial for the next: what it need not wait long for again, and what it must."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from harness.history import FaultBit, FramesSending
from harness.plan import Plan, parse_step
from harness.targets.file import load_target
from harness.trials import reference_file
from harness.worlds.laboratory import Laboratory
from tests.faulty.faults import FAULTS
from tests.faulty.proof import faulty_target

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


def test_a_server_that_is_lenient_with_frames_has_its_whole_time_for_all_else() -> None:
    target = faulty_target(FAULTS["accepts_frames_without_a_mask"])
    target = msgspec.structs.replace(target, promises=msgspec.structs.replace(target.promises, delivery_s=2.0))
    step = parse_step
    with Laboratory(target, ROOT) as laboratory:
        first = laboratory.run(Plan("p", (step("send a frames: a text without a mask"),)), world="wire")
        frames = ("send a frames: a ping without a mask", "send a frames: a ping of 1 byte")
        then = laboratory.run(Plan("p", tuple(step(each) for each in frames)), world="wire")
    assert {each.requirement for each in first.judgement.findings} == {"FR-1"}
    tried = [(each.requirement, each.allowed_s) for each in then.history if isinstance(each, FramesSending)]
    assert tried == [("FR-1", 1.0), ("FR-3", 2.0)]


def test_a_stall_that_nobody_heals_has_bitten_and_what_goes_on_beside_it_is_held() -> None:
    words = ("open a", "open b", "settle", "broadcast", "settle", "stall the bytes to a", "broadcast", "settle")
    with Laboratory(load_target(reference_file()), ROOT) as laboratory:
        trial = laboratory.run(Plan("p", tuple(parse_step(each) for each in words), proves=("BC-3",)), world="wire")
    assert [each.count > 0 for each in trial.history if isinstance(each, FaultBit)] == [True]
    assert not trial.outcome("p").showed_nothing

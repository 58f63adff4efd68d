"""Steps of disturbed pages, and the frames that are slipped in."""

from __future__ import annotations

import pytest

from harness.errors import PlanError
from harness.plan import AwaitNotice, BrowserId, CloseNext, CloseWith, Disturb, Slip, parse_step
from harness.plan.outages import FORMS
from harness.wire.frame import FrameReader
from harness.wire.odd_frames import ODD_FRAMES, odd_frame


@pytest.mark.parametrize("form", FORMS, ids=lambda form: str(form.example))
def test_each_has_one_sentence(form: object) -> None:
    assert str(parse_step(form.example)) == form.example  # type: ignore[attr-defined] # a form


@pytest.mark.parametrize("what", ODD_FRAMES)
def test_each_odd_frame_can_be_slipped_in_and_is_one_whole_frame(what: str) -> None:
    assert parse_step(f"slip a {what}") == Slip(BrowserId("a"), what)
    (frame,) = FrameReader().feed(odd_frame(what))
    assert (frame.opcode, frame.payload) == ODD_FRAMES[what]


def test_what_is_no_odd_frame_is_no_step() -> None:
    with pytest.raises(PlanError):
        parse_step("slip a a note")


def test_several_handshakes_are_closed_as_one_is() -> None:
    assert parse_step("accept the next 9 handshakes of a and close each with 4401") == Disturb(
        BrowserId("a"), CloseNext(4401, times=9)
    )
    assert parse_step("end the connection of a with 1012") == Disturb(BrowserId("a"), CloseWith(1012))


def test_to_notice_must_be_promised() -> None:
    assert AwaitNotice(BrowserId("a")).needs == {"notices"}

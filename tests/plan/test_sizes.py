"""Large messages in plans: one sentence each."""

from __future__ import annotations

import pytest

from harness.plan import BroadcastLarge, BrowserId, EchoLarge, Tab, parse_step
from harness.plan.sizes import FORMS


@pytest.mark.parametrize("form", FORMS, ids=lambda form: str(form.example))
def test_each_has_one_sentence(form: object) -> None:
    assert str(parse_step(form.example)) == form.example  # type: ignore[attr-defined] # a form


def test_they_say_how_large() -> None:
    assert parse_step("broadcast a text of 100 kB") == BroadcastLarge(100)
    assert parse_step("echo b a text of 9 kB") == EchoLarge(Tab(BrowserId("b")), 9)

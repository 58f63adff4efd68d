"""Full loads, cookies and views in plans: one sentence each."""

from __future__ import annotations

import pytest

from harness.plan import BrowserId, ClearCookies, SignInByLoad, Tab, ToggleView, parse_step
from harness.plan.full_load import FORMS
from harness.plan.views import FORMS as VIEW_FORMS


@pytest.mark.parametrize("form", [*FORMS, *VIEW_FORMS], ids=lambda form: str(form.example))
def test_each_has_one_sentence(form: object) -> None:
    assert str(parse_step(form.example)) == form.example  # type: ignore[attr-defined] # a form


def test_they_name_tabs_and_browsers() -> None:
    assert parse_step("sign a/2 in as ada by full load") == SignInByLoad(Tab(BrowserId("a"), 2), "ada")
    assert parse_step("clear the cookies of b") == ClearCookies(BrowserId("b"))
    assert parse_step("toggle echoes in a/1 9 times") == ToggleView(Tab(BrowserId("a")), "echoes", 9)

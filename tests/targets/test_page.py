"""How a page is asked, read off its table; and what cannot be tried of one that offers less."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.errors import TargetFileError
from harness.plan import Plan, parse_step
from harness.targets.capability import lacking
from harness.targets.file import Target, parse_target
from harness.targets.page import RECEIVED, SEND, SIGN_IN, SIGN_OUT, Form, Layer, lack_of_page
from harness.worlds.laboratory import Laboratory

BASE: dict[str, Any] = {
    "name": "t",
    "url": "http://127.0.0.1:1",
    "users": {name: {"id": name, "login": {"user": name}} for name in ("ann", "ben")},
    "sign_in": {"path": "/in"},
    "sign_out": {"path": "/out"},
    "echo": {"channel": "a_b_c", "send": {"text": "{text}"}, "receive": {"reply": "{text}"}},
    "broadcast": {"channel": "a_b_d", "path": "/b", "json": {"n": "{text}"}, "receive": {"n": "{text}"}},
    "send_to_user": {"channel": "a_b_e", "path": "/p", "json": {"n": "{text}"}, "receive": {"n": "{text}"}},
}


def target(**page: Any) -> Target:
    return parse_target({**BASE, "page": page}, where="test")


@pytest.mark.parametrize(
    ("page", "layer"),
    [
        ({}, "hooks"),
        ({"hooks": "window.my.hooks"}, "hooks"),
        ({"hooks": ""}, "network"),
        ({"selectors": {}}, "selectors"),
        ({"driver": "module:Class", "selectors": {}}, "class"),
    ],
)
def test_the_layer_is_what_the_table_says(page: dict[str, Any], layer: Layer) -> None:
    found = target(**page).page
    assert found is not None
    assert found.layer == layer


def test_a_page_with_hooks_lacks_nothing_and_one_without_anything_all_that_only_tabs_can_show() -> None:
    assert not {name for name in lacking(target()) if name.startswith(("TAB", "SUB"))}
    network = lacking(target(hooks=""))
    assert {"TAB-2", "TAB-3", "TAB-6", "TAB-7", "SUB-1"} <= network.keys()
    assert "TAB-1" not in network
    assert "TAB-4" not in network
    assert "only the network is seen" in network["TAB-2"]


def test_selectors_offer_what_they_name() -> None:
    page = target(selectors={"send": False, "state": "", "sign_in": {"click": "#in"}}).page
    assert page is not None
    assert lack_of_page(page, RECEIVED, SIGN_IN, SIGN_OUT) == ""
    assert "a way to send from a tab" in lack_of_page(page, SEND)
    assert page.selectors is not None
    assert page.selectors.form(SIGN_IN, login={}) == Form(click="#in")
    assert page.selectors.form(SEND, login={}) is None


def test_the_default_forms_are_of_elements_with_a_testid() -> None:
    page = target(selectors={}).page
    assert page is not None
    assert page.selectors is not None
    form = page.selectors.form(SIGN_IN, login={"user": "ann"})
    assert form == Form(fill={"[data-testid=login-user]": "{login.user}"}, click="[data-testid=sign-in]")
    assert page.selectors.form(SIGN_OUT, login={}) == Form(click="[data-testid=sign-out]")
    send = Form(fill={"[data-testid=message]": "{text}"}, click="[data-testid=send]")
    assert page.selectors.form(SEND, login={}) == send


@pytest.mark.parametrize("page", [{"selectors": {"usr": "x"}}, {"selectors": {"sign_in": {"clik": "#x"}}}])
def test_an_unknown_key_is_refused(page: dict[str, Any]) -> None:
    with pytest.raises(TargetFileError, match="unknown key"):
        target(**page)


@pytest.mark.parametrize(
    ("page", "step", "said"),
    [
        ({"hooks": ""}, "echo a/1", "a way to send from a tab"),
        ({"hooks": ""}, "sign a/1 in as ada", "a way to sign in"),
        ({"hooks": ""}, "broadcast", ""),
        ({"selectors": {}}, "echo a/1", ""),
        ({"selectors": {}}, 'send a/1 on "x_y_z"', "any channel"),
        ({"selectors": {"sign_out": False}}, "sign a/1 out", "a way to sign out"),
        ({}, "echo a/1", ""),
    ],
)
def test_plans_that_need_more_than_the_layer_are_not_tried(page: dict[str, Any], step: str, said: str) -> None:
    plan = Plan("p", (parse_step("open a/1"), parse_step(step)))
    refused = Laboratory(target(**page), Path()).refusal(plan, world="page")
    assert (refused is None) == (said == "")
    if refused is not None:
        assert said in str(refused)
        assert len(str(refused).splitlines()) == 3
    assert Laboratory(target(**page), Path()).refusal(plan, world="wire") is None


def test_a_class_of_the_users_own_is_handed_pages_of_playwright_alone() -> None:
    plan = Plan("p", (parse_step("open a/1"),))
    page = {"driver": "somewhere:Asked"}
    assert Laboratory(target(**page), Path()).refusal(plan, world="page") is None
    refused = Laboratory(target(**page), Path(), engine="webkitgtk").refusal(plan, world="page")
    assert refused is not None
    assert "for a page of Playwright's" in str(refused)

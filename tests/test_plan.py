"""A plan is data: every sentence says one step, every step has one sentence, and a wrong one is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import PlanError
from harness.plan import (
    EXAMPLES,
    Broadcast,
    BrowserId,
    Close,
    Drop,
    Echo,
    Open,
    Plan,
    Reload,
    Restart,
    SendOn,
    SendToLookAlikes,
    SendToUser,
    Settle,
    SignIn,
    SignOut,
    Step,
    Tab,
    dump_plan,
    load_plans,
    parse_step,
    read_plan,
)
from tests.wire.drawing import drawn

A = Tab(BrowserId("a"))
tabs = st.builds(Tab, st.sampled_from([BrowserId(each) for each in ("a", "b2", "from", "on9")]), st.integers(1, 120))
users = st.text(st.characters(categories=["L", "N", "P"], exclude_characters='"'), min_size=1, max_size=8)
origins = st.none() | st.builds("http://{}.example:{}".format, users, st.integers(1, 65535))
times = st.integers(1, 99_999)
texts = st.text(max_size=12)
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(Open, tabs, origins),
    st.builds(Close, tabs),
    st.builds(Drop, tabs),
    st.builds(Reload, tabs),
    st.builds(SignIn, tabs, users, st.booleans()),
    st.builds(SignOut, tabs, st.booleans()),
    st.builds(Broadcast, times, st.none() | tabs, texts),
    st.builds(SendToUser, users, times, texts),
    st.builds(SendToLookAlikes, users),
    st.builds(Echo, tabs, times, texts),
    st.builds(SendOn, tabs, texts),
    st.just(Settle()),
    st.builds(Restart, st.booleans()),
)


@pytest.mark.slow
@drawn(60)
@given(steps)
def test_every_step_is_said_in_one_line_and_read_back_the_same(step: Step) -> None:
    assert parse_step(str(step)) == step
    assert "\n" not in str(step)


@pytest.mark.parametrize("sentence", EXAMPLES)
def test_every_example_is_a_step_in_its_only_form(sentence: str) -> None:
    assert str(parse_step(sentence)) == sentence


def test_every_kind_of_step_has_an_example() -> None:
    assert {type(parse_step(sentence)) for sentence in EXAMPLES} == set(Step.__args__)


@pytest.mark.parametrize(
    ("sentence", "step"),
    [
        ("open a", Open(A)),
        ("  settle ", Settle()),
        ("broadcast", Broadcast()),
        ("broadcast from a", Broadcast(tab=A)),
        ("sign a in as ada keeping the socket", SignIn(A, "ada", keep_socket=True)),
        ('echo a with "one \\" two"', Echo(A, text='one " two')),
        ('echo a with "\\ud800"', Echo(A, text="\ud800")),
        ("send_to_user look-alikes", SendToUser("look-alikes")),
    ],
)
def test_a_sentence_may_leave_out_what_is_usual(sentence: str, step: Step) -> None:
    assert parse_step(sentence) == step


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "open",
        "open A/1",
        "open a/0",
        "open a/1 2",
        "settle now",
        "echo a 0 times",
        "echo a 100000 times",
        "echo a with text",
        'echo a with "\\x"',
        'echo a with "one" "two"',
        'echo a with "one\ntwo"',
        "open a/" + "9" * 5000,
        "send a on echo",
        "sign a in",
        "settle\nsettle",
    ],
)
def test_what_is_no_step_is_refused(sentence: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_step(sentence, where="plan 'x'")
    assert caught.value.what == "this is not a step"
    assert caught.value.where == f"plan 'x': {sentence!r}"


@pytest.mark.parametrize(
    ("sentence", "near"),
    [
        ("opne a/1", "open a/1"),
        ("sign a/1 in ada", "sign a/1 in as ada"),
        ("send to user ada", "send_to_user ada"),
        ("restart server", "restart the server"),
    ],
)
def test_a_step_that_is_nearly_one_names_the_nearest(sentence: str, near: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_step(sentence)
    assert caught.value.todo == f"did you mean {near!r}?"


def test_a_step_that_is_nothing_like_one_names_every_form() -> None:
    with pytest.raises(PlanError) as caught:
        parse_step("!")
    assert all(example in caught.value.todo for example in EXAMPLES)


plans = st.builds(
    Plan,
    st.text(max_size=8),
    st.lists(steps, max_size=4).map(tuple),
    st.text(max_size=8),
    st.lists(st.sampled_from(["wire", "page", "simulation"]), min_size=1, max_size=3).map(tuple),
    st.lists(st.text(max_size=6), max_size=2).map(tuple),
)


@drawn(15)
@given(plans)
def test_a_plan_that_was_written_is_read_back_the_same(plan: Plan) -> None:
    assert read_plan(dump_plan(plan), where="here") == plan


@drawn(15)
@given(st.lists(steps, min_size=1, max_size=5), st.data())
def test_leaving_a_step_out_keeps_a_plan_valid(drawn: list[Step], data: st.DataObject) -> None:
    left_out = data.draw(st.integers(0, len(drawn) - 1))
    fewer = Plan("p", tuple(drawn[:left_out] + drawn[left_out + 1 :]))
    assert read_plan(dump_plan(fewer), where="here") == fewer


@pytest.mark.parametrize(
    ("steps", "needs"),
    [
        ((Open(A), Settle()), set()),
        ((Open(Tab(BrowserId("a"), 2)),), {"tabs"}),
        ((Restart(), Echo(Tab(BrowserId("b"), 3))), {"tabs", "restart"}),
        ((Broadcast(), Broadcast(tab=A)), set()),
    ],
)
def test_a_plan_needs_what_its_steps_need(steps: tuple[Step, ...], needs: set[str]) -> None:
    assert Plan("p", steps).needs == needs


def test_a_plan_names_its_users_once_in_the_order_of_the_roles() -> None:
    steps = (SignIn(A, "admin"), SendToUser("bob"), SendToLookAlikes("ada"), SignIn(A, "bob"), SendToUser("zoe"))
    assert Plan("p", steps).users == ("ada", "bob", "admin", "zoe")


def test_a_scenario_file_is_a_list_of_plans(tmp_path: Path) -> None:
    path = tmp_path / "some.toml"
    path.write_text(
        """
        [[plan]]
        name = "one"
        steps = ["open a", "settle"]
        [[plan]]
        name = "two"
        summary = "It holds."
        steps = ["kill and restart the server"]
        worlds = ["page"]
        proves = ["LC-2"]
        """
    )
    assert load_plans(path) == [
        Plan("one", (Open(A), Settle())),
        Plan("two", (Restart(kill=True),), "It holds.", ("page",), ("LC-2",)),
    ]


WRONG_FILES = {
    "is missing": (None, "No such file"),
    "is not TOML": (b"name = x", "line 1"),
    "is not UTF-8": (b"\xff", "utf-8"),
    "has no plan": (b"", "plan"),
    "has a plan without a name": (b"[[plan]]\nsteps = []", "name"),
    "has a plan without steps": (b"[[plan]]\nname = 'x'", "steps"),
    "has an unknown key": (b"[[plan]]\nname = 'x'\nsteps = []\nprove = []", "prove"),
    "has an unknown table": (b"[plans]", "plan"),
    "has a step that is no text": (b"[[plan]]\nname = 'x'\nsteps = [1]", "$.plan[0].steps[0]"),
    "names a world that does not exist": (b"[[plan]]\nname = 'x'\nsteps = []\nworlds = ['wier']", "'wier'"),
    "names no world at all": (b"[[plan]]\nname = 'x'\nsteps = []\nworlds = []", "$.plan[0].worlds"),
}


@pytest.mark.parametrize(("content", "seen"), WRONG_FILES.values(), ids=WRONG_FILES.keys())
def test_a_scenario_file_is_refused_that(content: bytes | None, seen: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PlanError) as caught:
        load_plans(path)
    assert str(path) in caught.value.where
    assert seen in caught.value.where
    assert "[[plan]]" in caught.value.todo


def test_a_wrong_step_in_a_scenario_file_names_the_file_and_the_plan(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text("[[plan]]\nname = 'mine'\nsteps = ['settel']")
    with pytest.raises(PlanError) as caught:
        load_plans(path)
    assert caught.value.where == f"{path}, plan 'mine': 'settel'"
    assert caught.value.todo == "did you mean 'settle'?"


@pytest.mark.parametrize("data", [None, [], {"name": "x"}, {"name": "x", "steps": [], "step": []}])
def test_a_plan_of_another_shape_is_refused(data: object) -> None:
    with pytest.raises(PlanError) as caught:
        read_plan(data, where="repro.json")
    assert caught.value.where.startswith("repro.json: ")

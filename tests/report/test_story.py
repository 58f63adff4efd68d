"""A finding is told with the step that ran, the lines around it, and the way to see it again."""

from __future__ import annotations

import shlex
from typing import Any, get_args

import msgspec
import pytest

from harness.checks.finding import Finding, Outcome
from harness.history import (
    AnyEvent,
    Event,
    History,
    Malformed,
    Received,
    StepStarted,
    TargetDied,
    TargetRestarting,
)
from harness.report.story import crash_of, replay_command, tell
from harness.report.wire_log import MOST_LINES, event_line, running_step, wire_log
from harness.wire.token import Token
from tests.report.every_event import EVERY_EVENT
from tests.report.rich_run import LEAK, LEAK_PLAN, leak_history

OUTCOME = Outcome(
    test="t",
    world="wire",
    plan=tuple(LEAK_PLAN.words),
    findings=(LEAK,),
    repros={"ISO-2": "repros/x y.json"},
    history="histories/001-t.jsonl",
)


def test_the_running_step_is_marked() -> None:
    story = tell(OUTCOME, 0, history=leak_history(), folder="runs/latest", target_file="my target.toml")
    assert [step.words for step in story.steps if step.running] == ["send_to_user ada"]


def test_the_line_of_the_finding_is_marked_and_shows_what_was_received() -> None:
    story = tell(OUTCOME, 0, history=leak_history(), folder="runs/latest", target_file="")
    (line,) = [line for line in story.log if line.kind == "here"]
    assert "a#1      ← core_notifications" in line.text
    assert {line.kind for line in story.log} == {"here", "to", "from", "step", "aside"}


def test_the_replay_command_survives_a_shell() -> None:
    assert shlex.split(replay_command("a b/c.json", target_file="it's.toml")) == [
        "onesocket", "replay", "a b/c.json", "--target", "it's.toml",
    ]  # fmt: skip
    assert replay_command("c.json", target_file="") == "onesocket replay c.json"


def test_without_a_history_the_saved_lines_are_told() -> None:
    outcome = msgspec.structs.replace(OUTCOME, shown=(("▶   0.100  a#1      ← x", "anything"),), repros={})
    story = tell(outcome, 0, history=None, folder="f", target_file="")
    assert [(line.text, line.kind) for line in story.log] == [
        ("▶   0.100  a#1      ← x", "here"),
        ("anything", "aside"),
    ]
    assert not any(step.running for step in story.steps)
    assert story.replay == ""
    assert tell(OUTCOME, 0, history=None, folder="f", target_file="").log == ()


@pytest.mark.parametrize("at", [-1, 10_000])
def test_a_finding_at_no_event_shows_the_end(at: int) -> None:
    lines = wire_log(leak_history(), msgspec.structs.replace(LEAK, at=at))
    assert lines[-1].endswith("ended: done")
    assert not any(line.startswith("▶") for line in lines)
    assert running_step(leak_history(), at) is None


def test_before_the_first_step_no_step_is_running() -> None:
    assert running_step(leak_history(), 0) is None


def test_an_empty_history_has_no_lines() -> None:
    assert wire_log(History(), LEAK) == ()


def test_the_whole_life_of_the_message_is_shown_and_what_is_left_out_is_counted() -> None:
    noise = [Received(at_s=0.1 * index, observer="z#1", channel="noise", data=index) for index in range(200)]
    mine = Received(at_s=0.0, observer="a#1", channel="mine", data="x", tokens=(Token("tok"),))
    finding = Finding(requirement="ORD-2", check="c", expected="", seen="", token="tok", at=150)
    lines = wire_log(History([StepStarted(at_s=0.0, index=0, step="settle"), mine, *noise]), finding)
    assert "1. settle" in lines[0]
    assert "mine" in lines[1]
    assert lines[2].endswith("⋮ 138 more")
    assert lines[-1].endswith("⋮ 45 more")


def test_a_message_that_is_everywhere_does_not_fill_the_report() -> None:
    token = Token("tok")
    history = History(Received(at_s=0.0, observer="a#1", channel="c", data=None, tokens=(token,)) for _ in range(500))
    lines = wire_log(history, Finding(requirement="ORD-2", check="c", expected="", seen="", token=token, at=250))
    assert sum("⋮" not in line for line in lines) == MOST_LINES


def test_every_event_is_one_line_of_words() -> None:
    assert {type(event) for event in EVERY_EVENT} <= set(get_args(AnyEvent))
    lines = [event_line(event) for event in EVERY_EVENT]
    assert not [line for line in lines if "\n" in line or len(line.split(maxsplit=3)) != 4]
    assert len(set(lines)) == len(lines)


def something(kind: Any) -> object:
    examples: tuple[object, ...] = ("x", 1, 0.5, True, [], {}, None)
    for value in examples:
        try:
            return msgspec.to_builtins(msgspec.convert(value, kind))
        except msgspec.ValidationError:
            continue
    raise AssertionError(kind)


def example(kind: type[Event]) -> AnyEvent:
    """Return an event of this kind with something in each field that needs something."""
    held = {each.name: something(each.type) for each in msgspec.structs.fields(kind) if each.required}
    return msgspec.convert(held, kind, strict=False)  # type: ignore[return-value]  # one of AnyEvent


@pytest.mark.parametrize("kind", get_args(AnyEvent), ids=lambda kind: kind.__name__)
def test_an_event_without_words_of_its_own_is_told_by_its_name_and_what_it_holds(kind: type[Event]) -> None:
    line = event_line(example(kind))
    assert "\n" not in line
    assert len(line.split(maxsplit=3)) == 4


def test_what_a_target_sends_cannot_act_on_a_terminal() -> None:
    line = event_line(Malformed(at_s=0.0, observer="a#1", raw="\x1b[2J\u202eevil\n" + "x" * 9999, why="not JSON"))
    assert "\x1b" not in line
    assert "\u202e" not in line
    assert "more characters" in line


@pytest.mark.parametrize("output", [("one", "FATAL: \x1b[31mtwo"), ()])
def test_a_crash_in_the_step_of_the_finding_is_told_with_what_was_printed(output: tuple[str, ...]) -> None:
    deaths = (
        TargetDied(at_s=1.0, code=7, output=output),
        TargetRestarting(at_s=1.0, kill=True, died=7, output=output),
    )
    for death in deaths:
        history = History()
        history.record(StepStarted(at_s=0.0, index=0, step="broadcast"))
        history.record(death)
        finding = Finding(requirement="EN-5", check="x", expected="y", seen="z", at=0)
        told = crash_of(wire_log(history, finding))
        assert told[0] == "its process ended by itself, with code 7; the last that it printed:"
        assert told[1:] == (("one", "FATAL: \\x1b[31mtwo") if output else ("(it printed nothing)",))


def test_a_restart_that_was_asked_for_is_no_crash() -> None:
    history = History()
    history.record(TargetRestarting(at_s=1.0, kill=True))
    lines = wire_log(history, Finding(requirement="EN-5", check="x", expected="y", seen="z", at=0))
    assert crash_of(lines) == ()
    assert "is killed" in lines[0]

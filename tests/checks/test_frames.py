"""Trials on frames: silent on whatever the RFC lets a server do, loud on the rest, each thing once."""

from __future__ import annotations

import msgspec
import pytest

from harness.checks.finding import Finding, Held
from harness.checks.frames import frames
from harness.history import AnyEvent, FramesEnded, FramesSending, Lag, Received, RunStarted, SeenFrame, TargetDied
from harness.model.model import Model
from harness.wire.deviation import Asks
from harness.wire.template import Json
from harness.wire.token import Token, make_token
from tests.model.stories import Deadlines

FIRST, SECOND = make_token("0" * 8, 1), make_token("0" * 8, 2)
REPLY: Json = {"said": "{text}!"}
TEXT, CLOSE, PONG = 1, 8, 10
DIED = TargetDied(at_s=1.8, code=1, step="", proves=("FR-1",))


def sending(asks: Asks, requirement: str, **changes: object) -> FramesSending:
    event = FramesSending(
        at_s=1.0,
        observer="a/1!1",
        what="something odd",
        requirement=requirement,
        asks=asks.value,
        allowed_s=5.0,
        tokens=(FIRST, SECOND),
        expected=({"said": f"{FIRST} é!"}, {"said": f"{SECOND} é!"}),
        channel="chat",
        reply=REPLY,
    )
    return msgspec.structs.replace(event, **changes)


def frame(opcode: int, code: int | None = None, *, payload: str = "") -> SeenFrame:
    return SeenFrame(at_s=1.5, opcode=opcode, size_bytes=2, payload=payload, code=code)


def ended(*seen: SeenFrame, **changes: object) -> FramesEnded:
    event = FramesEnded(at_s=2.0, observer="a/1!1", frames=seen, waited_s=5.0)
    return msgspec.structs.replace(event, **changes)


def answer(token: Token = FIRST, *, said: str | None = None, channel: str = "chat") -> Received:
    data: Json = {"said": f"{token} é!" if said is None else said}
    return Received(at_s=1.6, observer="a/1!1", channel=channel, data=data, tokens=(token,))


def said_of(*events: AnyEvent) -> tuple[list[str], list[str]]:
    """Return the requirements that are broken and those that held."""
    start = RunStarted(at_s=0.0, plan="p", world="wire", target="t", users={})
    told = list(frames(Model.of([start, *events], promises=Deadlines())))
    findings = [each for each in told if isinstance(each, Finding)]
    assert all(each.check == "frames" and each.expected and each.seen for each in findings)
    assert all(each.at == len(events) for each in findings)
    return [each.requirement for each in findings], [each.requirement for each in told if isinstance(each, Held)]


END = sending(Asks.END, "FR-2")
SILENT = sending(Asks.END, "FR-5", silent=True)
ANSWER = sending(Asks.ANSWER, "FR-4", answers=1)
PINGED = sending(Asks.ANSWER, "FR-4", answers=1, pings=("aa", "bb"))
LONE_PINGS = sending(Asks.ANSWER, "FR-3", answers=1, pings=("aa", "bb"))
BELOW = sending(Asks.ANSWER, "LIM-1", answers=1)
REFUSE = sending(Asks.REFUSE, "LIM-1")
CLOSING = sending(Asks.CLOSE, "FR-7")
LIVE = sending(Asks.LIVE, "FR-6")
WHOLE = {"goes_on": True}

RIGHT: dict[str, tuple[list[AnyEvent], list[str]]] = {
    "a close frame is an end": ([END, ended(frame(CLOSE, 1002))], ["FR-2"]),
    "a TCP end is an end": ([END, ended(tcp="eof")], ["FR-2"]),
    "a reset is an end": ([END, ended(tcp="reset")], ["FR-2"]),
    "what came first may be answered": ([END, answer(), ended(frame(TEXT), tcp="reset")], ["FR-2"]),
    "a bad close may be given back as it is": (
        [msgspec.structs.replace(END, bad_close=True), ended(frame(CLOSE, 1005))],
        ["FR-2"],
    ),
    "bad text ends": ([SILENT, ended(frame(CLOSE, 1007))], ["FR-5"]),
    "an error may speak of bad text": (
        [SILENT, answer(said="no UTF-8 in"), answer(channel="errors"), ended(frame(CLOSE, 1007))],
        ["FR-5"],
    ),
    "one answer": ([ANSWER, answer(), ended(frame(TEXT), **WHOLE)], ["FR-4"]),
    "an answer and every pong": (
        [PINGED, answer(), ended(frame(PONG, payload="aa"), frame(PONG, payload="bb"), **WHOLE)],
        ["FR-4", "FR-3"],
    ),
    "the last of several pongs": ([PINGED, answer(), ended(frame(PONG, payload="bb"), **WHOLE)], ["FR-4", "FR-3"]),
    "pongs alone": ([LONE_PINGS, answer(), ended(frame(PONG, payload="bb"), **WHOLE)], ["FR-3"]),
    "a limit lower than declared": ([BELOW, ended(frame(CLOSE, 1009))], []),
    "refused by a close": ([REFUSE, ended(frame(CLOSE, 1009))], ["LIM-1"]),
    "refused by a drop": ([REFUSE, ended(tcp="reset")], ["LIM-1"]),
    "refused by an error, or ignored": ([REFUSE, answer(said="too large"), ended(**WHOLE)], ["LIM-1"]),
    "a close is answered": ([CLOSING, ended(frame(CLOSE, 1000), tcp="eof")], ["FR-7"]),
    "a close is answered without a code": ([CLOSING, ended(frame(CLOSE), tcp="reset")], ["FR-7"]),
    "data comes before the close": ([CLOSING, ended(frame(TEXT), frame(CLOSE, 1000), tcp="eof")], ["FR-7"]),
    "a ping after the close": ([CLOSING, ended(frame(CLOSE, 1000), frame(9), tcp="eof")], ["FR-7"]),
    "a reset overtakes the close": ([CLOSING, ended(tcp="reset")], []),
    "whatever becomes of it": ([LIVE, ended(frame(CLOSE, 1003), tcp="eof")], ["FR-6"]),
    "whatever becomes of it, and nothing does": ([LIVE, ended()], ["FR-6"]),
    "plain messages are lost too": ([ANSWER, ended(plain=False)], []),
    "a machine that stood still": (
        [LIVE, Lag(at_s=1.5, lag_s=1.2), ended(others="ended", newcomer="answered")],
        [],
    ),
    "a trial that was interrupted": ([LIVE], []),
}


@pytest.mark.parametrize(("events", "held"), RIGHT.values(), ids=RIGHT.keys())
def test_silent_where(events: list[AnyEvent], held: list[str]) -> None:
    assert said_of(*events) == ([], held)


WRONG: dict[str, tuple[list[AnyEvent], list[str]]] = {
    "it stays open": ([END, ended()], ["FR-2"]),
    "it stays open and answers": ([END, answer(), ended()], ["FR-2"]),
    "bad text is answered before the end": ([SILENT, answer(said=f"{FIRST} \ufffd!"), ended(tcp="eof")], ["FR-5"]),
    "bad text leaves it open": ([SILENT, ended()], ["FR-5"]),
    "a machine that stood still, and a server that died": (
        [LIVE, Lag(at_s=1.5, lag_s=1.2), DIED, ended(others="ended", newcomer="refused")],
        ["FR-6"],
    ),
    "no answer": ([ANSWER, ended()], ["FR-4"]),
    "closed instead of an answer": ([ANSWER, ended(frame(CLOSE, 1002), tcp="eof")], ["FR-4"]),
    "closed without a code instead of an answer": ([ANSWER, ended(frame(CLOSE))], ["FR-4"]),
    "dropped instead of an answer": ([ANSWER, ended(tcp="reset")], ["FR-4"]),
    "answered elsewhere": ([ANSWER, answer(channel="other"), ended(**WHOLE)], ["FR-4"]),
    "two answers": ([ANSWER, answer(), answer(), ended(**WHOLE)], ["FR-4"]),
    "another text": ([ANSWER, answer(said=f"{FIRST} ?!"), ended(**WHOLE)], ["FR-4"]),
    "answered, then nothing more": ([ANSWER, answer(), ended()], ["FR-4"]),
    "answered, then closed": ([ANSWER, answer(), ended(frame(CLOSE, 1011))], ["FR-4"]),
    "no pong": ([PINGED, answer(), ended(**WHOLE)], ["FR-3"]),
    "the first pong alone": ([PINGED, answer(), ended(frame(PONG, payload="aa"), **WHOLE)], ["FR-3"]),
    "no answer and no pong": ([PINGED, ended()], ["FR-4"]),
    "no pong, to an empty ping": (
        [msgspec.structs.replace(LONE_PINGS, pings=("",)), answer(), ended(**WHOLE)],
        ["FR-3"],
    ),
    "too large and processed": ([REFUSE, answer(said=f"{FIRST} cut!"), ended(**WHOLE)], ["LIM-1"]),
    "too large and hung": ([REFUSE, ended()], ["LIM-1"]),
    "below the limit and dropped": ([BELOW, ended(tcp="reset")], ["LIM-1"]),
    "no close frame": ([CLOSING, ended(tcp="eof")], ["FR-7"]),
    "no close frame and no end": ([CLOSING, ended()], ["FR-7"]),
    "no end of TCP": ([CLOSING, ended(frame(CLOSE, 1000))], ["FR-7"]),
    "two close frames": ([CLOSING, ended(frame(CLOSE, 1000), frame(CLOSE, 1000), tcp="eof")], ["FR-7"]),
    "data after the close": ([CLOSING, ended(frame(CLOSE, 1000), frame(TEXT), tcp="eof")], ["FR-7"]),
    "a code that is never sent": ([CLOSING, ended(frame(CLOSE, 1006), tcp="eof")], ["FR-7"]),
    "a code that is none": ([END, ended(frame(CLOSE, 7), tcp="eof")], ["FR-7"]),
    "a code that is never sent, and no end": ([CLOSING, ended(frame(CLOSE, 1015))], ["FR-7"]),
    "another connection is ended": ([LIVE, ended(others="ended", newcomer="refused")], ["FR-6"]),
    "another connection is silent": ([ANSWER, ended(others="silent", newcomer="silent")], ["FR-4"]),
}


@pytest.mark.parametrize(("events", "broken"), WRONG.values(), ids=WRONG.keys())
def test_loud_where(events: list[AnyEvent], broken: list[str]) -> None:
    assert said_of(*events) == (broken, [])


def test_each_trial_is_judged_by_itself() -> None:
    other: list[AnyEvent] = [
        msgspec.structs.replace(END, observer="a/1!2"),
        msgspec.structs.replace(ended(), observer="a/1!2"),
    ]
    broken, held = said_of(ANSWER, answer(), ended(**WHOLE), *other)
    assert (broken, held) == (["FR-2"], ["FR-4"])

"""What a server does with frames at the edge of the rules and beyond: FR-1 to FR-7, FR-9, LIM-1.

One cause is filed once: where somebody else's connection suffered, that is the finding of what was being tried; a
message that was not answered says nothing of the pings sent along with it. What a close may look like is left open
where the RFC leaves it: any end is an end, and a reset may have overtaken a close frame.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.finding import Finding, Held
from harness.history import FramesEnded, FramesSending, SeenFrame, TargetDied
from harness.model.lag import lag_between
from harness.model.model import Model
from harness.model.state import Delivery
from harness.wire.deviation import Asks
from harness.wire.frame import CLOSE, PONG
from harness.wire.template import match

TOO_BIG = 1009
STOOD_STILL_S = 1.0
_NEVER_ON_THE_WIRE = frozenset({1005, 1006, 1015})
_SAID = {
    Asks.END: "the connection is ended, with a close frame or without",
    Asks.ANSWER: "each message is answered once, and the connection goes on",
    Asks.CLOSE: "one close frame comes back, no data after it, and the TCP connection is ended",
    Asks.REFUSE: "the message is not processed, and the connection is ended or goes on",
    Asks.LIVE: "whatever becomes of this connection, others go on",
}


def frames(model: Model) -> Iterator[Finding | Held]:
    """Judge each trial that came to its end."""
    sent = {event.observer: event for _, event in model.facts(FramesSending)}
    for moment, ended in model.facts(FramesEnded):
        trial = _Trial(model, sent[ended.observer], ended)
        if trial.others_may_have_waited_for_us:
            continue
        found = list(trial.problems())
        for requirement, expected, seen in found:
            yield Finding(
                requirement=requirement,
                check="frames",
                observer=ended.observer,
                token=trial.sent.tokens[0] if trial.sent.answers else "",
                at=moment.index,
                expected=f"after {trial.sent.what}: {expected}",
                seen=seen,
            )
        if not found:
            yield from (Held(requirement) for requirement in trial.held())


class _Trial:
    """One trial: what was sent, how it ended, and the messages that came back meanwhile."""

    def __init__(self, model: Model, sent: FramesSending, ended: FramesEnded) -> None:
        self.model = model
        self.sent = sent
        self.asks = Asks(sent.asks)
        self.ended = ended
        self.closes = [frame for frame in ended.frames if frame.opcode == CLOSE]
        self.arrived = {token: _on_channel(model.delivered(sent.observer, token), sent) for token in sent.tokens}

    @property
    def over(self) -> bool:
        return bool(self.closes) or self.ended.tcp != "open"

    @property
    def others_may_have_waited_for_us(self) -> bool:
        """Whether a connection was ended while this machine stood still: it may have owed the server a pong."""
        lag_s = lag_between(self.model, self.sent.at_s, self.ended.at_s)
        died = bool(self.model.facts(TargetDied))
        return self.ended.others == "ended" and lag_s > STOOD_STILL_S and not died

    @property
    def smaller_limit(self) -> bool:
        """Whether a message below the limit was refused as too big: limits may be lower than they are declared."""
        return self.sent.requirement == "LIM-1" and any(frame.code == TOO_BIG for frame in self.closes)

    def held(self) -> Iterator[str]:
        """Yield the requirements that were put to the test, given that there are no problems."""
        if self.asks is Asks.ANSWER and (self.smaller_limit or not self.ended.plain):
            return
        if self.asks is Asks.CLOSE and not self.closes:
            return  # a reset overtook it
        yield self.sent.requirement
        if self.sent.pings and self.sent.requirement != "FR-3":
            yield "FR-3"

    def problems(self) -> Iterator[tuple[str, str, str]]:
        """Yield requirement, what was expected and what was seen of everything that is wrong."""
        name, said = self.sent.requirement, _SAID[self.asks]
        if self.ended.others != "answered":
            yield name, "connections that did nothing wrong go on", self._others()
            return
        if not self.ended.plain:
            return  # the server loses plain messages too, which is no matter of frames
        wrong = self._wrong()
        if wrong:
            yield name, said, wrong
        elif self._lost_pong():
            yield (
                "FR-3",
                f"a pong comes back with the payload {self.sent.pings[-1] or '(empty)'}",
                f"pongs with {', '.join(self._pongs()) or 'nothing: none came'}",
            )
        elif self.asks is Asks.ANSWER and not self.ended.goes_on and not self.smaller_limit:
            yield name, said, f"it was answered, and then {self._fate()}"
        bad = [frame.code for frame in self.closes if frame.code is not None and _is_never_sent(frame.code)]
        if bad and not self.sent.bad_close and not (wrong and name == "FR-7"):
            yield "FR-7", "a close frame carries no code that is never sent", f"a close frame with the code {bad[0]}"

    def _wrong(self) -> str:
        match self.asks:
            case Asks.END:
                if not self.over:
                    return f"it stayed open for {self.ended.waited_s:.1f} s" + ", and was answered" * self._processed()
                return "its message was processed and answered" if self.sent.silent and self._processed() else ""
            case Asks.REFUSE:
                if self._processed():
                    return "it was processed and answered"
                return "" if self.over or self.ended.goes_on else "it stays open, and answers nothing any more"
            case Asks.CLOSE:
                return self._wrong_close()
            case Asks.ANSWER:
                return self._wrong_answer()
            case _:
                return ""

    def _wrong_answer(self) -> str:
        for token, expected in zip(self.sent.tokens[: self.sent.answers], self.sent.expected, strict=False):
            answers = self.arrived[token]
            if not answers:
                return "" if self.smaller_limit else f"no answer came; {self._fate()}"
            if len(answers) > 1:
                return f"{len(answers)} answers came"
            if match(expected, answers[0].data) is None:
                return f"the answer is {answers[0].data!r}"[:400]
        return ""

    def _wrong_close(self) -> str:
        after = list(self.ended.frames)[self.ended.frames.index(self.closes[0]) + 1 :] if self.closes else []
        if any(frame.opcode < CLOSE for frame in after):
            return "data came after its close frame"
        if len(self.closes) > 1:
            return f"{len(self.closes)} close frames came"
        if self.ended.tcp == "open":
            came = f"its close frame came{_with(self.closes[0])}, but" if self.closes else "no close frame came, and"
            return f"{came} the TCP connection was still open after {self.ended.waited_s:.1f} s"
        if not self.closes and self.ended.tcp == "eof":
            return "the TCP connection was ended without a close frame"
        return ""

    def _processed(self) -> bool:
        for token, answers in self.arrived.items():
            for each in answers:
                found = match(self.sent.reply, each.data)
                if found is not None and any(token in str(value) for value in found.values()):
                    return True
        return False

    def _pongs(self) -> list[str]:
        return [frame.payload for frame in self.ended.frames if frame.opcode == PONG]

    def _lost_pong(self) -> bool:
        # Of several pings an endpoint may answer the most recent one alone (RFC 6455, section 5.5.3).
        return bool(self.sent.pings) and self.sent.pings[-1] not in self._pongs()

    def _fate(self) -> str:
        if self.closes:
            return f"the connection was closed{_with(self.closes[0])}"
        if self.ended.tcp != "open":
            return "the TCP connection was ended"
        return f"the connection stayed open for {self.ended.waited_s:.1f} s"

    def _others(self) -> str:
        how = "was ended" if self.ended.others == "ended" else "was answered nothing any more"
        newcomer = {
            "answered": "a new one is answered",
            "refused": "a new one could not be opened",
            "ended": "a new one was ended",
        }.get(self.ended.newcomer, "a new one is not answered either")
        return f"another connection {how}, and {newcomer}"


def _on_channel(arrived: list[Delivery], sent: FramesSending) -> list[Delivery]:
    return [each for each in arrived if each.channel == sent.channel]


def _is_never_sent(code: int) -> bool:
    return code < 1000 or code in _NEVER_ON_THE_WIRE


def _with(frame: SeenFrame) -> str:
    return "" if frame.code is None else f" with {frame.code}"

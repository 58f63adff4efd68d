"""What is asked of a server in a stream, and how a server that limits its clients is told from one that stops."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from harness.errors import ControlFailed, TargetUnreachable
from harness.history import ConnectionId, EchoedAgain, Event, HeardAgain, TalkedLong
from harness.plan import BroadcastSame, BrowserId, EchoAgain, KeepTalking, PublishMixed, StreamStep, Tab
from harness.targets.codec import codec_of
from harness.targets.file import load_target
from harness.trials import reference_file
from harness.wire.channel import ChannelId
from harness.wire.envelope import Envelope
from harness.wire.template import fill, match
from harness.wire.token import make_token
from harness.worlds import wire_streams
from harness.worlds.wire_browser import Peer
from harness.worlds.wire_streams import stream

A = Tab(BrowserId("a"))
TARGET = load_target(reference_file())


class Server:
    """An echo on a connection of its own: `answers` says of the nth message whether it is answered.

    After `closes_after` messages it ends the connection.
    """

    def __init__(self, answers: Callable[[int], bool], *, closes_after: int = 10**6, flood_per_s: int | None = 1000):
        self.answers, self.closes_after = answers, closes_after
        self.said: list[str] = []
        self.recorded: list[Event] = []
        self.sizes: list[int] = []
        self.codec = codec_of(TARGET)
        connection: Any = SimpleNamespace(open=True, send_text=self.hear)
        self.peer: Any = Peer(ConnectionId("a#1"), connection)
        promises = SimpleNamespace(flood_per_s=flood_per_s, max_message_bytes=200_000)
        tokens = (make_token("0000cafe", number) for number in range(1, 1000))
        self.clients: Any = SimpleNamespace(
            current=lambda _: self.peer if connection.open else None,
            target=SimpleNamespace(promises=promises, echo=TARGET.echo, broadcast=TARGET.broadcast),
            recorder=SimpleNamespace(
                now=lambda: 0.0,
                token=lambda: next(tokens),
                record=self.recorded.append,
                user_name=str.upper,
                model=SimpleNamespace(unsettled=()),
            ),
            codec=self.codec,
            control=None,
            echo_channel=ChannelId(TARGET.echo.channel),
            patience_s=0.0,
            look_again=lambda: None,
            until=self.until,
        )

    async def hear(self, message: str) -> None:
        envelope = self.codec.decode(message)
        assert isinstance(envelope, Envelope)
        found = match(TARGET.echo.send, envelope.data)
        assert found is not None
        self.said.append(str(found["text"]))
        if len(self.said) > self.closes_after:
            self.peer.connection.open = False
        elif self.answers(len(self.said)):
            self.peer.takes(self.codec.encode(Envelope(envelope.channel, fill(TARGET.echo.receive, found))))

    async def until(self, done: Callable[[], bool], *, timeout_s: float) -> bool:
        assert timeout_s <= 0.0
        return done()

    def put_to(self, step: StreamStep) -> str | None:
        return anyio.run(stream, self.clients, step)

    def broadcasts_again(self, passes_on: Callable[[int], bool], *, takes: int = 10**6) -> str | None:
        """Have a text broadcast thrice; `passes_on` says whether each is heard, those after `takes` are refused."""

        async def broadcast(text: str) -> None:
            self.said.append(text)
            if len(self.said) > takes:
                raise ControlFailed("409", where="there", todo="nothing")
            if passes_on(len(self.said)):
                data = fill(TARGET.broadcast.receive, {"text": text})
                assert self.peer.takes(self.codec.encode(Envelope(ChannelId(TARGET.broadcast.channel), data)))
            assert not self.peer.takes("of nobody's")

        self.clients.control = SimpleNamespace(broadcast=broadcast)
        self.clients.browsers = {"a": SimpleNamespace(open_peers=[self.peer])}
        return self.put_to(BroadcastSame(3))


@pytest.fixture(autouse=True)
def _in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(_seconds: float) -> None:
        await anyio.lowlevel.checkpoint()

    monkeypatch.setattr(wire_streams.anyio, "sleep", at_once)  # type: ignore[attr-defined] # the module's own anyio


def talked(server: Server, *, messages: int = 1100) -> TalkedLong:
    assert server.put_to(KeepTalking(A, messages)) is None
    (event,) = server.recorded
    assert isinstance(event, TalkedLong)
    return event


def test_a_connection_that_is_answered_is_kept_talking_to_the_end() -> None:
    event = talked(Server(lambda _: True))
    assert (event.sent, event.answered, event.per_s, event.ended, event.silent) == (1100, 1100, 500, False, False)


def test_no_more_is_said_than_is_promised_to_be_let_through() -> None:
    assert talked(Server(lambda _: True, flood_per_s=100)).sent == 208
    assert talked(Server(lambda _: True, flood_per_s=None)).sent == 390
    assert Server(lambda _: True, flood_per_s=10).put_to(KeepTalking(A, 1100)) is not None


def test_a_server_that_stops_is_asked_again_and_found_silent() -> None:
    server = Server(lambda number: number <= 300)
    event = talked(server)
    assert (event.sent, event.answered, event.silent, event.promised) == (310, 300, True, True)
    assert len(server.said) == 311
    event = talked(Server(lambda number: number <= 300, flood_per_s=None))
    assert (event.silent, event.promised) == (True, False)


def test_a_limiter_lets_something_through_again() -> None:
    server = Server(lambda number: number <= 300 or number > 315, flood_per_s=None)
    event = talked(server)
    assert (event.sent, event.answered, event.silent) == (310, 300, False)
    assert len(server.said) == 316


def test_a_connection_that_the_server_ends_has_ended() -> None:
    event = talked(Server(lambda _: True, closes_after=300))
    assert (event.answered, event.ended) == (300, True)


@pytest.mark.parametrize(
    ("answers", "answered"),
    [
        (lambda _: True, (3,)),
        (lambda number: number != 2, (2, 3)),
        (lambda number: number % 3 == 1, (1, 1, 1)),
    ],
)
def test_the_same_text_is_tried_until_each_was_answered_once(
    answers: Callable[[int], bool], answered: tuple[int, ...]
) -> None:
    server = Server(answers)
    server.put_to(EchoAgain(A, 3))
    (event,) = server.recorded
    assert isinstance(event, EchoedAgain)
    assert event.came == answered
    assert len(set(server.said)) == len(answered)


def test_what_is_not_the_reply_is_none() -> None:
    server = Server(lambda _: False)

    async def hear(message: str) -> None:
        envelope = server.codec.decode(message)
        assert isinstance(envelope, Envelope)
        assert not server.peer.takes(server.codec.encode(Envelope(envelope.channel, {"error": envelope.data})))
        assert not server.peer.takes("of nobody's")

    server.peer.connection.send_text = hear
    server.put_to(EchoAgain(A, 3))
    assert isinstance(server.recorded[0], EchoedAgain)
    assert server.recorded[0].came == (0, 0, 0)


@pytest.mark.parametrize(
    ("passes_on", "came"),
    [(lambda number: True, (3,)), (lambda number: number != 2, (2, 3)), (lambda number: number % 3 == 1, (1, 1, 1))],
)
def test_the_same_broadcast_is_tried_until_each_came_once(
    passes_on: Callable[[int], bool], came: tuple[int, ...]
) -> None:
    server = Server(lambda _: True)
    assert server.broadcasts_again(passes_on) is None
    (event,) = server.recorded
    assert isinstance(event, HeardAgain)
    assert (event.connection, event.came, event.ended) == ("a#1", came, False)
    assert len(set(server.said)) == len(came)


def test_who_refuses_a_text_for_the_second_time_is_not_judged_by_it() -> None:
    server = Server(lambda _: True)
    assert server.broadcasts_again(lambda _: True, takes=1) == "the server takes no text twice"
    assert server.recorded == []
    assert server.peer.takes is None


@pytest.mark.parametrize("step", [EchoAgain(A, 3), KeepTalking(A, 400)])
def test_without_a_connection_nothing_is_said(step: StreamStep) -> None:
    server = Server(lambda _: True)
    server.peer.connection.open = False
    assert server.put_to(step) == "it has no open connection"


def published(server: Server, monkeypatch: pytest.MonkeyPatch, step: PublishMixed, *, most: int) -> str | None:
    async def publish(_recorder: object, _control: object, *, to: str | None, text: str = "") -> None:
        assert to == (step.user and step.user.upper())
        server.sizes.append(len(text))
        if len(text) > most:
            error = ControlFailed if len(text) > 20_000 else TargetUnreachable
            raise error("too large", where="here", todo="less")

    monkeypatch.setattr(wire_streams, "publish", publish)
    return server.put_to(step)


@pytest.mark.parametrize("user", [None, "ada"])
def test_each_round_has_a_large_message_with_small_ones_after_it(
    user: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(lambda _: True)
    assert published(server, monkeypatch, PublishMixed(2, user), most=10**6) is None
    assert server.sizes == [0, 64_000, 0, 0] * 2


def test_who_is_behind_gets_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(lambda _: True)
    monkeypatch.setattr(wire_streams, "overtaken", lambda *_: False)
    assert published(server, monkeypatch, PublishMixed(2), most=10**6) is None
    assert server.sizes == [0, 64_000, 0, 0]


def test_a_server_that_takes_less_gets_less(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(lambda _: True)
    assert published(server, monkeypatch, PublishMixed(2), most=3_000) is None
    assert server.sizes == [0, 64_000, 16_000, 2_000, 0, 0, 0, 2_000, 0, 0]
    assert published(Server(lambda _: True), monkeypatch, PublishMixed(2), most=100) is not None

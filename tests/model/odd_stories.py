"""Stories of odd messages: `OddStory().two().provoke("a#1").check("a#1").check("b#1").heard("a#1", "b#1")`."""

from __future__ import annotations

from typing import Self

from harness.checks.aftermath import CHECK_UP
from harness.history import (
    BareAnswered,
    BareSent,
    ConnectionClosed,
    ConnectionId,
    ConnectionRefused,
    IdentityClaimed,
    Provoked,
    PublishFinished,
    PublishStarted,
    Received,
    Reviving,
    SecretShown,
    Sent,
    StepFinished,
    StepStarted,
)
from harness.wire.template import Json
from tests.model.stories import CHAT, NOTES, POSTS, Story


class OddStory(Story):
    """A story in which clients send what no right client sends."""

    _steps = 0

    def two(self) -> Self:
        """Two connections that have had an echo and a broadcast."""
        self.open("a", "b").echo("a#1").arrives("a#1").broadcast().arrives("a#1", "b#1").settle()
        return self.step("send a/1 something")

    def step(self, sentence: str) -> Self:
        return self._add(StepStarted(at_s=self._tick(), index=self._steps, step=sentence))

    def done(self) -> Self:
        self._steps += 1
        return self._add(StepFinished(at_s=self._tick(), index=self._steps - 1))

    def provoke(
        self,
        sender: str = "a#1",
        *,
        sort: str = "malformed",
        name: str = "",
        marked: bool = True,
        addressed: bool = True,
        channel: str = "",
        data: Json = None,
    ) -> Self:
        """Send an odd message; `name` is for its token."""
        token = self._new(name)
        self._expected[token] = (channel, data)
        return self._add(
            Provoked(
                at_s=self._tick(),
                sender=ConnectionId(sender),
                sort=sort,
                name=f"what {sort} is",
                raw="",
                tokens=(token,) if marked else (),
                addressed=addressed,
                channel=channel,
                data=data,
            )
        )

    def check(self, *observers: str, answered: bool = True, data: Json = None) -> Self:
        """Ask whether somebody is served; `data` is another answer than the right one."""
        for observer in observers:
            token = self._new("")
            expected: Json = {"reply": f"You said: {token}"}
            self._expected[token] = (CHAT, expected)
            self._add(
                Sent(at_s=self._tick(), token=token, sender=observer, channel=CHAT, kind=CHECK_UP, expected=expected)
            )
            if answered:
                self.arrives(observer, data=data)
        return self

    def check_broadcast(self, *hearers: str, accepted: bool = True) -> Self:
        token = self._new("")
        self._expected[token] = (POSTS, {"note": token})
        started = PublishStarted(at_s=self._tick(), token=token, kind=CHECK_UP, channel=POSTS, expected={"note": token})
        self._add(started)._add(PublishFinished(at_s=self._tick(), token=token, accepted=accepted))
        return self.arrives(*hearers)

    def says(self, observer: str, data: Json, *, channel: str = CHAT) -> Self:
        """Have the server send something without a token."""
        return self._add(Received(at_s=self._tick(), observer=observer, channel=channel, data=data))

    def closes(self, connection: str, *, code: int | None = 1007, reason: str = "") -> Self:
        """Have the server close a connection."""
        self._over.add(connection)
        return self._add(
            ConnectionClosed(at_s=self._tick(), connection=ConnectionId(connection), code=code, reason=reason)
        )

    def refused(self, browser: str, *, status: int = 0) -> Self:
        """Have a new connection of a browser refused."""
        self.dial(browser)
        connection = self._connections[browser][-1]
        self._over.add(connection)
        return self._add(ConnectionRefused(at_s=self._tick(), connection=ConnectionId(connection), status=status))

    def claim(self, connection: str, user: str = "ada", *, how: str = "query") -> Self:
        return self._add(IdentityClaimed(at_s=self._tick(), connection=ConnectionId(connection), user=user, how=how))

    def reviving(self) -> Self:
        return self._add(Reviving(at_s=self._tick()))

    def bare(
        self, text: str, *, sender: str = "a#1", kind: str = "echo", to_user: str | None = None, template: Json = None
    ) -> Self:
        channel = {"echo": CHAT, "broadcast": POSTS, "private": NOTES}[kind]
        reply: Json = {"reply": "You said: {text}"} if kind == "echo" else {"note": "{text}"}
        template = reply if template is None else template
        return self._add(
            BareSent(
                at_s=self._tick(),
                sender=sender,
                kind=kind,
                channel=channel,
                text=text,
                template=template,
                to_user=to_user,
            )
        )

    def bare_answered(self, *, accepted: bool = True) -> Self:
        return self._add(BareAnswered(at_s=self._tick(), accepted=accepted))

    def shows_a_secret(self, observer: str) -> Self:
        return self._add(SecretShown(at_s=self._tick(), observer=observer, browser="a", name="sid"))

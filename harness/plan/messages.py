"""Steps of messages: what the server is asked to publish, what clients send, and waiting for what is owed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TypeAlias

from harness.plan.words import TAB, TIMES, USER, WITH, Form, Tab, times_words, with_words


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Have the server broadcast `times` messages, one after the other; `tab` names the browser that asks for it."""

    times: int = 1
    tab: Tab | None = None
    text: str = ""

    def __str__(self) -> str:
        return (
            "broadcast" + times_words(self.times) + (f" from {self.tab.id}" if self.tab else "") + with_words(self.text)
        )


@dataclass(frozen=True, slots=True)
class SendToUser:
    """Have the server send `times` private messages to a user, one after the other."""

    user: str
    times: int = 1
    text: str = ""

    def __str__(self) -> str:
        return f"send_to_user {self.user}" + times_words(self.times) + with_words(self.text)


@dataclass(frozen=True, slots=True)
class SendToLookAlikes:
    """Have the server send one private message to each id that resembles the user's and belongs to nobody (ISO-3)."""

    user: str

    def __str__(self) -> str:
        return f"send_to_user look-alikes of {self.user}"


@dataclass(frozen=True, slots=True)
class Echo:
    """Send `times` messages on the echo channel from a tab, without waiting for the replies."""

    tab: Tab
    times: int = 1
    text: str = ""

    def __str__(self) -> str:
        return f"echo {self.tab.id}" + times_words(self.times) + with_words(self.text)


@dataclass(frozen=True, slots=True)
class SendOn:
    """Send a message of the echo's form on another channel id, which nobody handles (RT-2)."""

    tab: Tab
    channel: str

    def __str__(self) -> str:
        return f"send {self.tab.id} on {json.dumps(self.channel)}"


@dataclass(frozen=True, slots=True)
class SendOnNearMisses:
    """Send the echo's message on each id that a careless comparison takes for the echo's channel (RT-2)."""

    tab: Tab

    def __str__(self) -> str:
        return f"send {self.tab.id} on near misses of the echo"


@dataclass(frozen=True, slots=True)
class Settle:
    """Wait until all that must arrive has arrived, or its promise has run out."""

    def __str__(self) -> str:
        return "settle"


MessageStep: TypeAlias = Broadcast | SendToUser | SendToLookAlikes | Echo | SendOn | SendOnNearMisses | Settle
FORMS: tuple[Form[MessageStep], ...] = (
    Form(
        rf"broadcast{TIMES}(?: from {TAB})?{WITH}",
        lambda words: Broadcast(words.times, words.tab if "tab" in words else None, words.text),
        "broadcast 3 times from a/1",
    ),
    Form(
        rf"send_to_user look-alikes of {USER}",
        lambda words: SendToLookAlikes(words["user"]),
        "send_to_user look-alikes of ada",
    ),
    Form(
        rf"send_to_user {USER}{TIMES}{WITH}",
        lambda words: SendToUser(words["user"], words.times, words.text),
        "send_to_user ada",
    ),
    Form(rf"echo {TAB}{TIMES}{WITH}", lambda words: Echo(words.tab, words.times, words.text), "echo a/1 2 times"),
    Form(
        rf"send {TAB} on (?P<channel>\".*\")",
        lambda words: SendOn(words.tab, json.loads(words["channel"])),
        'send a/1 on "other"',
    ),
    Form(
        rf"send {TAB} on near misses of the echo",
        lambda words: SendOnNearMisses(words.tab),
        "send a/1 on near misses of the echo",
    ),
    Form(r"settle", lambda _: Settle(), "settle"),
)

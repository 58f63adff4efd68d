"""Steps of clients that send what no right client sends: malformed, hostile and forged messages, claims, bare texts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TypeAlias

from harness.plan.words import TAB, USER, Form, Tab


@dataclass(frozen=True, slots=True)
class SendText:
    """Send a text as it is (EN-3, EN-5)."""

    tab: Tab
    text: str

    def __str__(self) -> str:
        return f"send {self.tab.id} the text {json.dumps(self.text)}"


@dataclass(frozen=True, slots=True)
class SendPoison:
    """Send a message of a sort ("malformed": EN-3, "hostile": EN-4), by its name in `wire.poison`, or each of them."""

    tab: Tab
    sort: str
    name: str = ""

    def __str__(self) -> str:
        what = f"{self.sort} {json.dumps(self.name)}" if self.name else f"every {self.sort} message"
        return f"send {self.tab.id} {what}"


@dataclass(frozen=True, slots=True)
class SendOnStrangers:
    """Send the echo's message on channels that nobody has heard of (RT-3)."""

    tab: Tab

    def __str__(self) -> str:
        return f"send {self.tab.id} on channels that nobody knows"


@dataclass(frozen=True, slots=True)
class MakeThrow:
    """Send what makes the handler of the declared faulty channel throw (EN-6)."""

    tab: Tab

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"faulty"})

    def __str__(self) -> str:
        return f"make a handler throw from {self.tab.id}"


@dataclass(frozen=True, slots=True)
class Forge:
    """Send what only the server may: a "broadcast" (RT-4), a "private" message to `user`, or a "reply" (RT-5)."""

    tab: Tab
    what: str
    user: str | None = None

    def __str__(self) -> str:
        to = f" message to {self.user}" if self.user else ""
        return f"forge {self.tab.id} a {self.what}{to}"


@dataclass(frozen=True, slots=True)
class ClaimIdentity:
    """Say to be `user` without a sign-in, by "query", "headers", "cookies" or "messages", on a new socket (ISO-6)."""

    tab: Tab
    user: str
    by: str

    def __str__(self) -> str:
        return f"claim {self.tab.id} to be {self.user} by {self.by}"


@dataclass(frozen=True, slots=True)
class EchoBare:
    """Send texts without a token to the echo that look like other values, or like nothing (EN-8)."""

    tab: Tab

    def __str__(self) -> str:
        return f"echo {self.tab.id} bare texts"


@dataclass(frozen=True, slots=True)
class PublishBare:
    """Have the server publish such texts, to everybody or to `user` (EN-8)."""

    user: str | None = None

    def __str__(self) -> str:
        return f"send_to_user {self.user} bare texts" if self.user else "broadcast bare texts"


MalformedStep: TypeAlias = (
    SendText | SendPoison | SendOnStrangers | MakeThrow | Forge | ClaimIdentity | EchoBare | PublishBare
)
_SORT = "(?P<sort>malformed|hostile)"
FORMS: tuple[Form[MalformedStep], ...] = (
    Form(
        rf"send {TAB} the text (?P<text>\".*\")",
        lambda words: SendText(words.tab, words.text),
        'send a/1 the text "{"',
    ),
    Form(
        rf"send {TAB} every {_SORT} message",
        lambda words: SendPoison(words.tab, words["sort"]),
        "send a/1 every malformed message",
    ),
    Form(
        rf"send {TAB} {_SORT} (?P<name>\".+\")",
        lambda words: SendPoison(words.tab, words["sort"], json.loads(words["name"])),
        'send a/1 malformed "null"',
    ),
    Form(
        rf"send {TAB} on channels that nobody knows",
        lambda words: SendOnStrangers(words.tab),
        "send a/1 on channels that nobody knows",
    ),
    Form(rf"make a handler throw from {TAB}", lambda words: MakeThrow(words.tab), "make a handler throw from a/1"),
    Form(
        rf"forge {TAB} a (?P<what>broadcast|reply)",
        lambda words: Forge(words.tab, words["what"]),
        "forge a/1 a broadcast",
    ),
    Form(
        rf"forge {TAB} a private message to {USER}",
        lambda words: Forge(words.tab, "private", words["user"]),
        "forge a/1 a private message to ada",
    ),
    Form(
        rf"claim {TAB} to be {USER} by (?P<by>query|headers|cookies|messages)",
        lambda words: ClaimIdentity(words.tab, words["user"], words["by"]),
        "claim a/1 to be ada by query",
    ),
    Form(rf"echo {TAB} bare texts", lambda words: EchoBare(words.tab), "echo a/1 bare texts"),
    Form(r"broadcast bare texts", lambda _: PublishBare(), "broadcast bare texts"),
    Form(rf"send_to_user {USER} bare texts", lambda words: PublishBare(words["user"]), "send_to_user ada bare texts"),
)

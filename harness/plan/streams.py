"""Steps of streams: messages of mixed sizes by one publisher, the same text again, a connection in long use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from harness.plan.words import TAB, USER, Form, Tab


@dataclass(frozen=True, slots=True)
class PublishMixed:
    """Have the server publish small, large, small and small, one after the other, `rounds` times (ORD-1).

    To everybody, or to `user`. Large is up to half of the largest message, less where the server takes none of that.
    """

    rounds: int
    user: str | None = None

    def __str__(self) -> str:
        return f"{f'send_to_user {self.user}' if self.user else 'broadcast'} {self.rounds} rounds of mixed sizes"


@dataclass(frozen=True, slots=True)
class EchoAgain:
    """Send the same message to the echo `times` times, to the letter, and count the replies (EN-1)."""

    tab: Tab
    times: int

    def __str__(self) -> str:
        return f"echo {self.tab.id} the same text {self.times} times"


@dataclass(frozen=True, slots=True)
class BroadcastSame:
    """Have the server broadcast the same text so many times, and count what each one gets (BC-1, TAB-2)."""

    times: int

    def __str__(self) -> str:
        return f"broadcast the same text {self.times} times"


@dataclass(frozen=True, slots=True)
class KeepTalking:
    """Send up to `messages` echoes on one connection, as many a second as may be, each few when the last are answered.

    Some seconds long at the most, and within what is promised to be let through (ORD-3).
    """

    tab: Tab
    messages: int

    def __str__(self) -> str:
        return f"keep {self.tab.id} talking for {self.messages} messages"


StreamStep: TypeAlias = PublishMixed | EchoAgain | BroadcastSame | KeepTalking
_ROUNDS = r"(?P<rounds>[1-9][0-9]?) rounds of mixed sizes"
FORMS: tuple[Form[StreamStep], ...] = (
    Form(
        rf"broadcast {_ROUNDS}",
        lambda words: PublishMixed(int(words["rounds"])),
        "broadcast 3 rounds of mixed sizes",
    ),
    Form(
        rf"send_to_user {USER} {_ROUNDS}",
        lambda words: PublishMixed(int(words["rounds"]), words["user"]),
        "send_to_user ada 3 rounds of mixed sizes",
    ),
    Form(
        rf"echo {TAB} the same text (?P<times>[1-9][0-9]?) times",
        lambda words: EchoAgain(words.tab, words.times),
        "echo a/1 the same text 3 times",
    ),
    Form(
        r"broadcast the same text (?P<times>[2-9]) times",
        lambda words: BroadcastSame(int(words["times"])),
        "broadcast the same text 3 times",
    ),
    Form(
        rf"keep {TAB} talking for (?P<messages>[1-9][0-9]{{0,3}}) messages",
        lambda words: KeepTalking(words.tab, int(words["messages"])),
        "keep a/1 talking for 400 messages",
    ),
)

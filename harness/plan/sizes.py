"""Steps of large messages: more than one frame, write or relay of a careless page carries at once (page)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from harness.plan.words import TAB, Form, Tab


@dataclass(frozen=True, slots=True)
class BroadcastLarge:
    """Have the server broadcast one message whose text has `size_kb` kilobytes (TAB-2)."""

    size_kb: int

    def __str__(self) -> str:
        return f"broadcast a text of {self.size_kb} kB"


@dataclass(frozen=True, slots=True)
class EchoLarge:
    """Send one message whose text has `size_kb` kilobytes on the echo channel from a tab (TAB-3)."""

    tab: Tab
    size_kb: int

    def __str__(self) -> str:
        return f"echo {self.tab.id} a text of {self.size_kb} kB"


SizeStep: TypeAlias = BroadcastLarge | EchoLarge
_SIZE = r"a text of (?P<number>[1-9][0-9]{0,2}) kB"
FORMS: tuple[Form[SizeStep], ...] = (
    Form(rf"broadcast {_SIZE}", lambda words: BroadcastLarge(int(words["number"])), "broadcast a text of 72 kB"),
    Form(rf"echo {TAB} {_SIZE}", lambda words: EchoLarge(words.tab, int(words["number"])), "echo a/2 a text of 72 kB"),
)

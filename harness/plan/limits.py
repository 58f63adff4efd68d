"""Steps that go to a limit: much published, much sent, many connections, a handler that is slow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from harness.plan.words import TAB, Form, Tab


@dataclass(frozen=True, slots=True)
class BroadcastVolume:
    """Have the server broadcast `volume_mb` megabytes, in messages of `size_kb` kilobytes, one after the other.

    Smaller ones where the server takes none of that size. Ends early when a request is not answered in time.
    """

    volume_mb: int
    size_kb: int

    def __str__(self) -> str:
        return f"broadcast {self.volume_mb} MB in messages of {self.size_kb} KB"


@dataclass(frozen=True, slots=True)
class AwaitShedding:
    """Give the server its promised time to give up a reader that stopped, then read again until it has caught up."""

    tab: Tab

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"slow_reader_s"})

    def __str__(self) -> str:
        return f"let {self.tab.id} read again after the time for slow readers"


@dataclass(frozen=True, slots=True)
class Flood:
    """Send echoes from one connection, as fast as they go, several times as many as are promised to be let through."""

    tab: Tab

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"flood"})

    def __str__(self) -> str:
        return f"flood the server from {self.tab.id}"


@dataclass(frozen=True, slots=True)
class Crowd:
    """Open connections of one browser until there is one more than the target lets through."""

    tab: Tab

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"max_connections"})

    def __str__(self) -> str:
        return f"open one connection more than {self.tab.id} may have"


@dataclass(frozen=True, slots=True)
class KeepBusy:
    """Send `times` messages to the slow handler from `tab`, at once, and echo from `other` while it works."""

    tab: Tab
    other: Tab
    times: int = 1

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"slow"})

    def __str__(self) -> str:
        return f"keep the slow handler busy from {self.tab.id} with {self.times} messages, and echo {self.other.id}"


LimitStep: TypeAlias = BroadcastVolume | AwaitShedding | Flood | Crowd | KeepBusy
_OTHER = TAB.replace("<tab>", "<other>")
FORMS: tuple[Form[LimitStep], ...] = (
    Form(
        r"broadcast (?P<volume>[1-9][0-9]{0,2}) MB in messages of (?P<size>[1-9][0-9]{0,3}) KB",
        lambda words: BroadcastVolume(int(words["volume"]), int(words["size"])),
        "broadcast 16 MB in messages of 64 KB",
    ),
    Form(
        rf"let {TAB} read again after the time for slow readers",
        lambda words: AwaitShedding(words.tab),
        "let a/1 read again after the time for slow readers",
    ),
    Form(rf"flood the server from {TAB}", lambda words: Flood(words.tab), "flood the server from a/1"),
    Form(
        rf"open one connection more than {TAB} may have",
        lambda words: Crowd(words.tab),
        "open one connection more than a/1 may have",
    ),
    Form(
        rf"keep the slow handler busy from {TAB} with (?P<times>[1-9][0-9]{{0,4}}) messages, and echo {_OTHER}",
        lambda words: KeepBusy(words.tab, words.tab_in("other"), words.times),
        "keep the slow handler busy from a/1 with 8 messages, and echo b/1",
    ),
)

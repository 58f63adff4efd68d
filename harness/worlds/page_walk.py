"""Seeded walks over tabs, browsers and users in real browsers: one seed, one walk, and time decides how far it goes.

Knows the language of plans, and how browsers are started for it. As in `walk`, each decision draws from a stream of its
own, named by seed and place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from types import MappingProxyType

from harness.plan import (
    Broadcast,
    BrowserId,
    Close,
    Drop,
    Echo,
    Freeze,
    Hang,
    KillBrowser,
    Leave,
    Open,
    Plan,
    Reload,
    Return,
    SendToLookAlikes,
    SendToUser,
    Settle,
    SignIn,
    SignOut,
    Step,
    Tab,
    Wake,
)
from harness.worlds.launch import Launch, launch_for
from harness.worlds.walk import SWARM

CONTROL = Tab(BrowserId("z"))
"""Stays signed in, so that a private message that others must not get is seen to arrive."""
BROWSERS = "aab"
"""Most happens between the tabs of one browser."""
TABS = (1, 2, 3)
NATURAL = BrowserId("a")
"""Started as a person's is: the one whose tabs are frozen, and that is killed."""
PROVES = ("TAB-1", "TAB-2", "TAB-4", "ISO-2")


@dataclass(frozen=True, slots=True)
class Word:
    """A step that a walk may take: how often beside others, and how it is drawn for a tab and a user."""

    weight: float
    draw: Callable[[Random, Tab, str], Step]


def _natural(tab: Tab) -> Tab:
    return Tab(NATURAL, tab.number)


WORDS: Mapping[str, Word] = MappingProxyType(
    {
        "open": Word(5.0, lambda _, tab, __: Open(tab)),
        "close": Word(1.5, lambda _, tab, __: Close(tab)),
        "reload": Word(1.5, lambda _, tab, __: Reload(tab)),
        "crash": Word(0.7, lambda _, tab, __: Drop(tab)),
        "sign in": Word(2.5, lambda _, tab, role: SignIn(tab, role)),
        "sign out": Word(1.5, lambda _, tab, __: SignOut(tab)),
        "broadcast": Word(3.0, lambda stream, _, __: Broadcast(stream.randint(1, 3))),
        "private": Word(4.0, lambda stream, _, role: SendToUser(role, stream.randint(1, 3))),
        "look-alikes": Word(0.3, lambda _, __, role: SendToLookAlikes(role)),
        "echo": Word(2.0, lambda stream, tab, _: Echo(tab, stream.randint(1, 3))),
        "settle": Word(3.0, lambda _, __, ___: Settle()),
        "leave": Word(0.5, lambda _, tab, __: Leave(_natural(tab))),
        "return": Word(1.0, lambda _, tab, __: Return(_natural(tab))),
        "freeze": Word(0.4, lambda _, tab, __: Freeze(_natural(tab))),
        "hang": Word(0.4, lambda _, tab, __: Hang(_natural(tab))),
        "wake": Word(1.5, lambda _, tab, __: Wake(_natural(tab))),
        "kill": Word(0.25, lambda _, __, ___: KillBrowser(NATURAL)),
    }
)
NEEDED = frozenset({"open", "private", "settle"})
"""Without these a walk would try nothing."""


def words_for(can: Callable[[Plan], bool]) -> Mapping[str, Word]:
    """Return the words of which a plan can be carried out: not every engine, page or target file has all of them."""
    return {name: word for name, word in WORDS.items() if can(_spoken(word))}


def launch_of(words: Mapping[str, Word]) -> Launch:
    """Return how browsers are started for a walk of these words: as for a plan that has all of them."""
    return launch_for(_spoken(*words.values()))


def _spoken(*words: Word) -> Plan:
    return Plan("a walk", tuple(word.draw(Random(0), Tab(NATURAL), "ada") for word in words))


def page_walk(seed: str, number: int, *, roles: Sequence[str], words: Mapping[str, Word] = WORDS) -> Iterator[Step]:
    """Yield the steps of walk `number` of a seed, without end; `roles` are users that a plan may name."""
    mark = f"{seed}:page walk:{number}"
    weights = {name: word.weight * _swarmed(mark, number, name) for name, word in words.items()}
    yield Open(CONTROL)
    if "sign in" in words:
        yield SignIn(CONTROL, roles[0])
    yield from (Open(Tab(BrowserId("a"))), Open(Tab(BrowserId("a"), 2)), Settle())
    place = 0
    while True:
        stream = Random(f"{mark}:{place}")
        kind = stream.choices(list(weights), list(weights.values()))[0]
        tab = Tab(BrowserId(stream.choice(BROWSERS)), stream.choice(TABS))
        yield words[kind].draw(stream, tab, stream.choice(roles))
        place += 1


def _swarmed(mark: str, number: int, name: str) -> float:
    """Every second walk does some things never or very often: some faults show only there."""
    if number % 2 == 0 or name in NEEDED:
        return 1.0
    return Random(f"{mark}:weight:{name}").choice(SWARM)

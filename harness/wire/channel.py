"""Channel ids of the form `{plugin}_{module}_{name}` and ids that look like one but are another.

Knows nothing of who handles a channel. Source: seed, "Channels".
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NewType

ChannelId = NewType("ChannelId", str)


def near_misses(channel: ChannelId) -> list[str]:
    """Return ids that a careless comparison would take for `channel`; exact matching refuses each (RT-2).

    The list is ordered and free of duplicates, and never holds `channel` itself.
    """
    first, rest = channel[:1], channel[1:]
    candidates = [
        channel + " ",
        " " + channel,
        channel.swapcase(),
        channel[:-1],
        channel + "x",
        channel + "_x",
        rest,
        f"{first}\u0301{rest}",
        unicodedata.normalize("NFKD", channel.replace("a", "\u00e5", 1)),
        channel.replace("_", ".", 1),
        channel + "\u0000",
        "*",
        "",
        "__proto__",
        "constructor",
    ]
    return [each for each in dict.fromkeys(candidates) if each != channel]


def look_alikes(user_id: str | int, *, taken: frozenset[str]) -> list[str]:
    """Return ids that a careless comparison would take for `user_id`, none of which is `taken` (ISO-3).

    Only ids that every sane parser keeps apart: "01" or " 1" may rightly be read as the number 1 by the route
    that carries the id, so they are left out. `taken` holds the ids of all known users as text.
    """
    text = str(user_id)
    candidates = [
        text + "1",
        text + text,
        "1" + text,
        "9" + text,
        text[:-1],
        text[1:],
        "0",
        "null",
        "undefined",
        "guest",
        "*",
    ]
    if not text.isdecimal():
        candidates += [text + "x", "x" + text, text + "-1"]
    known = taken | {text}
    return [each for each in dict.fromkeys(candidates) if each and each not in known and not _same_number(each, known)]


def unknown_id(taken: Sequence[str]) -> str:
    """Return an id of the form that `taken` ones have, that is none of them and, if it can be, resembles none.

    A number where all are, in the range of every database's integers; the first with its digits turned where it is
    long, so that a UUID stays one; else a word.
    """
    first = taken[0]
    candidates = [f"{letter}nobody{letter}" for letter in "xyz"]
    if all(each.isdecimal() for each in taken):
        candidates = [str(digit * 100_001) for digit in range(1, 10)]
    elif len(first) > 15 and any(letter.isdecimal() for letter in first):
        turns = [str.maketrans("0123456789", "0123456789"[step:] + "0123456789"[:step]) for step in range(1, 10)]
        candidates = [first.translate(turn) for turn in turns]
    free = [each for each in candidates if each not in taken]
    strange = [each for each in free if not any(resemble(each, one) for one in taken)]
    return next(iter((*strange, *free)), "-".join(taken))


def resemble(one: str, other: str) -> bool:
    """Tell whether one id is a prefix or suffix of the other, or differs in case only.

    Confusable by a sloppy comparison.
    """
    if one == other:
        return False
    low, high = sorted((one.casefold(), other.casefold()), key=len)
    return bool(low) and (high.startswith(low) or high.endswith(low))


def _same_number(text: str, known: frozenset[str]) -> bool:
    return text.isdecimal() and any(each.isdecimal() and int(each) == int(text) for each in known)

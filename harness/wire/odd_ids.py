"""What is no user id in JSON, and other forms of one: for requests to send a private message (ISO-3, ISO-5).

Pure. Says whose id a right server may read each as, "01" or 1.0 as the number 1; must not know how it is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.wire.template import Json

EXACT_DIGITS = 15
"""A number of more digits may be another one where numbers are doubles."""


@dataclass(frozen=True, slots=True)
class OddId:
    """One value in the place of a user id; `reads` are the ids, as text, that it may rightly be read as.

    `left_out`: there is no such key at all.
    """

    name: str
    value: Json = None
    reads: tuple[str, ...] = ()
    left_out: bool = False


_NOBODYS = (
    OddId("left out", left_out=True),
    OddId("null", None, ("null", "0")),
    OddId("an empty text", "", ("0",)),
    OddId("true", value=True, reads=("true", "1")),
    OddId("false", value=False, reads=("false", "0")),
    OddId("an empty list", [], ("[]", "0")),
    OddId("an empty object", {}, ("{}",)),
)
"""Values that a guest's missing id may equal, or that a careless condition takes for everybody. Languages turn some of
them into 0 or 1, which may be somebody's id."""


def odd_ids(user_id: int | str, *, taken: frozenset[str]) -> list[OddId]:
    """Return what is no id, and what is one only when it is read as `user_id`; none of it is one of `taken`.

    `taken` holds the ids of all known users as text.
    """
    own = (str(user_id),)
    forms = [OddId(name, value, own) for name, value in _forms(user_id)]
    return [each for each in (*_NOBODYS, *forms) if not (isinstance(each.value, str) and each.value in taken - {*own})]


def _forms(user_id: int | str) -> Iterator[tuple[str, Json]]:
    text = str(user_id)
    number = text.isdecimal() and text.isascii() and len(text) <= EXACT_DIGITS
    if isinstance(user_id, int):
        yield "as text", text
    if number:
        yield ("with a fraction of zero", float(text)) if isinstance(user_id, int) else ("as a number", int(text))
        yield "with a zero before it", f"0{text}"
    yield "with a blank before it", f" {text}"
    yield "in a list", [user_id]

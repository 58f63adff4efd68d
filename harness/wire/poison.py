"""Messages that are none, and messages that are meant to do harm: tables of texts, from a target's own envelope.

Each text that can carry a mark has `MARK` where its token goes. Must not know what a server makes of them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from harness.wire.template import Json, fill, placeholders

MARK = "osk-mark"
"""Stands for the token of a text until it is sent."""

_HOLE = "osk-hole"
_DEPTHS = (10, 1_000, 10_000, 100_000)


@dataclass(frozen=True, slots=True)
class Poison:
    """One text. `addressed`: it may be taken for a message on the echo's channel, so a reply there is in order."""

    name: str
    text: str
    addressed: bool = True


@dataclass(frozen=True, slots=True)
class Wire:
    """How a target's messages look: the envelope's template (None: only its codec knows), the echo's channel and what
    it is sent, and a right message with `MARK` as its text, as the codec writes it.
    """

    template: Json
    channel: str
    send: Json
    right: str


def malformed(wire: Wire) -> list[Poison]:
    """Return messages that are no envelope of the target's, or whose channel or data is not what it must be (EN-3).

    Those that no server can take for a message to the echo come first.
    """
    found = [Poison(name, text, addressed=False) for name, text in _NO_ENVELOPES]
    found += _without_channel(wire)
    found += _with_wrong_data(wire)
    found += [Poison(name, text) for name, text in _mangled(wire.right.replace(MARK, "hello"))]
    return [*(each for each in found if not each.addressed), *(each for each in found if each.addressed)]


def hostile(wire: Wire, *, most_bytes: int) -> list[Poison]:
    """Return messages that harm a server that is not on its guard (EN-4), each of `most_bytes` at the most."""
    found = [*_deep(wire), *_numbers(wire), *_doubled_keys(wire), *_prototypes(wire), *_odd_texts(wire)]
    return [each for each in found if len(each.text.encode()) <= most_bytes]


def without_text(wire: Wire) -> Poison:
    """Return a message to the echo whose data is an empty object: the reply shows what a polluted server fills in."""
    return Poison("no text", _with_data(wire, "{}"))


def strangers(channel: str, *, known: Collection[str]) -> list[str]:
    """Return channel ids that resemble `channel` in nothing and belong to nobody (RT-3), none of them in `known`.

    Some are names that every object of some language has.
    """
    candidates = (
        "nobody_knows_this",
        "toString",
        "hasOwnProperty",
        "__proto__",
        "constructor",
        "__defineGetter__",
        "__class__",
        "length",
        "admin",
        "../../etc/passwd",
        "'; DROP TABLE channels; --",
        "x" * 5_000,
    )
    return [each for each in candidates if each not in known and each != channel]


def raw_poison(text: str) -> Poison:
    """Return a text that somebody chose."""
    return Poison("a text of the plan's", text)


_NO_ENVELOPES = (
    ("an empty message", ""),
    ("a blank", " "),
    ("text that is not JSON", f"not JSON {MARK}"),
    ("half an object", '{"'),
    ("an opening bracket", "["),
    ("a string", f'"{MARK}"'),
    ("an empty string", '""'),
    ("a number", "7"),
    ("zero", "0"),
    ("null", "null"),
    ("true", "true"),
    ("false", "false"),
    ("an empty array", "[]"),
    ("an empty object", "{}"),
    ("an array of null", "[null]"),
    ("an array of two nulls", "[null,null]"),
    ("an array of arrays", f'[["{MARK}"],[]]'),
    ("an object of other keys", f'{{"{MARK}":"{MARK}"}}'),
    ("undefined", "undefined"),
    ("NaN", "NaN"),
    ("a zero character", "\x00"),
    ("a line of a protocol that is not ours", f"SUBSCRIBE {MARK} HTTP/1.1\r\n\r\n"),
)
_NO_CHANNELS: tuple[tuple[str, Json], ...] = (
    ("a number for the channel", 7),
    ("zero for the channel", 0),
    ("null for the channel", None),
    ("true for the channel", True),
    ("an object for the channel", {"a": 1}),
    ("an empty array for the channel", []),
)
_WRONG_DATA: tuple[tuple[str, Json], ...] = (
    ("null for the data", None),
    ("a number for the data", 7),
    ("a string for the data", MARK),
    ("true for the data", True),
    ("an empty array for the data", []),
    ("an array of null for the data", [None]),
    ("an empty object for the data", {}),
)
_WRONG_TEXT: tuple[tuple[str, Json], ...] = (
    ("null for the text", None),
    ("a number for the text", 7),
    ("false for the text", False),
    ("an object for the text", {"a": MARK}),
    ("an array for the text", [MARK]),
)


def _without_channel(wire: Wire) -> Iterator[Poison]:
    whole, path = _whole(wire, fill(wire.send, {"text": MARK})), _path_to(wire.template, "channel")
    if path is None:
        return
    yield Poison("no channel", _json(_without(whole, path)), addressed=False)
    for name, value in _NO_CHANNELS:
        yield Poison(name, _json(_replaced(whole, path, value)), addressed=False)
    # Where ids are coerced to text this is the echo's: sloppy, but what was meant.
    yield Poison("the channel in an array", _json(_replaced(whole, path, [wire.channel])))


def _with_wrong_data(wire: Wire) -> Iterator[Poison]:
    path = _path_to(wire.template, "data")
    if path is None:
        return
    yield Poison("no data", _json(_without(_whole(wire, MARK), path)))
    for name, value in _WRONG_DATA:
        yield Poison(name, _json(_whole(wire, value)))
    for name, value in _WRONG_TEXT:
        yield Poison(name, _json(_whole(wire, fill(wire.send, {"text": value}))))


def _mangled(right: str) -> Iterator[tuple[str, str]]:
    yield "a message cut in half", right[: len(right) // 2]
    yield "a message without its end", right[:-1]
    yield "a message and half of another", right + right[: len(right) // 2]
    yield "two messages in one", right + right
    yield "a message in an array", f"[{right}]"
    yield "a message in a string", json.dumps(right)
    yield "a message after a byte order mark", "\ufeff" + right
    yield "a message in single quotes", right.replace('"', "'")


def _deep(wire: Wire) -> Iterator[Poison]:
    for depth in _DEPTHS:
        arrays, objects = "[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth
        yield Poison(f"arrays {depth:,} deep", arrays, addressed=False)
        yield Poison(f"{depth:,} brackets that never close", "[" * depth, addressed=False)
        if _path_to(wire.template, "data") is not None:
            yield Poison(f"data of arrays {depth:,} deep", _with_data(wire, arrays))
            yield Poison(f"data of objects {depth:,} deep", _with_data(wire, objects))
            yield Poison(f"a text of arrays {depth:,} deep", _with_text(wire, arrays))


def _numbers(wire: Wire) -> Iterator[Poison]:
    for name, number in (
        ("1e400", "1e400"),
        ("-1e400", "-1e400"),
        ("1e-400", "1e-400"),
        ("10^400", "1" + "0" * 400),
        ("a number of 5,000 digits", "9" * 5_000),
        ("-0", "-0"),
        ("NaN", "NaN"),
        ("Infinity", "-Infinity"),
    ):
        yield Poison(f"{name} for the text", _with_text(wire, number))
        yield Poison(f"{name} for the data", _with_data(wire, number))


def _doubled_keys(wire: Wire) -> Iterator[Poison]:
    right = wire.right.replace(MARK, "hello")
    if right.startswith("{") and isinstance(wire.template, dict):
        for key in wire.template:
            yield Poison(f"a second {key!r} before", f"{{{_json(key)}:null,{right[1:]}")
            yield Poison(f"a second {key!r} after", f"{right[:-1]},{_json(key)}:null}}")


def _prototypes(wire: Wire) -> Iterator[Poison]:
    planted: Json = fill(wire.send, {"text": MARK})
    # Both what the echo reads and a key of its own, which any reply that lists its keys would show.
    poison: Json = {**(planted if isinstance(planted, dict) else {}), MARK: MARK}
    named: tuple[tuple[str, dict[str, Json]], ...] = (
        ("__proto__", {"__proto__": poison}),
        ("constructor.prototype", {"constructor": {"prototype": poison}}),
        ("prototype", {"prototype": poison}),
    )
    for name, keys in named:
        yield Poison(f"{name} in the data", _with_data(wire, _json(keys)))
        said: Json = fill(wire.send, {"text": "hello"})
        if isinstance(said, dict):
            yield Poison(f"{name} beside the text", _with_data(wire, _json({**said, **keys})))
        whole = _whole(wire, said)
        if isinstance(whole, dict):
            yield Poison(f"{name} beside the channel", _json({**keys, **whole}))


def _odd_texts(wire: Wire) -> Iterator[Poison]:
    yield Poison("half of a character for the text", _with_text(wire, '"\\ud800"'))
    yield Poison("a toString that is none", _with_text(wire, '{"toString":1,"valueOf":null,"toJSON":2}'))
    yield Poison("a length that is none", _with_text(wire, '{"length":-1}'))
    yield Poison("a data of two thousand keys", _with_data(wire, _json({f"k{each}": each for each in range(2_000)})))
    yield Poison("a key of 20,000 characters", _with_data(wire, _json({"k" * 20_000: 1})))
    yield Poison("a zero character in a key", _with_data(wire, _json({"\x00": "\x00"})))
    yield Poison("code for the text", _with_text(wire, _json("${7*7}{{7*7}}<%= 7*7 %>'; DROP TABLE users; --%s%n%n")))


def _whole(wire: Wire, data: Json) -> Json:
    names = placeholders(wire.template)
    return fill(wire.template, {"channel": wire.channel, "data": data}) if names == {"channel", "data"} else None


def _with_data(wire: Wire, raw: str) -> str:
    """Return a message to the echo whose data is the JSON text `raw`; with an unknown envelope, `raw` by itself."""
    if _path_to(wire.template, "data") is None:
        return raw
    return _json(_whole(wire, _HOLE)).replace(_json(_HOLE), raw)


def _with_text(wire: Wire, raw: str) -> str:
    """The same for the text inside the data that the echo is sent."""
    return _with_data(wire, _json(fill(wire.send, {"text": _HOLE})).replace(_json(_HOLE), raw))


def _json(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"))


def _path_to(template: Json, name: str) -> tuple[str | int, ...] | None:
    if template == f"{{{name}}}":
        return ()
    inner: list[tuple[str | int, Json]] = []
    if isinstance(template, dict):
        inner = list(template.items())
    elif isinstance(template, list):
        inner = list(enumerate(template))
    return next(((key, *rest) for key, each in inner if (rest := _path_to(each, name)) is not None), None)


def _replaced(value: Json, path: tuple[str | int, ...], new: Json) -> Json:
    if not path:
        return new
    first, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {key: _replaced(each, rest, new) if key == first else each for key, each in value.items()}
    items = value if isinstance(value, list) else []
    return [_replaced(each, rest, new) if index == first else each for index, each in enumerate(items)]


def _without(value: Json, path: tuple[str | int, ...]) -> Json:
    first, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {
            key: _without(each, rest) if key == first else each for key, each in value.items() if rest or key != first
        }
    items = value if isinstance(value, list) else []
    return [
        _without(each, rest) if index == first else each for index, each in enumerate(items) if rest or index != first
    ]

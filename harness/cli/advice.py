"""What to do about what was seen: pure hints from statuses and texts, for `onesocket doctor`."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from harness.targets.control import Answer
from harness.targets.file import Action, Target
from harness.wire.envelope import Codec, Envelope, Ignored, NotAnEnvelope
from harness.wire.template import Json, match

CUT_CHARS = 300
KIND_KEYS = ("type", "event", "kind", "op", "action", "cmd")
KIND_CHARS = 40
ANY = "{any}"
"""Stands for whatever is there, as any placeholder does in what is only matched."""
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an examination: `mark` is "ok", "wrong" or "left" (not tried); `todo` belongs to a wrong one.

    `clue` is what a wrong one shows: "refused" (an answer said no), "silent" (nothing came), "ended" (the connection
    did), "shape" (it came whole, in another shape than the file says), "changed" (it came otherwise wrong). `status`
    is that of an HTTP answer.
    """

    mark: str
    part: str
    said: str = ""
    todo: str = ""
    clue: str = ""
    status: int = 0


def about_answer(answer: Answer, action: Action, *, key: str) -> str:
    """Return what to do about a control request that was answered with an error."""
    user = action.as_
    match answer.status:
        case 401:
            if key == "sign_in":
                return (
                    "the login is not accepted: check `login` of this user, and that [sign_in] sends what is asked for"
                )
            return _who_may(user, key)
        case 403:
            if key == "sign_in":
                return (
                    "refused: check `login` of this user, and whether it wants json or a form; a CSRF token may be"
                    " asked for (csrf = {...}), or a header (headers = {...})"
                )
            return _who_may(user, key)
        case 404:
            return f"nothing is at this address: check path in [{key}]" + (
                ", and that the user's id is the one it takes" if "{user.id}" in action.path else ""
            )
        case 405:
            return f"the address does not take {action.method}: check method in [{key}]"
        case 400 | 415 | 422:
            return f"the request is not understood: check json (or form, headers) in [{key}]"
        case 429:
            return "too many requests: turn rate limits off for tests"
        case status if status >= 500:
            return "the server broke: see its log"
    return f"check [{key}]"


def about_handshake(status: int, reason: str, *, target: Target, without_origin_opens: bool) -> str:
    """Return what to do about a socket handshake that was not answered with an upgrade."""
    path = target.socket.path
    if without_origin_opens:
        return "without an Origin it opens: the server refuses this origin; let it allow the url of the target file"
    if status in {401, 403}:
        # Some servers answer a path that they do not know in this way too.
        return (
            f"is [socket] path = {path!r} right? if so: let guests in, and allow the url of the target file as origin"
        )
    if status == 404:
        return f"nothing is at {path}: check [socket] path"
    if status in {400, 426}:
        return f"the server takes this for no WebSocket handshake: is {path} its socket, and no proxy in between?"
    if 200 <= status < 400:
        return f"{path} answers like a page: check [socket] path, and that the server upgrades there"
    if status >= 500:
        return "the server broke: see its log"
    return f"check [socket] path; the connection said: {reason[:CUT_CHARS]}"


def about_texts(
    texts: Sequence[str], *, token: str, key: str, channel: str, receive: Json, target: Target, codec: Codec
) -> Line | None:
    """Return what is wrong with what came for a message that carries `token`; None when it is as the file says."""
    telling = next((text for text in texts if token in text), None)
    if telling is None:
        return _nothing_came(texts, key=key)
    found = codec.decode(telling)
    if isinstance(found, Ignored):
        return Line(
            "wrong",
            key,
            f"it came as {cut(telling)}, which [socket] ignore leaves out",
            "narrow [socket] ignore",
            "shape",
        )
    if isinstance(found, NotAnEnvelope):
        hint = _envelope_hint(telling, channel, target)
        return Line("wrong", key, f"it came as {cut(telling)}: {found.why}", hint, "shape")
    return _about_envelope(found, token=token, key=key, channel=channel, receive=receive, target=target)


def about_undeclared(texts: Sequence[str], *, codec: Codec, told: Collection[str] = ()) -> list[Line]:
    """Return a line for each sort of text that is no envelope and that the file does not declare; at most three.

    Those with a token in them that was `told` of already are messages that the file describes wrongly.
    """
    undeclared = [
        text
        for text in texts
        if isinstance(codec.decode(text), NotAnEnvelope) and not any(each in text for each in told)
    ]
    parsed = [_parsed(text) for text in undeclared]
    lines: dict[str, Line] = {}
    for text, value in zip(undeclared, parsed, strict=True):
        shape = "" if value is None else as_toml(_shape_to_ignore(value, among=parsed))
        todo = f"if it is meant: [socket] ignore = [{shape}]" if shape else "send JSON, or describe it with a codec"
        said = f"the server also sent {cut(text)}, which the target file does not declare under [socket] ignore"
        lines.setdefault(shape, Line("wrong", "undeclared traffic", said, todo))
    return list(lines.values())[:3]


def as_toml(value: Json) -> str:
    """Return `value` as TOML would write it on one line."""
    if isinstance(value, dict):
        inner = ", ".join(
            f"{name if _BARE_KEY.fullmatch(name) else json.dumps(name)} = {as_toml(each)}"
            for name, each in value.items()
            if each is not None
        )
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(as_toml(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def cut(text: str) -> str:
    """Return the beginning of `text` on one line."""
    line = text.replace("\n", "\\n")
    return line if len(line) <= CUT_CHARS else line[:CUT_CHARS] + "…"


def _parsed(text: str) -> Json:
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def _shape_to_ignore(value: Json, *, among: Sequence[Json]) -> Json:
    """Return what of a message is the same each time: what names its kind, not a time or an id beside it.

    Where one key stands for another thing in messages of the same keys `among` all, any is let through.
    """
    if not isinstance(value, dict):
        return value
    kind: dict[str, Json] = {name: each for name, each in value.items() if name in KIND_KEYS and isinstance(each, str)}
    if kind:
        return kind
    alike = [each for each in among if isinstance(each, dict) and each.keys() == value.keys()]
    steady: dict[str, Json] = {
        name: each for name, each in value.items() if each is not None and all(other[name] == each for other in alike)
    }
    fixed = {name: each for name, each in steady.items() if isinstance(each, str) and len(each) <= KIND_CHARS}
    return dict(list(fixed.items())[:1]) or steady or dict.fromkeys(list(value)[:1], ANY)


def _who_may(user: str | None, key: str) -> str:
    if user is None:
        return f'name a user who may, in [{key}]: as = "..."'
    return f"{user!r} may not do this: name a user who may in [{key}] as, or check that user's login"


def _nothing_came(texts: Sequence[str], *, key: str) -> Line:
    came = "; what came instead: " + " and ".join(cut(text) for text in texts[-2:]) if texts else ""
    todo = (
        "check channel and send in [echo], and [socket] envelope: the server may not have understood the message"
        if key == "echo"
        else f"check that the request of [{key}] is the one that publishes, and where to"
    )
    return Line("wrong", key, f"nothing with the text came{came}", todo, "silent")


def _about_envelope(
    found: Envelope, *, token: str, key: str, channel: str, receive: Json, target: Target
) -> Line | None:
    if found.channel != channel:
        return Line(
            "wrong", key, f"it came on the channel {found.channel!r}, not on {channel!r}",
            f"write [{key}] channel = {json.dumps(str(found.channel))}, or mend the server",
            "changed" if _is_mixed_up(found.channel, channel, target) else "shape",
        )  # fmt: skip
    captured = match(receive, found.data)
    shown = json.dumps(found.data, ensure_ascii=False)
    if captured is None:
        return Line(
            "wrong", key, f"the data does not match `receive`: {cut(shown)}",
            f"write [{key}] receive = {as_toml(_with_placeholder(found.data, token))}, or mend the server",
            "shape" if _holds(found.data, token) else "changed",
        )  # fmt: skip
    if "text" in captured and captured["text"] != token:
        return Line(
            "wrong", key, f"the text came changed: {cut(json.dumps(captured['text'], ensure_ascii=False))}",
            f"write [{key}] receive = {as_toml(_with_placeholder(found.data, token))}, or mend the server", "changed",
        )  # fmt: skip
    return None


def _is_mixed_up(came_on: str, channel: str, target: Target) -> bool:
    """Tell whether a server may have mixed up channels that it knows: any other name is the file's mistake."""
    return came_on in target.channels or came_on.strip().casefold() == channel.strip().casefold()


def _holds(data: Json, token: str) -> bool:
    """Tell whether some text in `data`, which is no JSON packed as text, holds the whole token."""
    if isinstance(data, dict):
        return any(_holds(each, token) for each in data.values())
    if isinstance(data, list):
        return any(_holds(each, token) for each in data)
    return isinstance(data, str) and token in data and not data.lstrip().startswith(("{", "["))


def _envelope_hint(text: str, channel: str, target: Target) -> str:
    try:
        value = json.loads(text)
    except ValueError:
        return "the message is not JSON: describe it with a class, [socket] codec"
    guess = _guess_envelope(value, channel, said=target.socket.envelope)
    if guess is not None:
        return f"write [socket] envelope = {as_toml(guess)}"
    return f"describe its shape in [socket] envelope; the file says {as_toml(target.socket.envelope)}"


def _guess_envelope(value: Json, channel: str, *, said: Json) -> Json:
    """Return `value` with the channel's place and the place of the rest marked, None when there is no telling.

    What the file has `said` of it and is so, stays.
    """
    if isinstance(value, list) and len(value) == 2 and channel in value:
        return ["{channel}" if each == channel else "{data}" for each in value]
    if not isinstance(value, dict) or channel not in value.values():
        return None
    name = next(name for name, each in value.items() if each == channel)
    rest = [other for other in value if other != name]
    data = next((other for other in rest if isinstance(value[other], dict)), rest[0] if rest else None)
    if data is None:
        return None
    right = {name for name, each in said.items() if value.get(name) == each} if isinstance(said, dict) else set()
    fixed: dict[str, Json] = {
        other: value[other] for other in rest if other in {"type", "event", *right} and other != data
    }
    return {name: "{channel}", data: "{data}", **fixed}


def _with_placeholder(data: Json, token: str) -> Json:
    if isinstance(data, str):
        return data.replace(token, "{text}")
    if isinstance(data, list):
        return [_with_placeholder(each, token) for each in data]
    if isinstance(data, dict):
        # Only what carries the text: the rest (ids, times) is another each time.
        return {name: _with_placeholder(each, token) for name, each in data.items() if token in json.dumps(each)}
    return data

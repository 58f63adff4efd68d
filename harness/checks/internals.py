"""What a server sends tells nothing of its insides: no stack, file, SQL or cookie (EN-7).

Looks at all that every connection received in all tests, and says nothing of texts that came back as they were sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.checks.finding import Finding, Held
from harness.history import Provoked, SecretShown
from harness.model.model import Model
from harness.model.state import Moment
from harness.wire.template import Json

_INSIDES = {
    "a stack trace": (
        r"Traceback \(most recent call last\)",
        r"\bFile \"[^\"\n]+\", line \d+",
        r"(?:^|\n)\s+at .{1,200}\((?:file://)?(?:/|[A-Z]:\\|node:)[^()\n]{1,300}:\d+:\d+\)",
        r"(?:^|\n)\s+at (?:async )?(?:file://)?(?:/|[A-Z]:\\|node:)[^\s()]{1,300}:\d+:\d+",
        r"(?:^|\n)\s*at [\w$.]+(?:/[\w$.]+)?\([\w$]+\.(?:java|kt|scala):\d+\)",
        r"(?:^|\n)\s*at .{1,200} in (?:/|[A-Z]:\\).{1,300}:line \d+",
        r"\bgoroutine \d+ \[[a-z ]+\]:",
        r"thread '[^'\n]*' panicked at",
        r"(?:/|[A-Z]:\\)[\w./\\-]+\.rb:\d+:in [`']",
        r"\.php on line \d+",
        r"\*\* \((?:\w+\.)*\w*Error\) ",
    ),
    "a path of the server": (
        r"(?:/[\w.@-]+)+/(?:node_modules|site-packages|dist-packages|vendor/bundle)/",
        r"(?:^|[\s'\"(])/(?:home|root|srv|var/www|usr/src|usr/lib|opt)/[\w.@-]+/[\w./@-]+",
    ),
    "an error of a database": (
        r"\bSQLITE_[A-Z]+\b",
        r"\bSQLSTATE\[?\w{5}",
        r"\bORA-\d{5}\b",
        r"syntax error at or near \"",
        r"You have an error in your SQL syntax",
        r"\b(?:sqlite3|psycopg2?|pymysql|asyncpg)\.[\w.]*(?:Error|Exception)\b",
        r"duplicate key value violates unique constraint",
        r"\bSELECT .{1,200} FROM .{1,200} WHERE ",
    ),
}
_PATTERNS = {what: re.compile("|".join(patterns), re.MULTILINE) for what, patterns in _INSIDES.items()}


def internals(model: Model) -> Iterator[Finding | Held]:
    """Judge every text that the server chose, and the reasons it gave for closing."""
    found = list(_shown(model))
    yield from found
    provoked = bool(model.facts(Provoked)) or any(each.kind == "stray" for each in model.messages.values())
    if not found and provoked:
        yield Held("EN-7")


def _shown(model: Model) -> Iterator[Finding]:
    for moment, secret in model.facts(SecretShown):
        what = f"the value of the cookie {secret.name!r} of browser {secret.browser}"
        yield _finding(secret.observer, moment, f"it was sent {what}")
    for observer, moment, text in _texts(model):
        for what, pattern in _PATTERNS.items():
            hit = pattern.search(text)
            if hit:
                yield _finding(observer, moment, f"it was sent {what}: {hit[0].strip()!r}"[:300])
                break


def _texts(model: Model) -> Iterator[tuple[str, Moment, str]]:
    for connection in model.connections.values():
        if connection.closed is not None and connection.reason:
            yield connection.id, connection.closed, connection.reason
        for token, arrivals in list(model.deliveries[connection.id].items()):
            message = model.messages.get(token)
            for each in arrivals:
                if message is None or each.data != message.expected:
                    yield connection.id, each.moment, "\n".join(_strings(each.data))
    for moment, received in model.unmarked:
        yield received.observer, moment, "\n".join(_strings(received.data))
    for moment, malformed in model.malformed:
        yield malformed.observer, moment, malformed.raw


def _strings(data: Json) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, list):
        for each in data:
            yield from _strings(each)
    elif isinstance(data, dict):
        for key, each in data.items():
            yield key
            yield from _strings(each)


def _finding(observer: str, moment: Moment, seen: str) -> Finding:
    return Finding(
        requirement="EN-7",
        check="internals",
        observer=observer,
        at=moment.index,
        expected="nothing that is sent to a client shows a stack, a file, SQL or a cookie of the server",
        seen=seen,
    )

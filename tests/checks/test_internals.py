"""EN-7: what a server sends tells nothing of its insides."""

from __future__ import annotations

import msgspec
import pytest

from harness.history import Malformed, Sent
from harness.wire.template import Json
from tests.model.odd_stories import OddStory

INSIDES = [
    'Traceback (most recent call last):\n  File "x"',
    'oops: File "/srv/app/live.py", line 7, in hear',
    "TypeError: x is undefined\n    at Object.<anonymous> (/srv/app/live.js:10:5)\n    at node:internal/main:1:1",
    "Error\n    at async file:///srv/app/live.mjs:3:9",
    "java.lang.NullPointerException\n\tat com.acme.Live.hear(Live.java:42)",
    "System.Exception: no\n   at Acme.Live.Hear(String m) in /src/Live.cs:line 12",
    "goroutine 17 [running]:\nmain.hear()",
    "thread 'main' panicked at src/main.rs:3:5",
    "/app/lib/live.rb:12:in `hear'",
    "Uncaught Error in /var/www/live.php on line 3",
    "** (FunctionClauseError) no function clause matching",
    "cannot load /srv/app/node_modules/ws/index.js",
    "open /home/deploy/app/config.json: no such file",
    "SQLITE_CONSTRAINT: UNIQUE constraint failed",
    "SQLSTATE[42P01]: undefined table",
    "ORA-00942: table or view does not exist",
    'syntax error at or near "DROP"',
    "sqlite3.OperationalError: no such table: users",
    "SELECT id FROM users WHERE name = 'x'",
]
HARMLESS = [
    "Unexpected token o in JSON at position 1",
    "invalid message: missing field `id` at line 1 column 2",
    "no such channel: /chat/echo",
    "unknown channel at position 3 (of 7)",
    "see https://acme.example/docs/errors/12",
    "Select a channel from the list where you may speak",
    "error code 4001",
    "at 12:30:45 the server said no",
]


def provoked() -> OddStory:
    return OddStory().two().provoke()


@pytest.mark.parametrize("text", INSIDES)
def test_a_text_that_shows_the_insides_is_found_wherever_it_is(text: str) -> None:
    places: list[Json] = [text, {"error": text}, [{"a": 1, "b": [text]}], {text: None}]
    for data in places:
        assert provoked().says("a#1", data, channel="errors").done().settle().broken == ["EN-7"]


@pytest.mark.parametrize("text", HARMLESS)
def test_an_error_in_words_is_harmless(text: str) -> None:
    story = provoked().says("a#1", {"error": text}, channel="errors").check("a#1", "b#1").done().settle()
    assert story.broken == []
    assert story.holds("EN-7")


def test_nothing_holds_where_nothing_went_wrong() -> None:
    assert not OddStory().open("a").echo("a#1").arrives("a#1").settle().holds("EN-7")
    assert OddStory().open("a").stray("a#1").settle().holds("EN-7")


def test_what_came_back_as_it_was_sent_shows_nothing() -> None:
    story = OddStory().open("a").echo("a#1").arrives("a#1", data={"reply": INSIDES[0]})
    assert "EN-7" in story.broken
    reply: Json = {"reply": f"You said: {INSIDES[0]}"}
    story = OddStory().open("a").echo("a#1")
    sent = story.events.pop()
    assert isinstance(sent, Sent)
    story.events.append(msgspec.structs.replace(sent, expected=reply))
    assert "EN-7" not in story.arrives("a#1", data=reply).broken


def test_a_message_of_ours_that_quotes_a_stack_is_found_too() -> None:
    story = provoked().arrives("a#1", data={"error": INSIDES[0]}, channel="errors").done().settle()
    assert story.broken == ["EN-7"]


def test_the_reason_of_a_close_is_read() -> None:
    story = provoked().check("a#1", answered=False).closes("a#1", reason=INSIDES[1]).open("a").check("a#2").done()
    assert story.broken == ["EN-7"]


def test_what_has_no_shape_is_read() -> None:
    story = provoked().arrives_malformed("a#1")
    event = story.events.pop()
    assert isinstance(event, Malformed)
    story.events.append(msgspec.structs.replace(event, raw=INSIDES[0], tokens=()))
    assert story.done().broken == ["EN-7"]


def test_a_cookie_is_found_by_who_looked_for_it() -> None:
    (finding,) = provoked().shows_a_secret("b#1").done().judged().findings
    assert finding.requirement == "EN-7"
    assert finding.seen == "it was sent the value of the cookie 'sid' of browser a"

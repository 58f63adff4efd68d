"""A forged cookie has the names of the real ones, and not their values."""

from __future__ import annotations

import base64
import json

import pytest

from harness.wire.forged_cookies import FORGERIES, Forgery, read_cookies, write_cookies

REAL = [("sid", "aZ9-x%3D"), ("theme", "dark=ish")]


def token(head: object) -> str:
    encoded = base64.urlsafe_b64encode(json.dumps(head).encode()).decode().rstrip("=")
    return f"{encoded}.e30.c2ln"


def test_a_cookie_header_is_read_and_written() -> None:
    assert read_cookies("sid=aZ9-x%3D; theme=dark=ish; ") == REAL
    assert write_cookies(REAL) == "sid=aZ9-x%3D; theme=dark=ish"


@pytest.mark.parametrize("forgery", [each for each in FORGERIES.values() if not each.own], ids=lambda each: each.name)
def test_a_forgery_holds_no_real_value(forgery: Forgery) -> None:
    made = forgery.make(REAL) or ""
    assert "aZ9-x%3D" not in made
    assert "dark=ish" not in made


@pytest.mark.parametrize("name", ["garbage, then its own", "its own, then garbage"])
def test_a_planted_cookie_stands_beside_the_real_one(name: str) -> None:
    assert read_cookies(FORGERIES[name].make(REAL) or "").count(REAL[0]) == 1


def test_an_unknown_value_has_the_form_of_the_real_one() -> None:
    assert FORGERIES["unknown"].make(REAL) == "sid=bA0-y%4E; theme=ebsl=jti"


def test_a_signature_is_taken_off_a_token_that_has_one() -> None:
    made = FORGERIES["unsigned"].make([("jwt", token({"alg": "HS256"})), ("theme", "dark")])
    name, value = read_cookies(made or "")[0]
    head, payload, signature = value.split(".")
    assert (name, payload, signature) == ("jwt", "e30", "")
    assert json.loads(base64.urlsafe_b64decode(head + "==")) == {"alg": "none"}


@pytest.mark.parametrize("value", ["plain", "a.b.c", token([1]), token({"typ": "x"}), "\u00e9.b.c"])
def test_what_is_no_signed_token_is_not_forged_as_one(value: str) -> None:
    assert FORGERIES["unsigned"].make([("sid", value)]) is None

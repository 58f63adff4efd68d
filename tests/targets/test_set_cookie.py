"""How a cookie was set is read off the jar, however its attributes are spelled."""

from __future__ import annotations

import httpx
import pytest

from harness.targets.set_cookie import SetCookie, attributes_of


def jar_after(*set_cookies: str) -> dict[str, SetCookie]:
    request = httpx.Request("GET", "http://127.0.0.1/")
    cookies = httpx.Cookies()
    cookies.extract_cookies(
        httpx.Response(200, headers=[("Set-Cookie", each) for each in set_cookies], request=request)
    )
    return attributes_of(cookies.jar)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("sid=1; HttpOnly; SameSite=Lax; Path=/", SetCookie(http_only=True, same_site="lax", secure=False)),
        ("sid=1; path=/; httponly; samesite=STRICT", SetCookie(http_only=True, same_site="strict", secure=False)),
        ("sid=1; Secure; SameSite", SetCookie(http_only=False, same_site="", secure=True)),
        ("sid=1", SetCookie(http_only=False, same_site="", secure=False)),
    ],
)
def test_attributes_are_read_however_they_are_spelled(said: str, read: SetCookie) -> None:
    assert jar_after(said) == {"sid": read}


def test_each_cookie_has_its_own() -> None:
    found = jar_after("sid=1; HttpOnly", "csrf=2")
    assert (found["sid"].http_only, found["csrf"].http_only) == (True, False)

"""Which pages may open a socket: exactly this host's, and those on the list."""

from __future__ import annotations

import pytest

from harness.reference.origin import same_site

HOST = "app.test:8080"


@pytest.mark.parametrize("origins", [(), (f"http://{HOST}",), ("https://friend.test",)])
def test_own_pages_listed_pages_and_clients_without_an_origin_are_let_in(origins: tuple[str, ...]) -> None:
    assert same_site(origins, hosts=(HOST,), scheme="http", allowed={"https://friend.test"})


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "file://",
        HOST,
        f"https://{HOST}",
        "http://app.test",
        "http://app.test:80801",
        "http://app.test:8081",
        f"http://{HOST}.evil.test",
        f"http://evil.{HOST}",
        f"http://{HOST}@evil.test",
        f"http://user@{HOST}",
        f"HTTP://{HOST}",
        "http://APP.test:8080",
        "http://аpp.test:8080",
        f"http://{HOST}/",
        f" http://{HOST}",
        f"http://{HOST}, http://{HOST}",
        "https://friend.test.evil.test",
    ],
)
def test_foreign_and_look_alike_pages_are_refused(origin: str) -> None:
    assert not same_site((origin,), hosts=(HOST,), scheme="http", allowed={"https://friend.test"})


def test_two_origins_or_two_hosts_are_refused() -> None:
    own = f"http://{HOST}"
    assert not same_site((own, own), hosts=(HOST,), scheme="http")
    assert not same_site((own,), hosts=(HOST, HOST), scheme="http")
    assert not same_site((own,), hosts=(), scheme="http")

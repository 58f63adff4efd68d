"""Heads: read, rewritten, written again."""

from __future__ import annotations

import pytest

from harness.faults.head import LIMIT_BYTES, Disguise, Head, split_head

_DISGUISE = Disguise("http://127.0.0.1:9", "http://127.0.0.1:8080")


def _head(first: str, *headers: tuple[str, str]) -> Head:
    return Head(first, headers)


def test_a_head_is_written_as_it_was_read() -> None:
    data = b"GET /x?y=1 HTTP/1.1\r\nHost: a\r\nx-ODD: \xe9\r\n\r\n"
    found = split_head(data + b"rest")
    assert found is not None
    head, rest = found
    assert head.dump() == data
    assert rest == b"rest"
    assert head.path == "/x"
    assert head.get("X-odd") == "\xe9"


def test_an_incomplete_head_is_waited_for() -> None:
    assert split_head(b"GET / HTTP/1.1\r\nHost: a\r\n") is None


@pytest.mark.parametrize(
    "data", [b"x" * (LIMIT_BYTES + 1), b"GET / HTTP/1.1\r\nno header here\r\n\r\n"], ids=["long", "no header"]
)
def test_what_is_no_head_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        split_head(data)


def test_an_upgrade_needs_both_headers() -> None:
    assert (
        _head("GET / HTTP/1.1", ("Connection", "keep-alive, Upgrade"), ("Upgrade", "WebSocket")).upgrade == "websocket"
    )
    assert _head("GET / HTTP/1.1", ("Upgrade", "websocket")).upgrade == ""


def test_headers_that_name_the_proxy_name_the_target_instead() -> None:
    head = _head(
        "POST /x HTTP/1.1",
        ("Host", "127.0.0.1:9"),
        ("Origin", "http://127.0.0.1:9"),
        ("Referer", "http://127.0.0.1:9/page"),
    )
    changed = _DISGUISE.request(head)
    assert [value for _, value in changed.headers] == [
        "127.0.0.1:8080", "http://127.0.0.1:8080", "http://127.0.0.1:8080/page"
    ]  # fmt: skip


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:99", "null"])
def test_a_foreign_origin_stays(origin: str) -> None:
    head = _head("GET /ws HTTP/1.1", ("Origin", origin), ("Referer", origin + "/x"))
    assert _DISGUISE.request(head) == head


def test_a_redirect_leads_back_through_the_proxy() -> None:
    def location(value: str) -> str | None:
        return _DISGUISE.answer(_head("HTTP/1.1 303 See Other", ("Location", value))).get("location")

    assert location("http://127.0.0.1:8080/x") == "http://127.0.0.1:9/x"
    assert location("http://127.0.0.1:80801/x") == "http://127.0.0.1:80801/x"
    assert location("/x") == "/x"


def test_the_status_of_nonsense_is_zero() -> None:
    assert _head("HTTP/1.1 204 No Content").status == 204
    assert _head("nonsense").status == 0

"""Heads: read, and written again as they came."""

from __future__ import annotations

import pytest

from harness.wire.head import LIMIT_BYTES, Head, read_answer, split_head


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


def test_headers_are_taken_off_put_on_and_replaced() -> None:
    head = _head("GET / HTTP/1.1", ("Host", "a"), ("X", "1"))
    assert head.without("host").headers == (("X", "1"),)
    assert head.with_header("x", "2").get("X") == "1, 2"
    assert head.replaced("host", "b").get("host") == "b"


def test_a_first_line_is_read_as_far_as_it_goes() -> None:
    assert (_head("PUT /a?b HTTP/1.1").method, _head("PUT /a?b HTTP/1.1").path) == ("PUT", "/a")
    assert (_head("PUT").method, _head("PUT").path) == ("PUT", "")


def test_a_head_is_read_with_its_headers_joined() -> None:
    head = read_answer(
        b"HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nsec-websocket-version: 8\r\n\r\nrest"
    )
    assert head is not None
    assert (head.status, head.get("Sec-WebSocket-Version"), head.get("other")) == (426, "13, 8", "")


@pytest.mark.parametrize(
    "data", [b"", b"HTTP/1.1 200 OK\r\n", b"nonsense\r\n\r\n", b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 x y\r\n\r\n"]
)
def test_what_is_no_whole_head_is_none(data: bytes) -> None:
    assert read_answer(data) is None


def test_the_status_of_nonsense_is_zero() -> None:
    assert _head("HTTP/1.1 204 No Content").status == 204
    assert _head("nonsense").status == 0

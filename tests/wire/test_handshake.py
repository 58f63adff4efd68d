"""A request is written as it is asked for."""

from __future__ import annotations

from harness.wire.handshake import Request, accept_for, listed, right_request


def test_the_accept_of_the_rfc() -> None:
    assert accept_for("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_a_right_request_is_that_of_a_page_of_the_site() -> None:
    request = right_request("http://127.0.0.1:8080", "/ws", cookie="s=1", subprotocols=("a", "b"))
    assert request.encode() == (
        b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Origin: http://127.0.0.1:8080\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Protocol: a, b\r\nCookie: s=1\r\n\r\n"
    )
    assert right_request("http://h", "/ws").get("Cookie") == ""


def test_headers_are_taken_off_put_on_and_replaced() -> None:
    request = Request("/", (("A", "1"), ("b", "2")))
    assert request.without("a").headers == (("b", "2"),)
    assert request.plus("A", "3").get("a") == "1, 3"
    assert request.having("B", "4").headers == (("A", "1"), ("B", "4"))


def test_a_list_is_read_without_parameters() -> None:
    assert listed("a; x=1, b,, ") == ("a", "b")
    assert listed("") == ()

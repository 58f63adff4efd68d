"""Heads that pass a proxy: what names it names the target, and the other way round."""

from __future__ import annotations

import pytest

from harness.faults.disguise import Disguise
from harness.wire.head import Head

_DISGUISE = Disguise("http://127.0.0.1:9", "http://127.0.0.1:8080")


def _head(first: str, *headers: tuple[str, str]) -> Head:
    return Head(first, headers)


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
    def location(value: str) -> str:
        return _DISGUISE.answer(_head("HTTP/1.1 303 See Other", ("Location", value))).get("location")

    assert location("http://127.0.0.1:8080/x") == "http://127.0.0.1:9/x"
    assert location("http://127.0.0.1:80801/x") == "http://127.0.0.1:80801/x"
    assert location("/x") == "/x"

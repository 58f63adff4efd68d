"""The routes over a real server: who may do what, what is refused, what a session's cookie looks like."""

from __future__ import annotations

import pytest

from harness.reference.settings import Settings
from tests.reference.running import running

pytestmark = pytest.mark.anyio


async def test_sign_in_and_sign_out_change_who_somebody_is() -> None:
    async with running() as server, server.browser() as browser:
        assert (await browser.get("/api/me")).json() == {"user": None}
        signed_in = await browser.post("/api/sign_in", json={"user": "ada"})
        assert signed_in.json()["user"] == {"id": 1, "name": "ada"}
        assert (await browser.get("/api/me")).json() == {"user": {"id": 1, "name": "ada"}}
        assert (await browser.post("/api/sign_out")).status_code == 200
        assert (await browser.get("/api/me")).json() == {"user": None}


async def test_two_sessions_of_one_user_have_different_identities() -> None:
    async with running() as server, server.browser() as browser:
        answers = [await browser.post("/api/sign_in", json={"user": "ada"}) for _ in range(2)]
        first, second = (answer.json()["identity"] for answer in answers)
        assert first != second
        assert {first.split(".")[0], second.split(".")[0]} == {"1"}


@pytest.mark.parametrize("secure", [False, True])
async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(secure: bool) -> None:  # noqa: FBT001
    async with running(Settings(secure_cookie=secure)) as server, server.browser() as browser:
        answer = await browser.post("/api/sign_in", json={"user": "ada"})
        cookie = answer.headers["set-cookie"].lower()
        assert cookie.startswith("onesocket_session=")
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert ("secure" in cookie) is secure


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"user": 1}', b"\xff", b'{"user":' + b"[" * 50_000])
async def test_a_body_that_cannot_be_read_is_a_400_that_tells_nothing(body: bytes) -> None:
    async with running() as server, server.browser() as browser:
        answer = await browser.post("/api/sign_in", content=body)
        assert answer.status_code == 400
        assert answer.json() == {"error": "the body is not the JSON object this route takes"}


async def test_nobody_signs_in_under_an_unknown_name() -> None:
    async with running() as server, server.browser("ada") as browser:
        assert (await browser.post("/api/sign_in", json={"user": "ADA"})).status_code == 401
        assert (await browser.get("/api/me")).json() == {"user": {"id": 1, "name": "ada"}}


@pytest.mark.parametrize("user", [None, "ada"])
async def test_only_an_admin_notifies_revokes_and_sees_the_admin_page(user: str | None) -> None:
    async with running() as server, server.browser(user) as browser:
        assert (await browser.post("/api/notify/1", json={"title": "x"})).status_code == 403
        assert (await browser.post("/api/revoke/1")).status_code == 403
        assert (await browser.get("/admin")).status_code == 403
        assert (await browser.post("/admin", data={"user_id": "1", "title": "x"})).status_code == 403


@pytest.mark.parametrize("user_id", ["01", "%201", "1%20", "+1", "-1", "1.0", "0", "null", "%D9%A1", "9" * 40, "1e0"])
async def test_what_is_not_a_plain_id_is_nobody(user_id: str) -> None:
    async with running() as server, server.browser("admin") as admin:
        assert (await admin.post(f"/api/notify/{user_id}", json={"title": "x"})).status_code == 404
        assert (await admin.post(f"/api/revoke/{user_id}")).status_code == 404


async def test_notifying_somebody_who_is_not_there_succeeds() -> None:
    async with running() as server, server.browser("admin") as admin:
        assert (await admin.post("/api/notify/999", json={"title": "x"})).status_code == 202


async def test_posts_are_kept_newest_first() -> None:
    async with running() as server, server.browser() as guest:
        for note in ("one", "<b>two</b>"):
            assert (await guest.post("/api/posts", json={"action": "created", "note": note})).status_code == 201
        assert (await guest.post("/api/posts", json={"action": "burnt"})).status_code == 400
        posts = (await guest.get("/api/posts")).json()["posts"]
        assert [post["note"] for post in posts] == ["<b>two</b>", "one"]


@pytest.mark.parametrize("path", ["/api/sign_in", "/api/sign_out", "/api/posts", "/sign_in", "/admin"])
async def test_a_foreign_page_changes_nothing(path: str) -> None:
    async with running() as server, server.browser("ada") as ada:
        answer = await ada.post(path, headers={"Origin": "http://127.0.0.1:1"}, json={})
        assert answer.status_code == 403
        assert (await ada.get("/api/me")).json()["user"] is not None


async def test_the_page_says_whose_it_is_and_may_be_kept_for_going_back() -> None:
    async with running() as server, server.browser() as browser:
        assert 'data-identity=""' in (await browser.get("/")).text
        moved = await browser.post("/sign_in", data={"user": "ada"})
        assert (moved.status_code, moved.headers["location"]) == (303, "/")
        page = await browser.get("/")
        assert 'data-identity="1.' in page.text
        assert "no-store" not in page.headers["cache-control"]


async def test_the_admin_page_sends_a_notification() -> None:
    async with running() as server, server.browser("admin") as admin:
        answer = await admin.post("/admin", data={"user_id": "1", "title": "hello"})
        assert "Sent to user 1." in answer.text
        assert (await admin.post("/admin", data={"title": "hello"})).status_code == 400


async def test_the_socket_path_answers_a_plain_request_with_a_4xx() -> None:
    async with running() as server, server.browser() as browser:
        assert (await browser.get("/ws")).status_code == 426
        assert (await browser.post("/ws")).status_code == 426
        assert (await browser.get("/client/onesocket.js")).headers["content-type"].startswith("text/javascript")


async def test_a_renewed_session_is_the_same_user_under_another_cookie() -> None:
    async with running() as server, server.browser() as browser:
        first = await browser.post("/api/sign_in", json={"user": "ada"})
        before = dict(browser.cookies)
        renewed = await browser.post("/api/session/rotate")
        assert renewed.json()["user"] == {"id": 1, "name": "ada"}
        assert renewed.json()["identity"] != first.json()["identity"]
        assert (await browser.get("/api/me")).json() == {"user": {"id": 1, "name": "ada"}}
        async with server.browser() as other:
            other.cookies.update(before)
            assert (await other.get("/api/me")).json() == {"user": None}


async def test_there_is_nothing_to_renew_for_a_guest() -> None:
    async with running() as server, server.browser() as browser:
        assert (await browser.post("/api/session/rotate")).status_code == 401


async def test_a_session_may_be_shorter_than_usual_and_never_longer() -> None:
    async with running(Settings(session_ttl_s=0.001)) as server, server.browser() as browser:
        await browser.post("/api/sign_in", json={"user": "ada", "ttl_s": 3600})
        assert (await browser.get("/api/me")).json() == {"user": None}
    async with running() as server, server.browser() as browser:
        await browser.post("/api/sign_in", json={"user": "ada", "ttl_s": 0.001})
        assert (await browser.get("/api/me")).json() == {"user": None}
        assert (await browser.post("/api/sign_in", json={"user": "ada", "ttl_s": 0})).status_code == 400

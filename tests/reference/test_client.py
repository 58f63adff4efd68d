"""The browser client in a real Chromium: one socket for every tab, through hand-overs, sign-ins and sign-outs."""

from __future__ import annotations

from collections.abc import Callable

import anyio
import pytest

from harness.reference.hub import UserId
from tests.reference.running import ECHO, POSTS
from tests.reference.tabs import CHROMIUM, Tabs, tabs, until

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH"),
]


async def test_three_tabs_share_one_socket_and_hear_and_say_everything_once() -> None:
    async with tabs(3) as three:
        assert three.hub.opened == 1
        for number in range(10):
            await three.post(f"n{number}.")
        await three.all_hear_once("n9.")
        for page in three.pages:
            notes = await page.evaluate(
                "c => realtime.received().filter(m => m.channel === c).map(m => m.data.note)", POSTS
            )
            assert notes == [f"n{number}." for number in range(10)]
        for number, page in enumerate(three.pages):
            await page.evaluate("([c, t]) => realtime.send(c, {message: t})", [ECHO, f"from {number}"])
            await three.all_hear_once(f"from {number}")
            assert sum(f"from {number}" in said for said in three.hub.said) == 1


async def test_tabs_closed_one_by_one_hand_over_and_leave_nothing() -> None:
    async with tabs(3) as three:
        while len(three.pages) > 1:
            await three.pages.pop(0).close()
            await three.settled()
            await three.post(f"left {len(three.pages)}")
            await three.all_hear_once(f"left {len(three.pages)}")
        assert three.hub.opened == 3
        await three.pages.pop().close()
        await until(lambda: _true(not three.hub.connections))


async def _true(value: bool) -> bool:  # noqa: FBT001
    return value


@pytest.mark.parametrize("who", [0, 1, 2])
async def test_sign_in_and_sign_out_in_any_tab_reconnect_once_for_all(who: int) -> None:
    async with tabs(3) as three:
        await three.pages[who].evaluate("realtime.signIn({user: 'ada'})")
        await three.settled()
        await three.notify(1, "secret")
        await three.all_hear_once("secret")
        assert three.hub.opened == 2
        await three.pages[who].evaluate("realtime.signOut()")
        await three.settled()
        await three.notify(1, "too late")
        await three.never_heard("too late")
        assert three.hub.opened == 3


@pytest.mark.parametrize("who", [0, 1])
async def test_sign_in_switch_and_sign_out_by_full_load_are_followed(who: int) -> None:
    async with tabs(2) as two:
        page = two.pages[who]
        for user, user_id in (("ada", 1), ("cyd", 11)):
            opened = two.hub.opened
            await page.click(f"form[action='/sign_in'] button[value={user}]")
            await two.settled()
            assert list(two.hub.connections_of(UserId(user_id)))
            await two.notify(user_id, f"for {user}")
            await two.all_hear_once(f"for {user}")
            assert two.hub.opened <= opened + 2
        await page.click("button[formaction='/sign_out']")
        await two.settled()
        await two.notify(11, "too late")
        await two.never_heard("too late")


async def test_a_leader_in_the_back_forward_cache_hands_over_and_comes_back() -> None:
    async with tabs(2) as two:
        away = two.pages.pop(0)
        await away.goto(f"{two.server.url}/health")
        await two.settled()
        await two.post("while away")
        await two.all_hear_once("while away")
        await away.evaluate("history.back()")
        two.pages.append(away)
        await two.settled()
        await two.post("both")
        await two.all_hear_once("both")


async def test_revocation_makes_every_tab_a_guest() -> None:
    async with tabs(2) as two:
        await two.pages[1].evaluate("realtime.signIn({user: 'ada'})")
        await two.settled()
        await two.admin.post("/api/revoke/1")
        await until(lambda: _true(not list(two.hub.connections_of(UserId(1)))))
        await two.settled()
        assert await two.pages[0].inner_text("[data-testid=user]") == "guest"


async def test_what_is_said_while_the_socket_is_down_goes_out_once_and_never_as_somebody_else() -> None:
    async with tabs(2) as two:
        two.hub.allowed_origins = frozenset()
        admits, two.hub.admits = two.hub.admits, lambda handshake: False  # type: ignore[method-assign]
        for connection in list(two.hub.connections.values()):
            two.hub.close(connection, 1013)
        await until(lambda: _state(two, 1, lambda state: state != 1))
        await two.pages[1].evaluate("c => realtime.send(c, {message: 'as guest'})", ECHO)
        await two.pages[0].close()
        two.pages.pop(0)
        await two.pages[0].evaluate("realtime.signIn({user: 'bob'})")
        await two.pages[0].evaluate("c => realtime.send(c, {message: 'as bob'})", ECHO)
        two.hub.admits = admits  # type: ignore[method-assign]
        await two.settled()
        await two.all_hear_once("as bob")
        assert [sum(text in said for said in two.hub.said) for text in ("as guest", "as bob")] == [0, 1]


async def _state(two: Tabs, page: int, wanted: Callable[[int], bool]) -> bool:
    return wanted(int(await two.pages[page].evaluate("realtime.readyState()")))


async def test_a_view_hears_only_while_it_is_mounted_and_markup_is_shown_as_text() -> None:
    async with tabs(2) as two:
        await two.pages[0].evaluate("c => realtime.unmount(c)", POSTS)
        await two.post("unseen")
        await until(lambda: _heard(two, 1, "unseen"))
        await two.pages[0].evaluate("c => { realtime.mount(c); realtime.mount(c); }", POSTS)
        await two.post("seen")
        await two.all_hear_once('"seen"')
        assert await two.heard(two.pages[0], "unseen") == 0
        await two.pages[1].evaluate("realtime.signIn({user: 'ada'})")
        await two.settled()
        await two.notify(1, "<img src=x onerror=alert(1)>")
        await two.all_hear_once("onerror")
        assert await two.pages[0].inner_text("[data-testid=toast]") == "<img src=x onerror=alert(1)>"


async def _heard(two: Tabs, page: int, text: str) -> bool:
    return await two.heard(two.pages[page], text) > 0


async def test_tabs_opened_at_once_share_one_socket() -> None:
    async with tabs(0) as eight:
        eight.pages.extend([await eight.context.new_page() for _ in range(8)])
        async with anyio.create_task_group() as group:
            for page in eight.pages:
                group.start_soon(page.goto, eight.server.url)
        await eight.settled()
        assert eight.hub.opened == 1


async def test_without_web_locks_every_tab_has_its_own_socket_and_shows_nothing_twice() -> None:
    async with tabs(0) as three:
        three.pages.extend([await three.context.new_page() for _ in range(3)])
        for page in three.pages:
            await page.goto(three.server.url.replace("127.0.0.1", "app.test"))
        assert await three.pages[0].evaluate("[isSecureContext, typeof navigator.locks]") == [False, "undefined"]
        await until(lambda: _all_are(three, None))
        await three.pages[0].evaluate("realtime.signIn({user: 'ada'})")
        await until(lambda: _all_are(three, UserId(1)))
        await three.notify(1, "secret")
        await three.all_hear_once("secret")
        await three.pages[2].evaluate("realtime.signOut()")
        await until(lambda: _all_are(three, None))
        await three.notify(1, "too late")
        await three.never_heard("too late")


async def _all_are(three: Tabs, user: UserId | None) -> bool:
    live = [connection.user_id for connection in three.hub.connections.values()]
    shown = [await page.evaluate("[window.realtime?.readyState(), window.realtime?.userId()]") for page in three.pages]
    return live == [user] * 3 and shown == [[1, user]] * 3

"""A leader that hangs is replaced; when it wakes up it closes its socket, and shows and sends nothing twice."""

from __future__ import annotations

import pytest

from tests.reference.running import ECHO
from tests.reference.tabs import CHROMIUM, Tabs, tabs, until

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH"),
]


async def robbed(three: Tabs, *, sockets: int) -> None:
    """Wait until another tab leads: its socket is there beside that of the tab that hangs."""

    async def is_so() -> bool:
        return three.hub.opened == sockets and [await state(three, number) for number in (1, 2)] == [1, 1]

    await until(is_so)


async def state(three: Tabs, number: int) -> int:
    return int(await three.pages[number].evaluate("realtime.readyState()"))


async def test_a_leader_that_hangs_is_replaced_and_becomes_a_follower() -> None:
    async with tabs(3) as three:
        await three.post("before.")
        await three.all_hear_once("before.")
        async with three.hung(three.pages[0]):
            await robbed(three, sockets=2)
            for number in range(3):
                await three.post(f"meanwhile {number}.")
            await until(lambda: heard_by_the_others(three, "meanwhile 2."))
        await three.settled()
        await three.post("after.")
        for text in ("before.", "meanwhile 0.", "meanwhile 1.", "meanwhile 2.", "after."):
            await three.all_hear_once(text)
        assert three.hub.opened == 2


async def heard_by_the_others(three: Tabs, text: str) -> bool:
    return all([await three.heard(page, text) == 1 for page in three.pages[1:]])


async def test_what_is_said_while_the_leader_hangs_goes_out_once() -> None:
    async with tabs(3) as three:
        async with three.hung(three.pages[0]):
            await three.pages[1].evaluate("c => realtime.send(c, {message: 'still there?'})", ECHO)
            await robbed(three, sockets=2)
        await three.settled()
        await three.all_hear_once("still there?")
        await three.pages[0].evaluate("c => realtime.send(c, {message: 'back again'})", ECHO)
        await three.all_hear_once("back again")
        assert [sum(text in said for said in three.hub.said) for text in ("still there?", "back again")] == [1, 1]


async def test_a_sign_out_while_the_leader_hangs_is_followed_before_it_shows_anything() -> None:
    async with tabs(2) as two:
        await two.pages[1].evaluate("realtime.signIn({user: 'ada'})")
        await two.settled()
        sockets = two.hub.opened
        async with two.hung(two.pages[0]):
            await two.pages[1].evaluate("realtime.signOut()")
            await two.notify(1, "too late")
            await until(lambda: shows_a_guest(two, sockets + 1))
        await two.settled()
        await two.never_heard("too late")


async def shows_a_guest(two: Tabs, sockets: int) -> bool:
    shown = await two.pages[1].evaluate("[realtime.readyState(), realtime.userId()]")
    return two.hub.opened == sockets and shown == [1, None]


async def test_a_tab_that_opens_while_the_leader_hangs_is_led() -> None:
    async with tabs(1) as one:
        async with one.hung(one.pages[0]):
            one.pages.append(await one.context.new_page())
            await one.pages[1].goto(one.server.url)
            await until(lambda: opened(one))
        await one.settled()
        await one.post("both.")
        await one.all_hear_once("both.")


async def opened(one: Tabs) -> bool:
    return bool(await one.pages[1].evaluate("window.realtime?.readyState() === 1"))


async def test_a_short_hang_costs_nothing() -> None:
    async with tabs(2) as two:
        async with two.hung(two.pages[0]):
            await two.post("meanwhile.")
        await two.all_hear_once("meanwhile.")
        assert two.hub.opened == 1


async def test_tabs_of_another_version_of_the_application_keep_apart() -> None:
    async with tabs(2) as two:
        newer = "const { createSharedSocket } = await import('/client/onesocket.js')"
        await two.pages[1].evaluate(
            f"async () => {{ {newer}; window.newer = createSharedSocket({{ version: '2' }}); }}"
        )
        await until(lambda: leads_its_own(two))
        await two.post("once.")
        await two.all_hear_once("once.")


async def leads_its_own(two: Tabs) -> bool:
    return two.hub.opened == 2 and bool(await two.pages[1].evaluate("newer.readyState === 1"))

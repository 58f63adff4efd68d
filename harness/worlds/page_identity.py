"""Who real browsers are changes without a hook: by a full page load, a revocation, time, or cookies that are gone.

Records what was asked and answered; judges nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

import anyio

from harness.errors import CapabilityMissing, ControlFailed
from harness.history import Revoked, Revoking, SessionExpired, SessionExpiring
from harness.plan import ClearCookies, Expire, Revoke, SignInByLoad, SignInForAWhile, SignOutByLoad
from harness.targets.capability import Expiry, expiry_of
from harness.targets.control import Answer, Control, user_values
from harness.worlds.page_browser import PageBrowser
from harness.worlds.page_session import PageSession
from harness.worlds.page_settle import look_at_all
from harness.worlds.page_tab import POLL_S, PageTab
from harness.worlds.wire_identity import LONGEST_TTL_S
from harness.worlds.world import Recorder

NOBODY = "nobody is signed in"


class PageIdentity:
    """The sessions of the browsers of one plan, as far as no hook of a page begins or ends them."""

    def __init__(self, recorder: Recorder, control: Control) -> None:
        self._recorder = recorder
        self._control = control
        self._target = recorder.target

    async def load_as(
        self, step: SignInByLoad | SignInForAWhile | SignOutByLoad, browser: PageBrowser, tab: PageTab
    ) -> None:
        """Sign in or out with the browser's cookies, then load the tab.

        Raises:
            ControlFailed: it was refused.
        """
        user = None if isinstance(step, SignOutByLoad) else self._recorder.user_name(step.user)
        expiry = self._expiry() if isinstance(step, SignInForAWhile) else None
        await look_at_all([browser])
        browser.identity_changing(
            user,
            action=expiry.sign_in if expiry is not None else None,
            lasts_s=expiry.ttl_s if expiry is not None else None,
        )
        answer: Answer | None = None
        try:
            answer = await self._ask(browser, user, expiry)
        finally:
            browser.identity_changed(ok=answer is not None and answer.ok)
        if not answer.ok:
            raise ControlFailed(
                f"{'the sign-in' if user else 'the sign-out'} was answered with {answer.status}",
                where=answer.url,
                todo="check [users], [sign_in] and [sign_out] with: onesocket doctor",
            )
        await tab.load(again=True, how="full load")
        browser.disturb("identity")

    async def clear_cookies(self, _: ClearCookies, browser: PageBrowser) -> str | None:
        """Clear them."""
        if browser.context is None or browser.user is None:
            return NOBODY
        browser.cookies_cleared()
        await browser.context.clear_cookies()
        return None

    async def expire(self, _: Expire, browser: PageBrowser) -> str | None:
        """Wait until the time of the browser's session is over."""
        if browser.user is None:
            return NOBODY
        recorder, ttl_s = self._recorder, self._expiry().ttl_s
        recorder.record(SessionExpiring(at_s=recorder.now(), browser=browser.name))
        with anyio.move_on_after(ttl_s):
            while True:
                await look_at_all([browser])
                await anyio.sleep(POLL_S)
        recorder.record(SessionExpired(at_s=recorder.now(), browser=browser.name))
        browser.session_over()
        return None

    async def revoke(self, step: Revoke, browsers: Mapping[str, PageBrowser]) -> None:
        """Have the server end all sessions of a user.

        Raises:
            ControlFailed: it was refused.
        """
        recorder, user = self._recorder, self._recorder.user_name(step.user)
        await look_at_all(browsers.values())
        recorder.record(Revoking(at_s=recorder.now(), user=user))
        answer = await self._control.revoke(user)
        recorder.record(Revoked(at_s=recorder.now(), user=user, ok=answer.ok))
        if not answer.ok:
            raise ControlFailed(
                f"the revocation was answered with {answer.status}",
                where=answer.url,
                todo="check [capabilities] revoke in the target file",
            )
        for browser in browsers.values():
            if browser.user == user:
                browser.session_over()

    async def _ask(self, browser: PageBrowser, user: str | None, expiry: Expiry | None) -> Answer:
        assert browser.context is not None
        async with PageSession(self._target, base_url=browser.proxy.url, requests=browser.context.request) as session:
            if user is None:
                return await session.sign_out()
            if expiry is not None and expiry.sign_in is not None:
                values = user_values(user, self._target.users[user])
                return await session.request(expiry.sign_in, key="capabilities.expiry", values=values)
            return await session.sign_in(user)

    def _expiry(self) -> Expiry:
        expiry = expiry_of(self._target)
        if expiry is None or expiry.ttl_s > LONGEST_TTL_S:
            raise CapabilityMissing(
                f"its sessions live longer than {LONGEST_TTL_S:g} s",
                where="[capabilities] expiry",
                todo="declare a sign-in whose session ends sooner, to see one end",
            )
        return expiry

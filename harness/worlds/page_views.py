"""The views of tabs: mounted and unmounted through the page's hooks, and what a text that is markup became there.

Records; judges nothing. A view is never mounted twice: what a page makes of that is its own matter.
"""

from __future__ import annotations

from collections.abc import Sequence

import anyio

from harness.history import MarkupLookedFor, SameBroadcast, ViewChanged, ViewChanging
from harness.plan import LookForMarkup, MountView, SendMarkup, ToggleView, UnmountView
from harness.plan.views import MARKUP
from harness.targets.control import Control
from harness.worlds.lag import LagMeter
from harness.worlds.page_settle import MOST_LATE_S
from harness.worlds.page_tab import POLL_S, PageTab
from harness.worlds.world import Recorder, publish

PATIENCE = 2
"""So many times as long as is promised equal messages are waited for: of these late cannot be told from lost."""
NO_HOOKS = "the page offers no mount and unmount"


class PageViews:
    """The views in the tabs of one plan; those that are not named are as the page has them: mounted."""

    def __init__(self, recorder: Recorder, control: Control, lag: LagMeter) -> None:
        self._recorder = recorder
        self._control = control
        self._lag = lag

    async def send_markup(self, step: SendMarkup) -> None:
        """Have the server send it."""
        await publish(self._recorder, self._control, to=self._recorder.user_name(step.user), text=MARKUP)

    async def broadcast_same(self, tabs: Sequence[PageTab], *, times: int) -> None:
        """Have the server broadcast one text so many times, and record what each tab was handed of it in its time.

        Of a tab that does not answer by then it is not known.
        """
        recorder = self._recorder
        token, model = recorder.token(), recorder.model

        def came_to(tab: PageTab) -> tuple[int, int]:
            life = model.tabs[tab.id]
            came = [len(model.delivered(each.id, token)) for each in model.browser(life.browser).connections]
            return max(came, default=0), len(model.delivered(life.key, token))

        told = [tab for tab in tabs if tab.tells]
        for _ in range(times):
            await self._control.broadcast(token)
        begin_s, late_s, promise_s = recorder.now(), self._lag.total_s, recorder.target.promises.delivery_s

        def lasts_s() -> float:
            return PATIENCE * promise_s + min(self._lag.total_s - late_s, MOST_LATE_S)

        while any(came_to(tab) != (times, times) for tab in told) and recorder.now() < begin_s + lasts_s():
            await anyio.sleep(POLL_S)
            for tab in told:
                await tab.look(old_too=True)
        for tab in told:
            came, handed = came_to(tab)
            if handed < times and tab.answered_s < begin_s + promise_s:
                continue
            recorder.record(SameBroadcast(at_s=recorder.now(), tab=tab.id, times=times, came=came, handed=handed))

    async def perform(self, step: MountView | UnmountView | ToggleView | LookForMarkup, tab: PageTab) -> str | None:
        """Carry out one step on its tab; the note says why it was left out."""
        await tab.look()
        if isinstance(step, LookForMarkup):
            return await self._look_for_markup(tab)
        target = self._recorder.target
        channel = {
            "broadcasts": target.broadcast.channel,
            "private messages": target.send_to_user.channel,
            "echoes": target.echo.channel,
        }[step.what]
        times = step.times if isinstance(step, ToggleView) else 1
        is_mounted = channel not in tab.unmounted
        if isinstance(step, MountView) and is_mounted:
            return "it is mounted"
        if isinstance(step, UnmountView) and not is_mounted:
            return "it is not mounted"
        if not await tab.offers("mount", "unmount"):
            return NO_HOOKS
        ends_mounted = is_mounted if times % 2 == 0 else not is_mounted
        at_s = self._recorder.now()
        self._recorder.record(ViewChanging(at_s=at_s, tab=tab.id, channel=channel, mounted=ends_mounted, times=times))
        for _ in range(times):
            await tab.call("unmount" if is_mounted else "mount", channel)
            is_mounted = not is_mounted
        (tab.unmounted.discard if is_mounted else tab.unmounted.add)(channel)
        looked = await tab.look() is not None
        self._recorder.record(ViewChanged(at_s=self._recorder.now(), tab=tab.id, channel=channel, looked=looked))
        return None

    async def _look_for_markup(self, tab: PageTab) -> str | None:
        found = await tab.markup()
        if found is None:
            return "the page does not answer"
        shown, rendered, ran = found
        self._recorder.record(
            MarkupLookedFor(at_s=self._recorder.now(), tab=tab.id, shown=shown, rendered=rendered, ran=ran)
        )
        return None

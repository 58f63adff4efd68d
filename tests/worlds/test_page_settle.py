"""When browsers count as at rest: a tab that still names the user of before has time to hear of the new one."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import anyio
import pytest

from harness.history import BrowserSettled
from harness.targets.file import Target, parse_target
from harness.worlds.page_browser import PageBrowser
from harness.worlds.page_call import Look
from harness.worlds.page_settle import QUIET_S, Settling

TARGET: Target = parse_target(
    {
        "name": "t",
        "url": "http://127.0.0.1:1",
        "users": {"ada": {"id": 1}, "bob": {"id": 2}},
        "sign_in": {"path": "/in"},
        "sign_out": {"path": "/out"},
        "echo": {"channel": "e", "send": {"text": "{text}"}, "receive": {"text": "{text}"}},
        "broadcast": {"channel": "b", "path": "/b", "json": {"text": "{text}"}, "receive": {"text": "{text}"}},
        "send_to_user": {"channel": "s", "path": "/s", "json": {"text": "{text}"}, "receive": {"text": "{text}"}},
        "promises": {"failover_s": 2.0, "reconnect_s": 4.0},
    },
    where="test_page_settle",
)
SECOND_LOOK_S = 10.0


async def no_sentinel() -> None:
    """Nothing is published here."""


def rests(user: str | None, *said: str | None, quiet_for_s: float = 1.0, asks: bool = True) -> bool:
    """Return whether a browser is at rest that is `user`, whose tabs are open and say that it is `said`."""
    tabs = [SimpleNamespace(last=Look(hooked=True, state=1, asks=asks, user=each)) for each in said]
    browser = SimpleNamespace(
        user=user, open_tabs=tabs, away_tabs=[], ready_tabs=len(tabs), limited="", may_stay_down=False,
        proxy=SimpleNamespace(live=[1]), follows_identity=True, quiet_since_s=SECOND_LOOK_S - quiet_for_s,
    )  # fmt: skip
    recorder = SimpleNamespace(target=TARGET, now=lambda: SECOND_LOOK_S)
    settling = Settling(
        [], recorder=cast(Any, recorder), lag=cast(Any, SimpleNamespace(total_s=0.0)), sentinel=no_sentinel
    )
    return settling._rests(cast(PageBrowser, browser), SECOND_LOOK_S)  # the one thing that is asked here


@pytest.mark.parametrize(
    ("user", "said"), [("ada", "1"), (None, None), ("ada", None), ("ada", "somebody"), (None, "x")]
)
def test_tabs_that_name_no_other_known_user_are_at_rest(user: str | None, said: str | None) -> None:
    assert rests(user, said, said)
    assert not rests(user, said, said, quiet_for_s=QUIET_S / 2)


@pytest.mark.parametrize("user", ["bob", None])
def test_a_tab_that_names_another_has_time_to_hear(user: str | None) -> None:
    number = "2" if user else None
    assert not rests(user, number, "1")
    assert rests(user, number, "1", quiet_for_s=TARGET.promises.failover_s + 0.1)
    assert rests(user, number, "1", asks=False)


def settled(*, came_to_rest: bool, begins_s: float, unrest_until_s: float | None) -> BrowserSettled:
    """Return what is recorded at 9 s of a browser whose tab was closed at 1 s, for which it has 2 s."""
    found: list[BrowserSettled] = []
    browser = SimpleNamespace(
        name="a", cause="close", user=None, open_tabs=[], away_tabs=[], ready_tabs=0, limited="", deaf=(),
        disturbed_s=1.0, came_to_rest=came_to_rest, proxy=SimpleNamespace(live=[1]), follows_identity=True,
        restarted=False, say_ready=bool,
    )  # fmt: skip
    times_s = iter([begins_s, 9.0])
    recorder = SimpleNamespace(target=TARGET, now=lambda: next(times_s), record=found.append)
    settling = Settling(
        [], recorder=cast(Any, recorder), lag=cast(Any, SimpleNamespace(total_s=0.0)), sentinel=no_sentinel
    )
    if unrest_until_s is not None:
        settling._unrest_s["a"] = unrest_until_s  # when the last look began that found it otherwise
    settling._record_settled(cast(PageBrowser, browser), waited=True)
    (event,) = found
    return event


@pytest.mark.parametrize(("unrest_until_s", "overdue_s"), [(4.0, 1.0), (3.0, 0.0), (None, 0.0)])
def test_what_looking_takes_is_not_overdue(unrest_until_s: float | None, overdue_s: float) -> None:
    assert settled(came_to_rest=False, begins_s=1.0, unrest_until_s=unrest_until_s).overdue_s == overdue_s


def test_what_has_rested_since_is_not_overdue_for_what_was_before() -> None:
    event = settled(came_to_rest=True, begins_s=8.0, unrest_until_s=8.5)
    assert event.waited_s == pytest.approx(1.0 - QUIET_S)
    assert event.overdue_s == 0.0


class Slow:
    """A tab that never says OPEN, and answers every `of`th look only."""

    def __init__(self, number: int, now: Callable[[], float], *, of: int) -> None:
        self.id, self.url, self._looks, self._of, self._now = f"a/{number}", "", number, of, now
        self.last: Look | None = None
        self.looked_s = self.answered_s = 0.0
        self.documents, self.lacks_hooks = 0, False

    def say_ready(self) -> None:
        """Nothing is recorded of its state here."""

    async def look(self, *, old_too: bool) -> None:
        assert old_too
        self._looks += 1
        answers = self._looks % self._of == 0
        self.last = Look(hooked=True, state=0, asks=True, user=None) if answers else None
        if answers:
            self.looked_s = self.answered_s = self._now()


@pytest.mark.parametrize(
    ("of", "late_share", "judged"),
    [
        pytest.param(2, 0.0, True, id="tabs that never answer at the same time, and each answers"),
        pytest.param(1, 0.0, True, id="tabs that answer"),
        pytest.param(1, 0.9, False, id="a machine that stalls nearly all the time"),
    ],
)
@pytest.mark.anyio
async def test_a_browser_that_never_rests_is_judged_in_the_end_unless_the_time_was_ours(
    of: int, late_share: float, *, judged: bool
) -> None:
    clock = iter(range(1_000_000))
    found: list[Any] = []
    recorder: Any = SimpleNamespace(target=TARGET, now=lambda: next(clock) * 0.5, record=found.append)
    browser: Any = SimpleNamespace(
        name="a", cause="open", user=None, limited="", hindered=False, gave_up=False, may_stay_down=False, bypass=None,
        sockets_seen=1, came_to_rest=False, disturbed_s=0.0, quiet_since_s=0.0, unproved_since_s=None, deaf=(),
        away_tabs=[], ready_tabs=0, follows_identity=True, restarted=False, say_ready=bool,
        proxy=SimpleNamespace(live=[]), open_tabs=[Slow(number, recorder.now, of=of) for number in (1, 2)],
    )  # fmt: skip

    class Lag:
        @property
        def total_s(self) -> float:
            return float(recorder.now()) * late_share

    with anyio.fail_after(10.0):
        settling = Settling([browser], recorder=recorder, lag=cast(Any, Lag()), sentinel=no_sentinel)
        assert not await settling._wait_for_rest()
    assert browser.gave_up == judged
    assert [each.live_sockets for each in found] == ([0] if judged else [])

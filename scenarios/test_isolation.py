"""Users and guests come and go, sign in and out, keep old sockets, on several browsers each; messages in between.

One state machine draws the steps; whatever their order, a private message reaches its user and nobody else.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from harness.plan import (
    ROLES,
    Broadcast,
    BrowserId,
    Close,
    Drop,
    Echo,
    Open,
    SendToLookAlikes,
    SendToUser,
    Settle,
    SignIn,
    SignOut,
    Step,
    Tab,
)
from harness.searching import quick

if TYPE_CHECKING:
    from harness.pytest_plugin import Conform

PROVES = ("BC-1", "ISO-1", "ISO-2", "ISO-3", "ISO-5", "ID-1", "ID-2", "ID-3", "ORD-1", "ORD-2")
BROWSERS = st.sampled_from([Tab(BrowserId(name)) for name in "abcd"])
GUEST, CONTROL = Tab(BrowserId("g")), Tab(BrowserId("z"))
"""A guest that never signs in, and a browser that stays signed in.

Who a leak would reach, and proof that sending works.
"""


def test_a_private_message_reaches_its_user_alone(conform: Conform) -> None:
    roles = st.sampled_from(ROLES[: len(conform.laboratory.target.ordinary_users)])

    class Isolation(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self._exit = contextlib.ExitStack()
            self._stage = self._exit.enter_context(conform.laboratory.stage("isolation", world="wire"))
            for step in (Open(GUEST), SignIn(CONTROL, "ada"), Open(CONTROL), Settle()):
                self._do(step)

        def _do(self, step: Step) -> None:
            self._stage.perform(step)

        @rule(tab=BROWSERS)
        def open(self, tab: Tab) -> None:
            self._do(Open(tab))

        @rule(tab=BROWSERS)
        def close(self, tab: Tab) -> None:
            self._do(Close(tab))

        @rule(tab=BROWSERS)
        def crash(self, tab: Tab) -> None:
            self._do(Drop(tab))

        @rule(tab=BROWSERS, role=roles)
        def sign_in(self, tab: Tab, role: str) -> None:
            self._do(SignIn(tab, role))

        @rule(tab=BROWSERS, keep=st.booleans())
        def sign_out(self, tab: Tab, *, keep: bool) -> None:
            self._do(SignOut(tab, keep_socket=keep))

        @rule(tab=BROWSERS, times=st.integers(1, 3))
        def broadcast(self, tab: Tab, times: int) -> None:
            self._do(Broadcast(times, tab))

        @rule(role=roles, times=st.integers(1, 3))
        def send_to_user(self, role: str, times: int) -> None:
            self._do(SendToUser(role, times))

        @rule(role=roles)
        def send_to_look_alikes(self, role: str) -> None:
            self._do(SendToLookAlikes(role))

        @rule(tab=BROWSERS, times=st.integers(1, 3))
        def echo(self, tab: Tab, times: int) -> None:
            self._do(Echo(tab, times))

        @rule()
        def settle(self) -> None:
            self._do(Settle())

        def teardown(self) -> None:
            with self._exit:
                conform.judge(self._stage.finish(summary=str(__doc__).splitlines()[0], proves=PROVES))

    run_state_machine_as_test(Isolation, settings=quick(conform.examples(15), steps=conform.steps(25)))

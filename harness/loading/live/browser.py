"""The sessions behind connections: one a user that many share, or a browser's own that signs in and out.

Knows HTTP through the target file; nothing of sockets.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import anyio

from harness.errors import ControlFailed
from harness.targets.control import Answer, Session
from harness.targets.file import Target


@dataclass(slots=True)
class _Cookie:
    """A user's cookie header, got at `got_s` by the first connection that needs it while the others wait."""

    lock: anyio.Lock = field(default_factory=anyio.Lock)
    header: str | None = None
    got_s: float = -math.inf


class Cookies:
    """The session of each user, made when it is first needed."""

    def __init__(self, target: Target, *, base_url: str, clock: Callable[[], float]) -> None:
        self._target = target
        self._base_url = base_url
        self._clock = clock
        self._cookies = {name: _Cookie() for name in target.ordinary_users}

    async def header(self, user: str, *, since_s: float = 0.0) -> str | None:
        """Return the Cookie header of a session of `user` that is not older than `since_s`.

        Raises:
            ControlFailed: the sign-in was refused.
            TargetUnreachable: nothing answers.
        """
        cookie = self._cookies[user]
        async with cookie.lock:
            if cookie.got_s < since_s:
                async with Session(self._target, base_url=self._base_url) as session:
                    accepted(await session.sign_in(user), what=f"the sign-in of {user!r}")
                    cookie.header, cookie.got_s = session.cookie_header, self._clock()
        return cookie.header


class Browser:
    """A cookie jar of its own. `user` is who is signed in, empty for nobody; `unsure` after a request that failed."""

    def __init__(self, target: Target, *, base_url: str) -> None:
        self.user = ""
        self.unsure = False
        self._session = Session(target, base_url=base_url)

    @property
    def cookie(self) -> str:
        """What the next handshake carries; empty when there is no cookie."""
        return self._session.cookie_header or ""

    async def sign_in(self, user: str) -> None:
        """Become `user`.

        Raises:
            ControlFailed: the sign-in was refused.
            TargetUnreachable: nothing answers.
        """
        self.unsure = True
        accepted(await self._session.sign_in(user), what=f"the sign-in of {user!r}")
        self.user, self.unsure = user, False

    async def sign_out(self) -> None:
        """Become a guest.

        Raises:
            ControlFailed: the sign-out was refused.
            TargetUnreachable: nothing answers.
        """
        self.user, self.unsure = "", True
        accepted(await self._session.sign_out(), what="the sign-out")
        self.unsure = False

    async def aclose(self) -> None:
        """Forget the cookies."""
        await self._session.aclose()


def accepted(answer: Answer, *, what: str) -> None:
    """Raise `ControlFailed` unless the target said yes."""
    if not answer.ok:
        raise ControlFailed(
            f"{what} was answered with {answer.status}", where=answer.url,
            todo="check [users], [sign_in] and [sign_out] with: onesocket doctor",
        )  # fmt: skip

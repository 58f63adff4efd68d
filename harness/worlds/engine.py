"""The browser engines, and what each cannot be made to do: that is not tried there, and said.

Knows no Playwright.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from harness.plan import Drop, Freeze, Hang, KillBrowser, Plan, PostGarbage, Sleep, Step, UseInsecureOrigin

EngineName: TypeAlias = Literal["chromium", "firefox", "webkit", "webkitgtk"]
ENGINES: tuple[EngineName, ...] = get_args(EngineName)


@dataclass(frozen=True, slots=True)
class _Missing:
    """A sort of step, and what is not there for it."""

    step: type[Step]
    why: str


_ONLY_CHROMIUM = (
    _Missing(Drop, "crash a tab"),
    _Missing(Freeze, "freeze a tab"),
    _Missing(Hang, "stop a tab's scripts"),
    _Missing(KillBrowser, "be killed and started again"),
)


_ONLY_PLAYWRIGHT = (
    _Missing(Sleep, "move a page's clock on"),
    _Missing(PostGarbage, "list the channels between tabs"),
)
_NOT_WEBKIT = (_Missing(UseInsecureOrigin, "take the loopback address for an insecure origin"),)
_LACKING: dict[EngineName, tuple[_Missing, ...]] = {
    "chromium": (),
    "firefox": _ONLY_CHROMIUM,
    "webkit": (*_ONLY_CHROMIUM, *_NOT_WEBKIT),
    "webkitgtk": (*_ONLY_CHROMIUM, *_ONLY_PLAYWRIGHT, *_NOT_WEBKIT),
}
"""`webkit` is Playwright's own; `webkitgtk` is a distribution's, by way of its WebDriver."""


def can(engine: EngineName, step: type[Step]) -> bool:
    """Tell whether `engine` can be made to do what steps of this type ask for."""
    return all(missing.step is not step for missing in _LACKING[engine])


def lack_of(engine: EngineName, plan: Plan) -> str:
    """Return what `engine` cannot do of what the plan asks for, "" when it can do all of it."""
    return next(
        (
            f"{engine} cannot be made to {missing.why}"
            for missing in _LACKING[engine]
            if any(isinstance(step, missing.step) for step in plan.each_step)
        ),
        "",
    )


def told_apart(test: str, engine: EngineName) -> str:
    """Return the name of a test as it is in a run of several engines; Chromium's are those of every run."""
    return test if engine == "chromium" else f"{test} [{engine}]"

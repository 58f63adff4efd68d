"""Events of the target's process."""

from __future__ import annotations

from typing import TypeAlias

from harness.history.event import Event


class TargetRestarting(Event, frozen=True, kw_only=True, tag="target_restarting"):
    """It is ended and started again. `died` is the code with which it had ended by itself before, `output` its last."""

    kill: bool
    died: int | None = None
    output: tuple[str, ...] = ()


class TargetStopped(Event, frozen=True, kw_only=True, tag="target_stopped"):
    """The process that was told to stop is gone; `killed` when it had to be, `code` is how it ended."""

    code: int | None
    waited_s: float
    killed: bool = False


class TargetRestarted(Event, frozen=True, kw_only=True, tag="target_restarted"):
    pass


class TargetDied(Event, frozen=True, kw_only=True, tag="target_died"):
    """The process ended by itself, during `step`; `proves` is what its plan was to show, `output` what it last said."""

    code: int | None
    last_line: str = ""
    step: str = ""
    proves: tuple[str, ...] = ()
    output: tuple[str, ...] = ()


ServerEvent: TypeAlias = TargetRestarting | TargetStopped | TargetRestarted | TargetDied

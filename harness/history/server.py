"""Events of the target's process."""

from __future__ import annotations

from typing import TypeAlias

from harness.history.event import Event


class TargetRestarting(Event, frozen=True, kw_only=True, tag="target_restarting"):
    kill: bool


class TargetRestarted(Event, frozen=True, kw_only=True, tag="target_restarted"):
    pass


ServerEvent: TypeAlias = TargetRestarting | TargetRestarted

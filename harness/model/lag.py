"""How late our own machine was between two times: not the target's to answer for."""

from __future__ import annotations

from harness.history import Lag
from harness.model.model import Model


def lag_between(model: Model, start_s: float, end_s: float) -> float:
    """Return by how many seconds our machine was late between two times of the history."""
    return sum(event.lag_s for moment, event in model.facts(Lag) if start_s <= moment.at_s <= end_s)

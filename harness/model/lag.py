"""How late our own machine was between two times: not the target's to answer for."""

from __future__ import annotations

from harness.history import Lag
from harness.model.model import Model


def lag_between(model: Model, start_s: float, end_s: float) -> float:
    """Return by how many seconds our machine was late between two times of the history.

    A lateness is told when it is over. Of one that is told after `end_s` counts what had passed by then.
    """
    lags = [(moment.at_s, event.lag_s) for moment, event in model.facts(Lag) if start_s <= moment.at_s]
    return sum(lag_s if at_s <= end_s else max(0.0, end_s - max(start_s, at_s - lag_s)) for at_s, lag_s in lags)

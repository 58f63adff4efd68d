"""How Hypothesis searches in our suites: no database and no deadline, so that one seed means one set of plans.

Shrinking is left out where the oracle's own (worlds.shrink) explains a finding faster.
"""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings


def quick(examples: int, *, steps: int = 30) -> settings:
    """Return settings for `examples` examples, of at most `steps` steps where a state machine draws them."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=False,
        print_blob=False,
        phases=(Phase.generate,),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )

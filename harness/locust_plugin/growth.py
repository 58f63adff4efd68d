"""The number of users over time, for Locust: `-u` is the most there will be, `-t` how long it takes."""

from __future__ import annotations

from locust import LoadTestShape

from harness.loading.shape import users_at
from harness.locust_plugin.shared import scenario_of

SPAWNED_A_SECOND = 200.0


class Growth(LoadTestShape):
    """Users as the scenario's shape has them. `finished` is whether the run came to its end by itself."""

    abstract = True
    use_common_options = True
    finished = False

    def reset_time(self) -> None:
        """Begin again."""
        self.finished = False
        super().reset_time()  # type: ignore[no-untyped-call] # Locust has no types for it

    def tick(self) -> tuple[int, float] | None:
        """Return how many users there are to be, and how many may come a second; None at the end."""
        if self.runner is None:
            return None
        options = self.runner.environment.parsed_options
        scenario, knobs = scenario_of(self.runner.environment)
        users = users_at(
            self.get_run_time(),  # type: ignore[no-untyped-call] # Locust has no types for it
            shape=scenario.shape,
            users=(options and options.num_users) or scenario.users,
            duration_s=(options and options.run_time) or scenario.duration_s,
            steps=knobs.steps,
        )
        if users is None:
            self.finished = True
            return None
        return users, (options and options.spawn_rate and max(options.spawn_rate, 1.0)) or SPAWNED_A_SECOND

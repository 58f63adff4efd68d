"""The deadlines that the model and the checks measure with, as far as they need them.

The target file's have these names.
"""

from __future__ import annotations

from typing import Protocol


class Promises(Protocol):
    """Seconds, from the target file's `[promises]`."""

    @property
    def failover_s(self) -> float: ...
    @property
    def reconnect_s(self) -> float: ...
    @property
    def sign_out_s(self) -> float: ...
    @property
    def revoke_s(self) -> float: ...
    @property
    def delivery_s(self) -> float: ...
    @property
    def stop_s(self) -> float: ...
    @property
    def half_open_s(self) -> float | None: ...
    @property
    def slow_reader_s(self) -> float | None: ...

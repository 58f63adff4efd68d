"""A word on the line of the test that is running, for those who wait: a smallest story takes minutes in browsers."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from harness.checks.finding import Finding


def say_what_was_found(config: Any, findings: Sequence[Finding]) -> None:
    """Say under -v what the running test found, and what it is at now; `config` is pytest's."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    capturing = config.pluginmanager.get_plugin("capturemanager")
    if reporter is None or config.get_verbosity() < 1:
        return
    names = ", ".join(dict.fromkeys(each.requirement for each in findings))
    with capturing.global_and_fixture_disabled() if capturing else contextlib.nullcontext():
        reporter.write(f"(found {names}, looking for the smallest story) ", flush=True)

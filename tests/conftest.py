"""Fixtures that all tests of the harness share."""

from __future__ import annotations

import signal

import pytest

# A shell that runs this in the background has SIGINT ignored, and every child would inherit that: the tests that
# interrupt a run as its user does need the children to hear it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"

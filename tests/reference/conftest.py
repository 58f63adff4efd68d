"""What the tests of the reference share: a server in this event loop, and one with Redis behind it."""

from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"

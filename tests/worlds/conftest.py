"""What the tests of pages share: one Chromium a module, a Firefox, and no long wait for what never answers."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from harness.errors import UsageError
from harness.worlds import page_call
from harness.worlds.chromium import chromium
from harness.worlds.engine_launch import find_firefox, launched


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with contextlib.AsyncExitStack() as stack:
        try:
            found = await stack.enter_async_context(chromium())
        except UsageError as error:
            pytest.skip(f"no browser: {error.what}")
        yield found


@pytest.fixture
async def firefox() -> AsyncIterator[Browser]:
    if find_firefox() is None:
        pytest.skip("there is no Firefox on this machine")
    async with launched("firefox", headless=True) as found:
        yield found


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_call, "HOOK_TIMEOUT_S", 1.0)

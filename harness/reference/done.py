"""An awaitable that is done already, for what sometimes has to wait and here did not."""

from __future__ import annotations

from collections.abc import Awaitable, Generator


class _Done:
    """Awaiting it returns at once, and not awaiting it costs nothing."""

    def __await__(self) -> Generator[None, None, None]:
        yield from ()


DONE: Awaitable[None] = _Done()

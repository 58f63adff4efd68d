"""A TCP connection to a target, plain or with TLS, that is never left half made."""

from __future__ import annotations

from urllib.parse import urlsplit

import anyio
from anyio.abc import ByteStream

CONNECT_TIMEOUT_S = 5.0
_SECURE = frozenset({"https", "wss"})


async def dial(url: str) -> ByteStream:
    """Connect to the host and port of an http, https, ws or wss `url`.

    A cancellation waits until this is done, at most CONNECT_TIMEOUT_S: anyio loses a socket that is made while its
    caller is cancelled. Whoever calls must close the stream, also when cancelled right afterwards.

    Raises:
        OSError: nothing listens there, or TLS failed.
        TimeoutError: no answer in time.
    """
    parts = urlsplit(url)
    secure = parts.scheme in _SECURE
    host, port = parts.hostname or "127.0.0.1", parts.port or (443 if secure else 80)
    with anyio.fail_after(CONNECT_TIMEOUT_S, shield=True):
        stream: ByteStream
        if secure:
            stream = await anyio.connect_tcp(host, port, tls=True, tls_standard_compatible=False)
        else:
            stream = await anyio.connect_tcp(host, port)
    return stream

"""Which certificates a target over TLS may show: the system's, or those in SSL_CERT_FILE, as for other tools."""

from __future__ import annotations

import functools
import os
import ssl

import httpx


@functools.cache
def trusted() -> ssl.SSLContext:
    """Return the one context of this process; its making reads every certificate of the system."""
    if os.environ.get("SSL_CERT_FILE"):
        return ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    # A slim system has no certificates of its own; those of httpx come along with it.
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context

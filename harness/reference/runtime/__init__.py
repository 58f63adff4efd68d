"""Ways of doing a socket's I/O around one hub: `asgi` runs anywhere; a faster one goes beside it."""

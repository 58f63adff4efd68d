"""Worlds: each carries out plans and writes a history. `wire` is raw clients, `page` real browsers."""

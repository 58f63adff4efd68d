"""Implementations that are wrong in one thing each: the reference with one decision changed."""

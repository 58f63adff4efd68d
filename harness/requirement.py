"""The requirement catalogue: requirements.toml as frozen data. The only list of ids there is."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

import msgspec


class Requirement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One point that a system owes its users.

    `level` is MUST, SHOULD or MAY; `set` is core (from the seed or RFC 6455) or ext (good practice); `kinds` are
    letters: P property, S stateful, C scenario, B browser, L load, F fault, D simulation. `needs` names the capability
    or promise of the target file without which it cannot be tried; `elsewhere` says why the wire cannot judge it.
    """

    id: str
    area: str
    level: str
    set: str
    sentence: str
    kinds: tuple[str, ...]
    source: str
    needs: str = ""
    elsewhere: str = ""
    withdrawn: bool = False


@cache
def requirements() -> dict[str, Requirement]:
    """Return the catalogue by id, in its own order."""
    text = files("harness").joinpath("requirements.toml").read_text("utf-8")
    found = msgspec.convert(tomllib.loads(text)["requirement"], list[Requirement])
    return {each.id: each for each in found}

"""What a target offers beyond the core, and which requirements it thereby promises: read off its file. Pure.

One table says for each need of the catalogue how a target file says it. Must not know what is done with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from harness.requirement import requirements
from harness.targets.consistency import EVERY_EXT, EVERYTHING
from harness.targets.file import Action, Target
from harness.targets.page import lacking_of_page


@dataclass(frozen=True, slots=True)
class Expiry:
    """Sessions that end by themselves `ttl_s` seconds after `sign_in`; None: the ordinary sign-in."""

    ttl_s: float
    sign_in: Action | None = None


@dataclass(frozen=True, slots=True)
class _Way:
    """How a target file says that it offers something: the key, and whether it does."""

    key: str
    said: Callable[[Target], object]


def expiry_of(target: Target) -> Expiry | None:
    """Return the expiry that the file declares; None when it declares none, or in a shape of its own."""
    table = dict(target.capabilities.expiry or {})
    ttl_s = table.pop("ttl_s", None)
    if isinstance(ttl_s, bool) or not isinstance(ttl_s, int | float) or ttl_s <= 0:
        return None
    if not table:
        return Expiry(float(ttl_s))
    try:
        return Expiry(float(ttl_s), msgspec.convert(table, Action))
    except msgspec.ValidationError:
        return None


def broker_is_ours(target: Target) -> bool:
    """Tell whether onesocket starts the instances and their broker, and so may take the broker away."""
    return isinstance(target.capabilities.instances, int) and target.broker is not None and target.broker.ours


def takes_an_app(target: Target) -> bool:
    """Tell whether a second application can be started on the broker: the name of one is asked for somewhere."""
    broker = target.broker
    if broker is None or not isinstance(target.capabilities.instances, int):
        return False
    words = (*target.start, *target.env.values(), *broker.arguments, *broker.env.values())
    return any("{app}" in word for word in words)


def _pages_notice(target: Target) -> bool:
    """Tell whether pages too are promised to notice in `half_open_s` that they were cut off, not the server alone."""
    promised = not {"LC-6", EVERY_EXT, EVERYTHING}.isdisjoint(target.promises.meets)
    return promised and target.promises.half_open_s is not None


_WAYS = {
    "handshake_s": _Way("[promises] handshake_s", lambda target: target.promises.handshake_s),
    "half_open_s": _Way("[promises] half_open_s", lambda target: target.promises.half_open_s),
    "notices": _Way('[promises] half_open_s, with "LC-6" in meets', _pages_notice),
    "slow_reader_s": _Way("[promises] slow_reader_s", lambda target: target.promises.slow_reader_s),
    "flood": _Way("[promises] flood_per_s", lambda target: target.promises.flood_per_s),
    "max_connections": _Way("[promises] max_connections", lambda target: target.promises.max_connections),
    "revoke": _Way("[capabilities] revoke", lambda target: target.capabilities.revoke),
    "expiry": _Way("[capabilities] expiry", expiry_of),
    "rotate": _Way("[capabilities] rotate", lambda target: target.capabilities.rotate),
    "whoami": _Way("[capabilities] whoami", lambda target: target.capabilities.whoami),
    "faulty": _Way("[capabilities] faulty", lambda target: target.capabilities.faulty),
    "slow": _Way("[capabilities] slow", lambda target: target.capabilities.slow),
    "introspect": _Way("[capabilities] introspect", lambda target: target.capabilities.introspect),
    "deflate": _Way("[capabilities] deflate", lambda target: target.capabilities.deflate),
    "no_history": _Way("[capabilities] no_history", lambda target: target.capabilities.no_history),
    "recovery": _Way("[capabilities] recovery", lambda target: target.capabilities.recovery),
    "instances": _Way("[capabilities] instances", lambda target: target.capabilities.instances),
    "broker": _Way("[broker] url with {broker_port}, and [capabilities] instances as a number", broker_is_ours),
    "broker_traffic": _Way('[broker] url = "redis://..."', lambda target: target.broker and target.broker.speaks_redis),
    "apps": _Way("{app} in [broker] arguments or env, and [capabilities] instances as a number", takes_an_app),
}
NEEDS = tuple(_WAYS)
"""Every name that a requirement's `needs` may have."""


def key_of(name: str) -> str:
    """Return how a target file says that it offers `name`: table and key."""
    return _WAYS[name].key


def offers(target: Target, name: str) -> bool:
    """Tell whether the target file declares the capability or promise `name`, one of NEEDS."""
    return bool(_WAYS[name].said(target))


def lack(target: Target, name: str) -> str:
    """Return why `name` cannot be tried, with the key to declare; empty when it is offered."""
    if offers(target, name):
        return ""
    if name == "expiry" and target.capabilities.expiry is not None:
        return "[capabilities] expiry has a shape of its own: it needs ttl_s, alone or with the keys of a sign-in"
    return f"the target file does not declare {_WAYS[name].key}"


def declared(target: Target) -> frozenset[str]:
    """Return the ids of the requirements that the target promises: what is broken of them fails the run."""
    meets = set(target.promises.meets)
    return frozenset(
        each.id
        for each in requirements().values()
        if meets & {each.id, EVERYTHING}
        or (EVERY_EXT in meets and each.set == "ext")
        or (each.needs and offers(target, each.needs))
    )


def lacking(target: Target) -> dict[str, str]:
    """Return the requirements that need what the target file does not declare, each with `lack`."""
    needed = {each.id: lack(target, each.needs) for each in requirements().values() if each.needs}
    of_page = lacking_of_page(target.page) if target.page is not None else {}
    return {name: why for name, why in {**of_page, **needed}.items() if why}

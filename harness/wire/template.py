"""Templates of the target file: `{name}` placeholders in JSON-like values, filled in one way and matched the other.

A placeholder that is a whole string keeps the type of its value; inside a longer string it becomes text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
else:  # msgspec reads annotations at run time and knows no recursive alias
    Json = Any

_PLACEHOLDER = re.compile(r"\{([a-z_]+(?:\.[a-zA-Z0-9_]+)*)\}")


class UnknownPlaceholder(KeyError):
    """A template names a placeholder that has no value here; `args` are its name and the names that have one."""


def placeholders(template: Json) -> set[str]:
    """Return the names of all placeholders in `template`."""
    if isinstance(template, str):
        return set(_PLACEHOLDER.findall(template))
    if isinstance(template, list):
        return set().union(*(placeholders(each) for each in template))
    if isinstance(template, dict):
        return set().union(*(placeholders(each) for each in template.values()))
    return set()


def fill(template: Json, values: Mapping[str, Json]) -> Json:
    """Return `template` with each placeholder replaced from `values`.

    Raises:
        UnknownPlaceholder: a placeholder is not in `values`.
    """
    if isinstance(template, str):
        whole = _PLACEHOLDER.fullmatch(template)
        if whole:
            return _value(whole[1], values)
        return _PLACEHOLDER.sub(lambda match: str(_value(match[1], values)), template)
    if isinstance(template, list):
        return [fill(each, values) for each in template]
    if isinstance(template, dict):
        return {key: fill(each, values) for key, each in template.items()}
    return template


def match(template: Json, value: Json) -> dict[str, Json] | None:
    """Return what the placeholders of `template` stand for in `value`, or None when it does not fit.

    An object may have more keys than the template; a list must have the same length. A placeholder that appears twice
    must stand for the same value both times.
    """
    found: dict[str, Json] = {}
    return found if _match(template, value, found) else None


def without(template: Json, name: str) -> Json:
    """Return `template` without the keys of its objects that have nothing but the placeholder `name`."""
    if isinstance(template, dict):
        return {key: without(each, name) for key, each in template.items() if each != f"{{{name}}}"}
    return [without(each, name) for each in template] if isinstance(template, list) else template


def _value(name: str, values: Mapping[str, Json]) -> Json:
    if name not in values:
        raise UnknownPlaceholder(name, tuple(values))
    return values[name]


def _match(template: Json, value: Json, found: dict[str, Json]) -> bool:
    if isinstance(template, str):
        return _match_text(template, value, found)
    if isinstance(template, list):
        return (
            isinstance(value, list)
            and len(value) == len(template)
            and all(_match(each, item, found) for each, item in zip(template, value, strict=True))
        )
    if isinstance(template, dict):
        return isinstance(value, dict) and all(
            key in value and _match(each, value[key], found) for key, each in template.items()
        )
    # True == 1 in Python and not in JSON.
    return template == value and isinstance(template, bool) == isinstance(value, bool)


def _match_text(template: str, value: Json, found: dict[str, Json]) -> bool:
    whole = _PLACEHOLDER.fullmatch(template)
    if whole:
        return _bind(whole[1], value, found)
    if not isinstance(value, str):
        return False
    parts = list(_PLACEHOLDER.finditer(template))
    if not parts:  # a pattern of its own for every message would be compiled to say the same
        return template == value
    pattern = ""
    names: list[str] = []
    end = 0
    for each in parts:
        pattern += re.escape(template[end : each.start()])
        if each[1] in names:
            # A number straight after a back reference would be read as part of it.
            pattern += rf"(?:\{names.index(each[1]) + 1})"
        else:
            pattern += "(.*)"
            names.append(each[1])
        end = each.end()
    hit = re.fullmatch(pattern + re.escape(template[end:]), value, re.DOTALL)
    return hit is not None and all(_bind(name, text, found) for name, text in zip(names, hit.groups(), strict=True))


def _bind(name: str, value: Json, found: dict[str, Json]) -> bool:
    if name in found:
        return found[name] == value
    found[name] = value
    return True

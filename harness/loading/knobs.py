"""The knobs of a load run: what each is, its value by scenario, target file (`[load]`, `[load.NAME]`) and command line.

The later of these wins. Knows no command line library and no scenario.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from harness.errors import TargetFileError, UsageError, did_you_mean
from harness.wire.template import Json


class Knobs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every knob with the value that it has where nobody says another. Shares are of all visitors, 0 to 1."""

    rate: float = 10.0
    size_chars: int = 0
    compress: bool = False
    echo_s: float = 5.0
    stay_s: float = 5.0
    come_share: float = 0.0
    sign_share: float = 0.0
    talk_share: float = 0.0
    slow_share: float = 0.0
    steps: int = 5
    kills: int = 0
    kill_after_s: float = 5.0
    spread: bool = False
    max_lag_ms: float = 250.0
    max_busy_percent: float = 80.0


WORDS = {
    "rate": "messages published a second, or none with 0",
    "size_chars": "fill each message up to this length",
    "compress": "offer compression, as browsers do",
    "echo_s": "seconds between two echoes of a connection",
    "stay_s": "seconds until a visitor comes back as somebody else, signs in or signs out",
    "come_share": "visitors that leave and come back as somebody else",
    "sign_share": "visitors that sign in and out in a browser of their own",
    "talk_share": "visitors that ask for echoes and wait for none",
    "slow_share": "visitors that stop reading",
    "steps": "steps up to all users",
    "kills": "how often the target is killed and started again",
    "kill_after_s": "seconds of publishing before each kill",
    "spread": "connect to all instances that the target file declares, and publish on the first",
    "max_lag_ms": "a worker that is later than this (p99) makes the run invalid",
    "max_busy_percent": "so does one that uses more of a core",
}

BESIDE = {"budgets", "users", "duration_s", "processes"}
"""What else a `[load]` table may say; `onesocket load` and the settings read it."""

_ABOVE_NOUGHT = {"echo_s", "stay_s", "steps", "max_lag_ms", "max_busy_percent"}
_SHARES = ("come_share", "sign_share", "talk_share", "slow_share")


def knobs_of(
    scenario: Mapping[str, Json], *, name: str, load: Mapping[str, Json], given: Iterable[str], where: str
) -> Knobs:
    """Return the knobs of the scenario called `name`, whose own values are `scenario`.

    `load` is the `[load]` table of the target file `where`, `given` are NAME=VALUE of the command line.

    Raises:
        TargetFileError: a key or value of the table makes no sense.
        UsageError: one of the command line does.
    """
    values: dict[str, Json] = dict(scenario)
    for table, at in load_tables(load, name=name):
        for key, value in table.items():
            if key in Knobs.__struct_fields__:
                values[key] = _checked(key, value, f"{where}: {at} {key} = {value!r}", error=TargetFileError)
            elif key not in BESIDE:
                todo = did_you_mean(key, [*Knobs.__struct_fields__, *BESIDE])
                raise TargetFileError("there is no such knob", where=f"{where}: {at} {key} = {value!r}", todo=todo)
    for text in given:
        key, _, said = text.partition("=")
        if key not in Knobs.__struct_fields__:
            todo = did_you_mean(key, Knobs.__struct_fields__)
            raise UsageError("there is no such knob", where=f"--harness-set {text}", todo=todo)
        values[key] = _checked(key, _read(said), f"--harness-set {text}", error=UsageError)
    if sum(float(str(values.get(each, 0))) for each in _SHARES) > 1:
        told = ", ".join(f"{each}={values.get(each, 0)}" for each in _SHARES)
        raise UsageError("the shares of visitors are more than all", where=told, todo="let them add up to 1 or less")
    return msgspec.convert(values, Knobs)


def load_tables(load: Mapping[str, Json], *, name: str) -> list[tuple[dict[str, Json], str]]:
    """Return what `[load]` says for every scenario and, after it, what `[load.NAME]` says, each with its name."""
    own = load.get(name)
    tables = [({key: value for key, value in load.items() if key in BESIDE or not isinstance(value, dict)}, "[load]")]
    return [*tables, (own, f"[load.{name}]")] if isinstance(own, dict) else tables


def _checked(key: str, value: Json, where: str, *, error: type[UsageError | TargetFileError]) -> Json:
    kind: Any = Knobs.__annotations__[key]
    try:
        found: Any = msgspec.convert(value, {"float": float, "int": int, "bool": bool}[str(kind)])
    except msgspec.ValidationError:
        raise error(f"{key} cannot be this", where=where, todo=f"{key} is: {WORDS[key]}") from None
    lowest, highest = (1e-6 if key in _ABOVE_NOUGHT else 0), (1 if key in _SHARES else 10**9)
    if not isinstance(found, bool) and not lowest <= found <= highest:
        raise error(f"{key} is out of its range", where=where, todo=f"{key} is: {WORDS[key]}")
    return msgspec.to_builtins(found)  # type: ignore[no-any-return] # a number or a truth value stays what it is


def _read(said: str) -> Json:
    try:
        found: Json = msgspec.json.decode(said)
    except msgspec.DecodeError:
        return said
    return found

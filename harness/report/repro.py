"""Repro files: a plan that showed a finding, with all that is needed to carry it out again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from harness.errors import UsageError
from harness.plan import Plan, dump_plan, read_plan


class Repro(msgspec.Struct, frozen=True, kw_only=True):
    """A saved plan: the requirement it breaks, and the world, seed, target and versions with which it did.

    `whole` is the plan from which it was shrunk: it puts to the test what the small one no longer does. `network` is
    what was done to every connection all the while, in words.
    """

    plan: dict[str, Any]
    world: str
    requirement: str = ""
    test: str = ""
    seed: str = ""
    target: str = ""
    versions: dict[str, str] = {}
    whole: dict[str, Any] | None = None
    network: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        plan: Plan,
        *,
        world: str,
        requirement: str,
        test: str,
        seed: str,
        target: str,
        versions: dict[str, str],
        whole: Plan | None = None,
        network: tuple[str, ...] = (),
    ) -> Repro:
        """Return the repro of `plan`."""
        return cls(
            plan=dump_plan(plan),
            world=world,
            requirement=requirement,
            test=test,
            seed=seed,
            target=target,
            versions=versions,
            whole=None if whole is None else dump_plan(whole),
            network=network,
        )

    def parsed(self, *, where: str) -> Plan:
        """Return the plan itself.

        Raises:
            PlanError: a step cannot be read.
        """
        return read_plan(self.plan, where=where)

    def parsed_whole(self, *, where: str) -> Plan | None:
        """Return the plan from which this one was shrunk, None if it was not.

        Raises:
            PlanError: a step cannot be read.
        """
        return None if self.whole is None else read_plan(self.whole, where=where)


def read_repro(path: Path) -> Repro:
    """Return the repro in the file `path`.

    Raises:
        UsageError: there is none, or it is not one.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Repro)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            "the repro file cannot be read",
            where=f"{path}: {error}",
            todo="give a file that a run wrote: onesocket-runs/latest/repros/*.json",
        ) from error

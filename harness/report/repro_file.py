"""The repro files of a run: one for each requirement that a test broke, named for it.

Which requirement a finding is filed under is known only when all tests are done, so the names are mended at the end.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.checks.filing import classify
from harness.checks.finding import Outcome
from harness.errors import UsageError
from harness.plan import Plan
from harness.report.fresh_file import first_free, slug, write_new
from harness.report.record import RunMeta, encode
from harness.report.repro import Repro, read_repro

_OWN = re.compile(r"repros/[a-z0-9-]+\.json")
MOST_REPROS = 8
"""How many requirements of one test get a repro: a plan that breaks more than these is its own story."""


def write_repros(folder: Path, outcome: Outcome, *, plan: Plan, whole: Plan | None, meta: RunMeta) -> dict[str, str]:
    """Write a repro for each requirement that `outcome` broke; return their paths in the run folder, by requirement."""
    repros = {}
    for requirement in _broken(outcome):
        repro = Repro.of(
            plan,
            world=outcome.world,
            requirement=requirement,
            test=outcome.test,
            seed=outcome.seed or meta.seed,
            target=meta.target,
            versions=meta.versions,
            whole=whole,
            network=outcome.network,
        )
        repros[requirement] = _write(folder, repro)
    return repros


def refile(folder: Path, outcomes: Sequence[Outcome]) -> dict[str, dict[str, str]]:
    """Name the repros of a run for what the whole of it says that their tests broke.

    Returns what became of those of each outcome where that changed anything, by its first repro.
    """
    changed = {}
    for before, after in zip(outcomes, classify(outcomes), strict=True):
        broken = _broken(after)
        own = bool(before.repros) and all(_OWN.fullmatch(each) for each in before.repros.values())
        if not own or set(broken) == set(before.repros):
            continue
        first = next(iter(before.repros.values()))
        # Whatever was deleted or spoiled meanwhile is no reason to fail: its report still tells the findings.
        with contextlib.suppress(UsageError, OSError):
            changed[first] = _named(folder, before.repros, broken, repro=read_repro(folder / first))
    return changed


def _named(folder: Path, repros: dict[str, str], broken: Sequence[str], *, repro: Repro) -> dict[str, str]:
    named = {
        requirement: repros.get(requirement) or _write(folder, msgspec.structs.replace(repro, requirement=requirement))
        for requirement in broken
    }
    for path in set(repros.values()) - set(named.values()):
        (folder / path).unlink(missing_ok=True)
    return named


def _broken(outcome: Outcome) -> list[str]:
    return list(dict.fromkeys(each.requirement for each in outcome.findings))[:MOST_REPROS]


def _write(folder: Path, repro: Repro) -> str:
    repros = folder / "repros"
    repros.mkdir(exist_ok=True)
    content = msgspec.json.format(encode(repro), indent=2) + b"\n"
    name = slug(f"{repro.requirement} {repro.test}")
    path = first_free(repros, name, lambda each: write_new(each, content), suffix=".json")
    return path.relative_to(folder).as_posix()

"""`onesocket list`: the requirements with where they are checked, and the scenarios with what they prove."""

from __future__ import annotations

import json
from typing import Any, Literal

import click

from harness.checks.registry import scope
from harness.cli.scenario import scenarios
from harness.requirement import requirements
from harness.targets.capability import key_of

_WORLDS = ("wire", "page", "load")


@click.command()
@click.argument("what", type=click.Choice(["requirements", "scenarios"]), default="requirements")
@click.option("--world", type=click.Choice(_WORLDS), help="Only what is checked in this world.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def command(*, what: Literal["requirements", "scenarios"], world: str | None, as_json: bool) -> None:
    """List the requirements (what must hold) or the scenarios (what is tried)."""
    rows = _requirements(world) if what == "requirements" else _scenarios(world)
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif what == "requirements":
        _tell_requirements(rows)
    else:
        _tell_scenarios(rows)


def _requirements(world: str | None) -> list[dict[str, Any]]:
    checked = scope(_WORLDS)
    return [
        {
            "id": each.id,
            "area": each.area,
            "level": each.level,
            "set": each.set,
            "checked_in": list(checked.get(each.id, ())),
            "sentence": each.sentence,
            "source": each.source,
            "needs": each.needs,
            "elsewhere": each.elsewhere,
        }
        for each in requirements().values()
        if not each.withdrawn and (world is None or world in checked.get(each.id, ()))
    ]


def _scenarios(world: str | None) -> list[dict[str, Any]]:
    return [
        {
            "name": each.name,
            "kind": each.kind,
            "worlds": list(each.worlds),
            "file": f"{each.suite}/{each.file}",
            "proves": list(each.proves),
            "summary": each.summary,
        }
        for each in scenarios("scenarios", "browser_tests", "load")
        if world is None or world in each.worlds
    ]


def _tell_requirements(rows: list[dict[str, Any]]) -> None:
    area = ""
    for row in rows:
        if row["area"] != area:
            area = row["area"]
            click.echo(f"\n{area}")
        where = ",".join(row["checked_in"]) or "-"
        click.echo(f"  {row['id']:<8}{row['level']:<8}{row['set']:<6}{where:<16}{row['sentence']}")
        if row["needs"]:
            click.echo(f"  {'':<38}needs {key_of(row['needs'])} in the target file")
        if row["elsewhere"] and not row["checked_in"]:
            click.echo(f"  {'':<38}not on the wire: {row['elsewhere']}")
    checked = sum(bool(row["checked_in"]) for row in rows)
    click.echo(f"\n{len(rows)} requirements, {checked} of them checked in this version (wire, page, load: where)")


def _tell_scenarios(rows: list[dict[str, Any]]) -> None:
    file = ""
    for row in rows:
        if row["file"] != file:
            file = row["file"]
            click.echo(f"\n{file}")
        proves = f"  [{', '.join(row['proves'])}]" if row["proves"] else ""
        click.echo(f"  {row['name']:<44} {','.join(row['worlds']):<10}{row['summary']}{proves}")
    click.echo(f"\n{len(rows)} scenarios")

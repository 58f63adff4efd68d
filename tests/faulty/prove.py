"""`python -m tests.faulty.prove [--only NAME] [--world page] [--missing]`: faulty implementations against everything;
writes docs/proof.md, a row as soon as it is known, so that an interrupted one is taken up again with `--missing`.

Exit code: 1 when one is not caught, or caught for something else, or a requirement that is checked has none that breaks
it; 130 when interrupted.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

import click

from harness.interruption import end_in_order_when_told_to_stop
from tests.faulty import table
from tests.faulty.cross import Catch, put_to_every_plan, put_to_everything
from tests.faulty.fault import Fault
from tests.faulty.faults import FAULTS
from tests.faulty.proof import ROOT, faulty_target, named_plans

OUT = ROOT / "onesocket-runs" / "prove"
TIMEOUT_S = 900.0


def told(catch: Catch) -> str:
    """Return the line for one faulty implementation."""
    tests = catch.found.get(catch.fault.breaks, ())
    verdict = "WRONG" if catch.problems else "caught"
    line = f"  {verdict:7} {catch.fault.breaks:6} {catch.fault.name}  {catch.duration_s:.0f} s, {len(tests)} tests"
    return "\n".join([line, *(f"            {problem}" for problem in catch.problems)])


def chosen(only: Sequence[str], *, missing: bool, world: str | None = None) -> list[Fault]:
    """Return the faulty implementations to try: those named, else all; of one world, or those not tried yet, only."""
    caught = table.caught()
    names = [name for name in only or FAULTS if world in {None, FAULTS[name].world}]
    return [FAULTS[name] for name in names if not missing or not table.is_proved(caught.get(name, table.NOT_YET))]


def write_down(catch: Catch) -> None:
    """Put the row of one faulty implementation into the table, which is whole at every moment."""
    row = {catch.fault.name: table.shown(catch.found.get(catch.fault.breaks, ()))}
    fresh = table.FILE.with_suffix(".new")
    fresh.write_text(table.table({**table.caught(), **row}), "utf-8")
    fresh.replace(table.FILE)


def cross(faults: Sequence[Fault], *, jobs: int, out: Path, max_examples: int, into: list[Catch]) -> None:
    """Put each to everything, `jobs` at a time; each is told, written down and added to `into` as it ends."""
    stop = threading.Event()
    # Read here, not in the threads: msgspec must not learn one type in two threads at once.
    targets = {fault.name: faulty_target(fault) for fault in faults if fault.world == "page"}
    named_plans("page")

    def one(fault: Fault) -> Catch | None:
        if stop.is_set():
            return None
        if fault.world == "page":
            catch = put_to_every_plan(fault, targets[fault.name], out=out, stop=stop)
        else:
            catch = put_to_everything(fault, out=out, max_examples=max_examples, timeout_s=TIMEOUT_S, stop=stop)
        # One that was stopped in the middle has not been tried.
        return None if stop.is_set() else catch

    with ThreadPoolExecutor(jobs) as pool:
        left: set[Future[Catch | None]] = {pool.submit(one, fault) for fault in faults}
        try:
            while left:
                done, left = wait(left, return_when=FIRST_COMPLETED)
                for catch in (future.result() for future in done):
                    if catch is not None:
                        into.append(catch)
                        click.echo(told(catch))
                        write_down(catch)
        finally:
            stop.set()


@click.command(help=(__doc__ or "").split("\n\n")[0])
@click.option(
    "--only", multiple=True, type=click.Choice(list(FAULTS)), metavar="NAME", help="This one; again for more."
)
@click.option("--world", type=click.Choice(["wire", "page"]), help="Only servers, or only pages.")
@click.option("--missing", is_flag=True, help="Only those of which the table does not know yet what catches them.")
@click.option("--jobs", default=3, show_default=True, help="How many at a time.")
@click.option("--max-examples", default=10, show_default=True, help="Examples per property test.")
@click.option("--out", default=OUT, type=click.Path(path_type=Path), help="Where the runs that went wrong are kept.")
def command(
    *, only: tuple[str, ...], world: str | None, missing: bool, jobs: int, max_examples: int, out: Path
) -> None:
    """Run the command."""
    end_in_order_when_told_to_stop()
    faults = chosen(only, missing=missing, world=world)
    catches: list[Catch] = []
    interrupted = False
    try:
        cross(faults, jobs=jobs, out=out.resolve(), max_examples=max_examples, into=catches)
    except KeyboardInterrupt:
        interrupted = True
    wrong = [catch for catch in catches if catch.problems]
    click.echo(f"\n{len(catches)} of {len(faults)} tried, {len(catches) - len(wrong)} caught for what they break alone")
    for name in table.unproved():
        click.echo(f"  WRONG   {name:6} no faulty implementation breaks it")
    click.echo(f"written: {table.FILE}")
    if interrupted:
        click.echo("interrupted; go on with: python -m tests.faulty.prove --missing")
        sys.exit(130)
    sys.exit(bool(wrong or table.unproved()))


if __name__ == "__main__":
    command()

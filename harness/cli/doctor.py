"""`onesocket doctor`: each part of a target file, tried against the live target, and what to do where it is wrong."""

from __future__ import annotations

import anyio
import click

from harness.cli.advice import Line
from harness.cli.bench import NeededByTheRest
from harness.cli.capability_examination import examine_capabilities
from harness.cli.examination import Examination
from harness.cli.target_choice import TargetChoice, choose_target
from harness.errors import TargetError, UsageError
from harness.report.wording import one_line
from harness.targets.process import RunningTarget

WRONG, UNUSABLE = 1, 3
_PART_CHARS = 30
_COLOURS = {"ok": "green", "wrong": "red", "left": "cyan"}


@click.command()
@click.option("--target", "target_file", metavar="FILE", help="The target file. Without it: the reference.")
@click.option("--headed", is_flag=True, help="Show the browser.")
@click.pass_context
def command(ctx: click.Context, /, *, target_file: str | None, headed: bool) -> None:
    """Try each part of a target file against the live target, in order.

    Each line says ok, or what is wrong and what to do. Stops at the first thing that the rest needs. Exit 0: all is
    well, 1: something is wrong, 2: the file itself, 3: nothing answers.
    """
    choice = choose_target(target_file)
    click.echo(f"{choice.named or 'the reference'}: {choice.target.name}")
    ctx.exit(anyio.run(_examine, choice, headed))


async def _examine(choice: TargetChoice, headed: bool) -> int:  # noqa: FBT001 # anyio.run hands on no keywords
    wrong = 0

    def tell(line: Line) -> None:
        nonlocal wrong
        wrong += line.mark == "wrong"
        _print(line)

    live = RunningTarget(choice.target, folder=choice.folder)
    try:
        try:
            await live.start()
        except TargetError as error:
            tell(Line("wrong", "starts" if live.owned else "answers", f"{error.what} ({error.where})", error.todo))
            for printed in error.printed:
                click.echo(f"  {'':<6}{'':<{_PART_CHARS}} | {one_line(printed)}")
            return UNUSABLE
        how = "started, and answers" if live.owned else "answers"
        tell(Line("ok", "starts" if live.owned else "answers", f"{how} at {live.url}{choice.target.ready}"))
        await _parts(live, choice, headed=headed, tell=tell)
    except TargetError as error:
        tell(Line("wrong", "target", f"{error.what} ({error.where})", error.todo))
        return UNUSABLE
    finally:
        await live.stop()
    _tell_end(wrong, choice)
    return WRONG if wrong else 0


async def _parts(live: RunningTarget, choice: TargetChoice, *, headed: bool, tell: object) -> None:
    assert callable(tell)
    try:
        await Examination(live, tell=tell).run()
    except NeededByTheRest as rest:
        tell(Line("left", "the rest", f"not tried, it needs what is wrong: {rest}, capabilities, page"))
        return
    await examine_capabilities(live, tell=tell)
    page = choice.target.page
    if page is None:
        tell(Line("left", "page", "the file declares no [page]: raw connections and load only"))
        return
    from harness.cli.page_examination import examine_page

    try:
        await examine_page(live, page, headed=headed, tell=tell)
    except UsageError as error:
        tell(Line("left", "page", f"{error.what} ({error.where}); {error.todo}"))


def _print(line: Line) -> None:
    mark = click.style(f"{line.mark:<6}", fg=_COLOURS[line.mark])
    click.echo(f"  {mark}{line.part:<{_PART_CHARS}} {one_line(line.said)}".rstrip())
    if line.todo:
        click.echo(f"  {'':<6}{'':<{_PART_CHARS}} to do: {one_line(line.todo)}")


def _tell_end(wrong: int, choice: TargetChoice) -> None:
    click.echo()
    if wrong:
        click.echo(f"{wrong} of these {'is' if wrong == 1 else 'are'} wrong; mend the first one first")
    else:
        named = f" --target {choice.named}" if choice.named else ""
        click.echo(f"all is well; now: onesocket run{named}")

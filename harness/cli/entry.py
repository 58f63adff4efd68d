"""The command group: which commands there are, and how every error leaves the process.

Imports a command only when it is run. Must not know what any command does.
"""

from __future__ import annotations

import errno
import importlib
import shlex
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any, NoReturn

import click

from harness import __version__
from harness.errors import OnesocketError, did_you_mean

COMMANDS = {
    "demo": "The whole of it on the reference implementation; nothing to configure.",
    "run": "Conformance, tabs and a short load run against one target, one report.",
    "conform": "Raw clients: is each message routed right, and private ones kept private?",
    "tabs": "Real browsers: do all tabs of a browser share one connection, through anything?",
    "load": "Many connections: is anything lost, doubled, reordered or misdelivered?",
    "init": "Write a commented target file.",
    "doctor": "Try each part of a target file against the live target.",
    "list": "The requirements and the scenarios.",
    "replay": "Carry the plan of a finding out again.",
    "compare": "What changed between two runs.",
    "report": "Write the reports of a run again.",
    "serve": "The reference implementation as a server.",
    "path": "Print where a suite is, for pytest and locust by hand.",
}
"""Each command with its line in the help; the command itself is in the module of its name in `harness.cli`."""

_MODULES = {"list": "listing"}
_GIVEN = "onesocket.given"
INTERRUPTED = 130


class Commands(click.Group):
    """A group that imports a command on use and turns every exception into three lines and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"harness.cli.{_MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"there is no command {args[0]!r}: {did_you_mean(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        given = shlex.join(["onesocket", *args])
        context = super().make_context(info_name, args, parent, **extra)
        context.meta[_GIVEN] = given
        return context

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OnesocketError as error:
            click.echo(str(error), err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)
        except (click.exceptions.Exit, click.Abort, click.ClickException):
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise
            _tell_own_error(ctx, error)


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Start with: onesocket demo. Then, for your own server: onesocket init, onesocket doctor, onesocket run.",
)
@click.version_option(__version__, prog_name="onesocket")
def onesocket() -> None:
    """Test any implementation of one shared WebSocket per browser: routing, privacy, tabs, load."""


def given_command(ctx: click.Context) -> str:
    """Return the command line as the user typed it."""
    given: str = ctx.meta.get(_GIVEN, "onesocket")
    return given


def stop(error: OnesocketError, *, exit_code: int) -> NoReturn:
    """Say `error` and end with another code than its own: what could be done counts here, not who is to blame."""
    click.echo(str(error), err=True)
    sys.exit(exit_code)


def _tell_own_error(ctx: click.Context, error: Exception) -> NoReturn:
    with tempfile.NamedTemporaryFile("w", prefix="onesocket-trace-", suffix=".txt", delete=False) as file:
        file.write(f"{given_command(ctx)}\n\n")
        traceback.print_exception(error, file=file)
    first = str(error).splitlines()[:1]
    click.echo(f"onesocket itself broke: {type(error).__name__}{': ' + first[0] if first else ''}", err=True)
    click.echo(f"  where: {Path(file.name)} has the trace", err=True)
    click.echo("  to do: report it with that file; nothing was said about the target", err=True)
    ctx.exit(OnesocketError.exit_code)

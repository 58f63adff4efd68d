"""The command group: help, version, and how every error leaves the process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import click.testing
import pytest

from harness import __version__
from harness.cli import entry
from harness.errors import HarnessError, TargetFileError, TargetUnreachable
from tests.cli.command import here

ROOT = Path(__file__).parents[2]


def test_help_names_every_command_and_where_to_start() -> None:
    done = here("--help")
    assert done.exit_code == 0
    assert all(f"  {name} " in done.stdout for name in entry.COMMANDS)
    assert "onesocket demo" in done.stdout


@pytest.mark.parametrize("name", entry.COMMANDS)
def test_every_command_has_a_help_of_its_own(name: str) -> None:
    done = here(name, "--help")
    assert done.exit_code == 0
    assert done.stdout.startswith("Usage: onesocket ")


def test_the_version_is_told() -> None:
    assert here("--version").stdout == f"onesocket, version {__version__}\n"


def test_a_command_that_is_mistyped_gets_the_nearest() -> None:
    done = here("confrom")
    assert done.exit_code == 2
    assert "did you mean 'conform'?" in done.stderr


def test_help_imports_no_command() -> None:
    program = "from harness.cli.entry import onesocket; import sys; onesocket.main(['--help'], standalone_mode=False)"
    heavy = "{'playwright', 'websockets', 'rich', 'msgspec', 'anyio'}"
    program += f"; print(*(name for name in sys.modules if name.split('.')[0] in {heavy}))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=30.0, check=True
    )
    assert done.stdout.splitlines()[-1] == ""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TargetFileError("wrong", where="here", todo="mend it"), 2),
        (TargetUnreachable("gone", where="there", todo="start it"), 3),
        (HarnessError("ours", where="inside", todo="report it"), 4),
        (KeyboardInterrupt(), 130),
    ],
)
def test_an_error_is_three_lines_and_its_exit_code(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = raising(error, monkeypatch)
    assert done.exit_code == code
    assert "Traceback" not in done.output
    if isinstance(error, Exception):
        assert done.stderr == f"{error}\n"
        assert len(done.stderr.splitlines()) == 3


def test_our_own_bug_is_three_lines_with_the_trace_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    done = raising(RuntimeError("something odd\nand more"), monkeypatch)
    assert done.exit_code == 4
    what, where, todo = done.stderr.splitlines()
    assert what == "onesocket itself broke: RuntimeError: something odd"
    trace = next(tmp_path.glob("onesocket-trace-*.txt"))
    assert str(trace) in where
    assert "Traceback" in trace.read_text("utf-8")
    assert "report it" in todo


def raising(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> click.testing.Result:
    @click.command()
    def command() -> None:
        raise error

    monkeypatch.setattr(entry.Commands, "get_command", lambda *_: command)
    return here("path")

"""A run over small children of our own: one that hangs, one that will not stop, one that dies."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.checks.finding import Outcome
from harness.checks.known_failing import Known
from harness.checks.registry import scope
from harness.cli import watched
from harness.cli.execution import Job, carry_out
from harness.cli.options import RunSettings
from harness.cli.part import Part
from harness.cli.target_choice import choose_target
from harness.report.run_folder import RunFolder
from harness.requirement import requirements
from harness.trials import read_known_failing

pytestmark = pytest.mark.slow
WAITS = "import signal; print('ready', flush=True); signal.pause()"
DEAF = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); " + WAITS


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "GRACE_S", 0.5)


def run(
    folder: Path,
    *programs: str,
    skipped: Sequence[Outcome] = (),
    silence_s: float = 60.0,
    known: tuple[Known, ...] = (),
    write_known: Path | None = None,
    at_once: int = 1,
) -> int:
    def parts(run_dir: Path) -> list[Part]:
        environment = {**os.environ, "RUN_DIR": str(run_dir)}
        commands = [(sys.executable, "-c", program) for program in programs]
        return [
            Part(
                f"part {number // at_once}-{number % at_once}",
                "wire",
                "pytest",
                command,
                environment,
                folder,
                silence_s,
            )
            for number, command in enumerate(commands)
        ]

    settings = RunSettings(out=folder, seed=1, reports=("html", "jsonl"), known=known, write_known=write_known)
    job = Job("conform", choose_target(None), settings, "onesocket conform", scope(("wire",)), parts, tuple(skipped))
    return carry_out(job)


def reasons(folder: Path) -> list[str]:
    return [each.reason for each in RunFolder.open(folder / "latest").outcomes()]


def test_a_child_that_hangs_is_ended_and_ours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, DEAF, silence_s=0.5) == 4
    assert "printed and finished nothing for 0.5 s" in reasons(tmp_path)[0]
    assert "could not be judged: part 0" in capsys.readouterr().out


def test_a_child_that_dies_does_not_keep_the_next_from_running(tmp_path: Path) -> None:
    assert run(tmp_path, "raise SystemExit(2)", "raise SystemExit(77)") == 4
    assert [each.splitlines()[0].rpartition(" ")[2] for each in reasons(tmp_path)] == ["2", "77"]


MEETS = """
import os, pathlib, time
folder, give_up_s = pathlib.Path(os.environ["RUN_DIR"]), time.monotonic() + 20.0
(folder / "came-{me}").touch()
while not (folder / "came-{other}").exists() and time.monotonic() < give_up_s:
    time.sleep(0.02)
raise SystemExit(40 + len(list(folder.glob("came-*"))))
"""


def test_so_many_children_as_go_together_are_over_before_the_next_begin(tmp_path: Path) -> None:
    pairs = [MEETS.format(me=me, other=other) for me, other in ((0, 1), (1, 0), (2, 3), (3, 2))]
    assert run(tmp_path, *pairs, at_once=2) == 4
    assert [each.splitlines()[0].rpartition(" ")[2] for each in reasons(tmp_path)] == ["42", "42", "44", "44"]


def test_a_target_that_cannot_be_used_is_not_tried_again(tmp_path: Path) -> None:
    said = "print('it is gone\\n  where: there\\n  to do: start it'); raise SystemExit(3)"
    assert run(tmp_path, said, "raise SystemExit(2)") == 3
    assert reasons(tmp_path) == ["it is gone\n  where: there\n  to do: start it"]


@pytest.mark.parametrize("program", [WAITS, DEAF])
def test_an_interruption_ends_the_child_and_leaves_a_report(tmp_path: Path, program: str) -> None:
    sent = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    sent.start()
    assert run(tmp_path, program, "raise SystemExit(2)") == 130
    sent.join()
    assert reasons(tmp_path) == []
    assert (tmp_path / "latest" / "report.html").is_file()


FINDS = """
import os, pathlib
from harness.checks.finding import Finding, Outcome
from harness.report.run_folder import RunFolder
found = Finding(requirement="ISO-2", check="isolation", expected="e", seen="s")
folder = RunFolder.open(pathlib.Path(os.environ["RUN_DIR"]))
folder.add_outcome(Outcome(test="a.toml::x", world="wire", findings=(found,)))
raise SystemExit(1)
"""


def test_a_run_writes_what_it_found_and_what_is_on_the_list_fails_it_no_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "known.toml"
    assert run(tmp_path, FINDS, write_known=path) == 1
    assert "FAIL wire  a.toml::x  ISO-2 s" in capsys.readouterr().out
    known = read_known_failing(str(path))
    assert [str(each) for each in known] == ["ISO-2  isolation  # in a.toml::x"]
    core = {each.id for each in requirements().values() if each.level == "MUST" and each.set == "core"}
    held = Outcome(test="all", world="wire", held=dict.fromkeys(core - {"ISO-2"}, 1))
    assert run(tmp_path, FINDS, known=known, skipped=[held]) == 0
    out = capsys.readouterr().out
    assert "known wire  a.toml::x  ISO-2 s" in out
    assert "known: ISO-2 fails as it is known to: in a.toml::x" in out
    mended = Outcome(test="t", world="wire", held={"ISO-2": 1})
    assert run(tmp_path, "raise SystemExit(0)", known=known, skipped=[mended]) == 1
    assert "listed as known to fail, but holding now: ISO-2" in capsys.readouterr().out

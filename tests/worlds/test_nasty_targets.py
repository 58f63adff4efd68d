"""However a target misbehaves, a run ends in bounded time, with a fitting exit code and a whole report."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.requirement import requirements
from harness.trials import reference_file
from tests.worlds import nasty

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 100.0
PLANS = "broadcast_reaches_everybody or replies_go_to_the_sender"
BROKEN, UNUSABLE = {1}, {3}
NOTHING = UNUSABLE | {5}
ANY = BROKEN | NOTHING
"""How far one gets with a server that does nothing but send is a matter of the machine: to a finding, or to none."""
LAST_WORDS = "its process ended by itself, with code 3; its last line was: FATAL: too many friends"


def target_file(how: str, folder: Path) -> Path:
    """Write a target file with small promises and the misbehaving server in the reference's place."""
    lines = reference_file().read_text("utf-8").splitlines()
    begins = next(index for index, line in enumerate(lines) if line.startswith("[promises]"))
    head = "\n".join(line for line in lines[:begins] if not line.startswith(("start", "name")))
    command = json.dumps([sys.executable, "-m", "tests.worlds.nasty", "--how", how, "--port", "{port}"])
    start = f'name = "{how}"\nstart = {command}\nready_s = 8.0\nenv = {{ PYTHONPATH = "{ROOT}" }}\n'
    path = folder / "target.toml"
    path.write_text(f"{start}{head}\n[promises]\ndelivery_s = 1.0\nsign_out_s = 0.5\n", "utf-8")
    return path


def conform(how: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the suite as a user does; a run that hangs fails by its timeout."""
    command = [sys.executable, "-m", "harness.cli", "conform", "--target", str(target_file(how, folder))]
    return subprocess.run(
        [*command, "--out", str(folder), "-k", PLANS],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        stdin=subprocess.DEVNULL,
        check=False,
        cwd=ROOT,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "codes"),
    [
        ("accepts_and_is_silent", UNUSABLE),
        ("endless_headers", UNUSABLE),
        ("never_upgrades", UNUSABLE),
        ("never_publishes", UNUSABLE),
        ("endless_body", NOTHING),
        ("floods", ANY),
        ("sends_a_gigabyte", BROKEN),
        ("half_closes", BROKEN),
        ("exits_on_the_fifth", BROKEN),
    ],
)
def test_a_run_on_a_target_that_misbehaves_ends_well(how: str, codes: set[int], tmp_path: Path) -> None:
    done = conform(how, tmp_path)
    said = done.stdout + done.stderr
    ours = [line for line in said.splitlines() if not line.lstrip().startswith("|")]  # the rest is what it printed
    assert "Traceback" not in "".join(ours), said[-3000:]
    assert done.returncode in codes, said[-3000:]
    report = (tmp_path / "latest" / "report.jsonl").read_text("utf-8")
    assert sum(json.loads(line)["type"] == "verdict" for line in report.splitlines()) == len(requirements())
    assert (LAST_WORDS in report) == (how == "exits_on_the_fifth")
    assert ("  crash     its process ended by itself, with code 3" in said) == (how == "exits_on_the_fifth")
    assert ("            | FATAL: too many friends" in said) == (how == "exits_on_the_fifth")


def test_every_way_to_misbehave_is_tried() -> None:
    tried = next(mark for mark in test_a_run_on_a_target_that_misbehaves_ends_well.pytestmark if mark.name != "slow")  # type: ignore[attr-defined] # pytest put it there
    assert {how for how, _ in tried.args[1]} == {*nasty.RAW, *nasty.APPS, *nasty.PROTOCOLS}

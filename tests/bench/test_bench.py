"""The benchmark as a whole, small: it runs, loses nothing, and says what it may be told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from load.bench.__main__ import main

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_smoke_test_measures_the_peers_that_need_no_npm(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "load.bench", "--quick", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120.0, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((tmp_path / "bench.json").read_text("utf-8"))
    assert [table["name"] for table in told["tables"]] == [
        *("memory", "broadcast_500", "broadcast_2000", "stream_500", "burst_16", "echo", "send_to_user", "accepts"),
    ]
    for table in told["tables"]:
        assert [row["peer"] for row in table["rows"]] == ["native", "asgi", "websockets"]
        assert all(row["lost"] == 0 for row in table["rows"])
        # The others count what comes in a tenth of a second, in which a busy machine may get nothing done.
        if table["name"].startswith(("broadcast", "burst")):
            assert all(row["median"] > 0 for row in table["rows"])


def test_a_peer_that_is_not_there_is_told_in_three_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "nativ"]) == 2
    assert "did you mean 'native'?" in capsys.readouterr().err

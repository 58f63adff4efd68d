"""What the options of a run add up to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.cli.load_scenario import duration_s
from harness.cli.options import report_kinds, settings_of
from harness.errors import UsageError

NOTHING: dict[str, Any] = {"seed": 1, "reports": (), "strict": False, "dry_run": False}


def test_html_and_jsonl_are_always_written() -> None:
    assert report_kinds(()) == ("html", "jsonl")


def test_report_kinds_may_be_given_in_one_word_or_in_several() -> None:
    assert report_kinds(("junit,md", "html")) == ("html", "jsonl", "junit", "markdown")


def test_a_kind_that_does_not_exist_gets_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'junit'"):
        report_kinds(("junti",))


def test_a_seed_that_is_not_given_is_drawn(tmp_path: Path) -> None:
    drawn = {settings_of(seed=None, reports=(), out=str(tmp_path), strict=False, dry_run=False).seed for _ in range(5)}
    assert len(drawn) == 5
    assert settings_of(seed=7, reports=(), out=str(tmp_path), strict=False, dry_run=False).seed == 7


def test_a_list_of_known_failures_is_read_before_anything_is_started(tmp_path: Path) -> None:
    path = tmp_path / "known.txt"
    path.write_text("ISO-2 # ticket 1\n")
    settings = settings_of(**NOTHING, out=str(tmp_path), known_failing=str(path), write_known_failing=str(path))
    assert [str(each) for each in settings.known] == ["ISO-2  # ticket 1"]
    assert settings.write_known == path


@pytest.mark.parametrize(
    ("option", "file"),
    [("known_failing", "none.txt"), ("write_known_failing", "no/such/folder.txt"), ("write_known_failing", ".")],
)
def test_a_list_that_cannot_be_read_or_written_is_refused(option: str, file: str, tmp_path: Path) -> None:
    given = NOTHING | {option: file}
    with pytest.raises(UsageError, match="list of known failures"):
        settings_of(**given, out=str(tmp_path))


def test_run_folders_cannot_go_into_a_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(UsageError, match="not a folder"):
        settings_of(seed=1, reports=(), out=str(file), strict=False, dry_run=False)


@pytest.mark.parametrize(("text", "seconds"), [("20", 20.0), ("20s", 20.0), ("1.5m", 90.0), ("1h", 3600.0)])
def test_a_duration_has_a_unit_or_is_in_seconds(text: str, seconds: float) -> None:
    assert duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "20x", "-3", "0", "0.2s", "1 m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        duration_s(text)

"""The rules below are those of the two schemas in use, as far as they speak of what we write."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from harness.checks.finding import Outcome
from harness.report.junit import junit_report
from harness.report.record import RunMeta
from harness.report.run_folder import RunFolder
from harness.report.write import read_run
from tests.report.hostile_run import hostile_run
from tests.report.rich_run import STARTED

SUITE = {"name", "package", "id", "timestamp", "hostname", "tests", "failures", "errors", "skipped", "time"}
RESULTS = {"failure", "error", "skipped"}


def suites_of(folder: RunFolder) -> list[ET.Element]:
    root = ET.fromstring(junit_report(read_run(folder)[1]).encode())
    assert root.tag == "testsuites"
    assert not root.attrib
    for number, suite in enumerate(root):
        assert set(suite.attrib) == SUITE
        assert suite.attrib["id"] == str(number)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"])
        tags = [child.tag for child in suite]
        assert tags == ["properties", *["testcase"] * (len(tags) - 3), "system-out", "system-err"]
        assert suite.attrib["tests"] == str(tags.count("testcase"))
        for each in suite[0]:
            assert set(each.attrib) == {"name", "value"}
            assert each.attrib["name"]
        for case in suite.iter("testcase"):
            assert set(case.attrib) == {"name", "classname", "time"}
            assert re.fullmatch(r"\d+\.\d{3}", case.attrib["time"])
            assert len(case) <= 1
            assert {each.tag for each in case} <= RESULTS
        for tag, counted in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert len(list(suite.iter(tag))) == int(suite.attrib[counted])
        for result in (*suite.iter("failure"), *suite.iter("error")):
            assert set(result.attrib) == {"type", "message"}
    return list(root)


def test_each_world_is_a_suite_and_each_test_a_case(rich: RunFolder) -> None:
    suites = suites_of(rich)
    assert [suite.attrib["name"] for suite in suites] == ["onesocket wire", "onesocket page", "onesocket load"]
    assert sum(len(list(suite.iter("testcase"))) for suite in suites) == len(rich.outcomes()) + len(rich.loads())


def test_a_failure_names_its_requirement_and_tells_the_wire_log(rich: RunFolder) -> None:
    failure = next(suites_of(rich)[0].iter("failure"))
    assert failure.attrib == {"type": "ISO-2", "message": "breaks ISO-2"}
    assert "expected: no connection of a guest" in (failure.text or "")
    assert "▶" in (failure.text or "")


def test_what_judged_nothing_has_not_passed(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, what="conform", meta=RunMeta(), clock=lambda: STARTED)
    folder.add_outcome(Outcome(test="t", world="wire"))
    folder.finish(clock=lambda: STARTED)
    (skipped,) = suites_of(folder)[0].iter("skipped")
    assert skipped.attrib == {"message": "nothing could be judged by what was recorded"}


def test_an_invalid_load_run_and_a_broken_harness_are_errors_not_failures(tmp_path: Path) -> None:
    (wire, load) = (
        suite
        for suite in suites_of(hostile_run(tmp_path))
        if "wire" in suite.attrib["name"] or "load" in suite.attrib["name"]
    )
    assert wire.attrib["errors"] == "2"
    assert wire.attrib["failures"] == "0"
    assert load.attrib["errors"] == "1"


def test_characters_that_xml_forbids_are_written_out(tmp_path: Path) -> None:
    text = junit_report(read_run(hostile_run(tmp_path))[1])
    ET.fromstring(text.encode())
    assert "\\x00\\x1b[2J" in text
    assert "<script>" not in text


def test_a_run_of_nothing_is_an_empty_list(tmp_path: Path) -> None:
    assert suites_of(RunFolder.create(tmp_path, what="run", meta=RunMeta(), clock=lambda: STARTED)) == []
